"""Where a field can come from, and how to serialize as if that were not there."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from fletching.cli.render_making import states

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from fletching.cli.render_making import State
    from fletching.executable import Executable
    from fletching.settings import SerializationSettings

__all__ = [
    "CALL",
    "CLASS",
    "GIVEN",
    "NAME",
    "RETURN",
    "SIGNATURE",
    "STUCK",
    "TEXT",
    "Origin",
    "Variation",
    "attributes",
    "changed",
    "kind_of",
]

USER, TEXT, NAME, SIGNATURE, GIVEN, CLASS, RETURN, CALL, STUCK = range(9)
"""The ranks of origins: a field is said to come from the first that it depends on, the most particular one."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a field came from."""

    kind: str
    """``task``, ``workflow``, ``launch plan``, ``override``, ``settings``, ``plugin`` or ``default``."""
    name: str = ""
    """Which option, override, setting or plugin."""
    rank: int = USER


@dataclass(frozen=True, kw_only=True)
class Variation:
    """One way to serialize without one source."""

    origin: Origin
    apply: Callable[[], AbstractContextManager[Any]] = field(default=nullcontext)
    settings: SerializationSettings | None = None
    """Other settings to serialize with."""


def kind_of(entity: Executable) -> str:
    """Return what an entity is as an origin: a task of any kind, a workflow, or a launch plan."""
    if entity.node_kind == "gate":
        return "workflow"  # in whose body alone it is made
    return "task" if entity.node_kind not in ("workflow", "launch plan") else entity.node_kind


def changed(origin: Origin, made: Iterable[State | None]) -> Iterator[Variation]:
    """Tell the variation that gives entities other states; there is none if nobody has another one."""
    kept = [state for state in made if state is not None]
    if kept:
        yield Variation(origin=origin, apply=partial(states, kept))


@contextmanager
def attributes(changes: list[tuple[Any, str, Any]]) -> Iterator[None]:
    """Have objects other attributes in a ``with`` block."""
    before = [(thing, name, getattr(thing, name)) for thing, name, _ in changes]
    try:
        for thing, name, value in changes:
            object.__setattr__(thing, name, value)
        yield
    finally:
        for thing, name, value in before:
            object.__setattr__(thing, name, value)
