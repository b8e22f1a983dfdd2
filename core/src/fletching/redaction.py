"""Keeping secret values out of every text: they are remembered when read and replaced when something is written."""

from __future__ import annotations

from _thread import allocate_lock  # threading takes longer to import than all of this module
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["MARK", "adopt_forms", "forget_secrets", "redact", "remember_secret", "remembered_forms"]

MARK = "***"
"""What stands where a secret stood."""
SHORTEST = 4
"""A shorter value is not remembered: replacing it would destroy ordinary text and reveal more than it hides."""
SHORTEST_LINE = 8
"""Of a secret with several lines, such as a key file, each line of at least this length counts by itself."""

Text = TypeVar("Text", str, bytes)

_texts: tuple[str, ...] = ()
"""Every remembered form, the longest first, so that a secret that contains another is replaced as a whole."""
_bytes: tuple[bytes, ...] = ()
_remembering = allocate_lock()


def remember_secret(value: str | bytes) -> None:
    """Have `redact` replace this value from now on, also as it looks inside a repr or JSON, and its single lines."""
    forms: set[str] = set()
    text = value if isinstance(value, str) else value.decode("utf-8", "surrogateescape")
    lines = (line for line in text.splitlines() if len(line) >= SHORTEST_LINE)
    for part in (text, text.strip(), *lines):
        forms |= {part, repr(part)[1:-1], part.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")}
    if isinstance(value, bytes):
        forms.add(repr(value)[2:-1])
    adopt_forms({form for form in forms if len(form) >= SHORTEST})


def remembered_forms() -> tuple[str, ...]:
    """Return every form that is replaced, for another process of the same user that shows what happened here."""
    return _texts


def adopt_forms(forms: Collection[str]) -> None:
    """Have `redact` replace what `remembered_forms` gave elsewhere, too."""
    global _texts, _bytes
    with _remembering:  # two threads that remember at once must not lose either secret
        if set(_texts).issuperset(forms):
            return
        # New tuples are put in place at once: a thread that redacts meanwhile sees the old ones or the new ones.
        _texts = tuple(sorted({*forms, *_texts}, key=lambda form: (-len(form), form)))
        _bytes = tuple(form.encode("utf-8", "surrogateescape") for form in _texts)


def forget_secrets() -> None:
    """Remember no secret any more; for tests and for processes that serve several users in turn."""
    global _texts, _bytes
    _texts, _bytes = (), ()


def redact(text: Text) -> Text:
    """Return ``text`` with every remembered secret replaced by `MARK`."""
    if not _texts:
        return text
    if isinstance(text, bytes):
        for raw in _bytes:
            text = text.replace(raw, MARK.encode())
        return text
    for form in _texts:
        text = text.replace(form, MARK)
    return text
