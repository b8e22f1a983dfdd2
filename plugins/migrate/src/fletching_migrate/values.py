"""What is known after a file was looked at: its new text, and what a person has to do."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Edit", "Finding", "Migrated"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that needs a hand."""

    line: int
    """Counted from 1; 0 if it is about the whole file."""
    name: str
    """What it is about, as the file spells it."""
    advice: str
    """What to do."""


@dataclass(frozen=True, kw_only=True)
class Migrated:
    """A file's text after its imports were rewritten, and what is left to do."""

    text: str
    findings: tuple[Finding, ...] = ()
    packages: frozenset[str] = frozenset()
    """Which extras of fletching the new imports need."""


@dataclass(frozen=True, order=True)
class Edit:
    """A piece of text that is replaced; all else stays as it is, to the letter."""

    start: int
    end: int
    text: str

    @staticmethod
    def apply(text: str, edits: list[Edit]) -> str:
        """Return ``text`` with all edits made. Of two that overlap, the one that covers more is made."""
        made, at = [], 0
        for edit in sorted(edits, key=lambda one: (one.start, one.end > one.start, -one.end)):
            if edit.start < at:
                continue
            made += [text[at : edit.start], edit.text]
            at = edit.end
        return "".join([*made, text[at:]])
