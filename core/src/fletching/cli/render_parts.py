"""What the command line of ``fletch render`` names, as messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from fletching.cli.render_entities import declared_entities, pick_entities, registered, split_source
from fletching.cli.render_text import Part
from fletching.cli.render_wire import is_wire, read_wire
from fletching.errors import close_match

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fletching.cli.render_entities import Declared
    from fletching.executable import Executable
    from fletching.idl.serialize import SerializedEntity
    from fletching.settings import SerializationSettings

__all__ = ["KINDS", "Where", "chosen_entities", "kept_entries", "parts_of"]

KINDS = {"task": "task", "workflow": "workflow", "launch_plan": "launchPlan"}
"""What stands for a kind where it is rendered: the name that protobuf's JSON has for it."""


@dataclass(frozen=True, kw_only=True)
class Where:
    """What the command line names."""

    source: str | None
    names: tuple[str, ...]
    modules: tuple[str, ...]
    kinds: tuple[str, ...]
    """The kinds to show; empty for all."""
    type_: str | None = None
    """The type of a message in a file of the wire."""

    @property
    def split(self) -> tuple[str, tuple[str, ...]]:
        """The file or module, and the names that pick something of it."""
        source, name = split_source(self.source) if self.source is not None else ("", "")
        return source, ((name,) if name else ()) + self.names

    def sources(self) -> tuple[str, ...]:
        """Return the files, folders and modules that are named by position."""
        return (self.split[0],) if self.source is not None else ()

    def declared(self) -> list[Declared]:
        """Import it all, and return what is declared there.

        Raises:
            click.UsageError: there is no such thing.
        """
        return declared_entities(self.sources(), self.modules)


def parts_of(where: Where, settings: SerializationSettings) -> list[Part]:
    """Return what is named as messages; of files of the wire what they hold.

    Raises:
        click.UsageError: there is no such thing, or nothing of that kind.
        SerializationError: something of it has no wire form, or cannot be read.
    """
    source, names = where.split
    if not where.modules and is_wire(source):
        parts = _named(read_wire(source, where.type_), names, source)
        kept = [part for part in parts if not where.kinds or part.kind in where.kinds]
        if not kept:
            raise nothing(part.kind for part in parts)
        return kept
    if where.type_ is not None:
        raise click.UsageError(
            f"--as is the type of a message in a .pb file, and {source or where.modules[0]!r} is none"
        )
    entities, whole = chosen_entities(where)
    return [part_of(each) for each in kept_entries(registered(entities, settings), entities, where, whole)]


def chosen_entities(where: Where) -> tuple[list[Executable], bool]:
    """Import what is named, and return what is asked for of it; and whether what that calls is asked for as well."""
    found = where.declared()
    source, names = where.split
    if not names:
        return [each.entity for each in found], True
    picked = pick_entities(found, names, source or ", ".join(where.modules))
    return list({id(each.entity): each.entity for each in picked}.values()), False


def kept_entries(
    entries: Iterable[SerializedEntity], entities: Iterable[Executable], where: Where, whole: bool
) -> list[SerializedEntity]:
    """Return what is shown of what was serialized.

    Raises:
        click.UsageError: that is nothing.
    """
    asked = {id(each) for each in entities}
    shown = [each for each in entries if whole or id(each.entity) in asked]
    kept = [each for each in shown if not where.kinds or KINDS[each.kind] in where.kinds]
    if not shown:
        raise click.UsageError("only references are named: they are registered already, and nothing is sent for them")
    if not kept:
        raise nothing(KINDS[each.kind] for each in shown)
    return kept


def nothing(kinds: Iterable[str]) -> click.UsageError:
    """Return the error for kinds of which there are none, beside those that there are."""
    return click.UsageError(f"there is nothing of that kind, only {', '.join(sorted(set(kinds)))}")


def part_of(entry: SerializedEntity) -> Part:
    """Return what is registered for an entity as it is rendered."""
    return Part(kind=KINDS[entry.kind], name=entry.name, message=entry.message)


def _named(parts: list[Part], names: tuple[str, ...], source: str) -> list[Part]:
    picked = []
    for name in names:
        hits = [part for part in parts if name in (part.name, part.name.rpartition(".")[2])]
        if not hits:
            raise click.UsageError(f"{source} has no {name!r}{close_match(name, [part.name for part in parts])}")
        picked += hits
    return picked or parts
