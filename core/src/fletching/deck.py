"""Which built-in sections a task's report has."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from fletching.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DEFAULT_DECK_FIELDS", "DeckField", "check_deck_fields"]


class DeckField(str, Enum):  # noqa: UP042 - its members print as flytekit's do
    """A built-in section of a task's report."""

    INPUT = "Input"
    OUTPUT = "Output"
    SOURCE_CODE = "Source Code"
    TIMELINE = "Timeline"
    DEPENDENCIES = "Dependencies"


DEFAULT_DECK_FIELDS = (
    DeckField.SOURCE_CODE,
    DeckField.DEPENDENCIES,
    DeckField.TIMELINE,
    DeckField.INPUT,
    DeckField.OUTPUT,
)
"""The sections of a report whose task says nothing."""


def check_deck_fields(fields: Iterable[DeckField | str]) -> tuple[DeckField, ...]:
    """Return ``fields`` as members of `DeckField`; a plain string equal to a value counts as the member."""
    if isinstance(fields, str):
        raise ConfigError(f"deck_fields is {fields!r}, expected a tuple of DeckField members: ({fields!r},)")
    return tuple(map(member, fields))


def member(item: DeckField | str) -> DeckField:
    try:
        return DeckField(item)
    except ValueError:
        known = ", ".join(f"DeckField.{one.name}" for one in DeckField)
        raise ConfigError(f"deck_fields holds {item!r}, expected {known}") from None
