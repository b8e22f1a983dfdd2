"""What tasks, workflows and launch plans were made of, noted while somebody asks, as ``render --explain`` does."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["Made", "note", "noting"]


class Made(NamedTuple):
    """How one entity was made, so that the same can be made again with something left out."""

    entity: Any
    make: Callable[..., Any]
    """Called with ``args`` and ``options``, it makes another one."""
    args: tuple[Any, ...]
    options: Mapping[str, Any]
    """What was given by keyword."""


_notes: dict[int, Made] | None = None
"""By the identity of the entity; None while nobody asks, which costs a look for each entity that is made."""


@contextmanager
def noting() -> Iterator[dict[int, Made]]:
    """Note how each entity is made in a ``with`` block, in all threads, and give the notes by the entity's ``id``."""
    global _notes
    before, _notes = _notes, {}
    try:
        yield _notes
    finally:
        _notes = before


def note(entity: Any, make: Callable[..., Any], args: tuple[Any, ...], options: Mapping[str, Any]) -> None:
    """Note how an entity is made, if somebody asks; what is told later about the same one counts."""
    if _notes is not None:
        _notes[id(entity)] = Made(entity, make, args, dict(options))
