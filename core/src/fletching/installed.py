"""What is installed, from distribution metadata alone: no plugin is imported to answer."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeAlias

    Columns: TypeAlias = tuple[list[str], list[str], list[str]]

__all__ = ["KINDS", "PREFIX", "Distribution", "EntryPoint", "Installed", "read", "unchanged"]

PREFIX = "fletching."
"""What every entry-point group of ours starts with."""

KINDS = {
    "tasks": "task type",
    "types": "type",
    "executors": "executor",
    "backends": "backend",
    "images": "image builder",
    "secrets": "secret source",
    "storage": "storage scheme",
    "commands": "command",
    "renderers": "renderer",
    "hooks": "hooks",
}
"""Each kind of plugin (its group without the prefix), and what one of it is called in messages."""


class Distribution(NamedTuple):
    """An installed distribution that brings at least one entry point of ours."""

    name: str
    version: str
    requires: str = ""
    """Its range on core, as in ``>=0.1,<0.2``; empty if it names none."""
    fits: str = ""
    """The version of core that was found to be in that range when this was read."""
    location: str = ""
    """The folder of its metadata, if it is one."""
    stamp: int = 0
    """What `location` looked like when it was read."""

    def __str__(self) -> str:
        return f"{self.name} {self.version}".rstrip()


class EntryPoint(NamedTuple):
    """One thing a distribution brings."""

    kind: str
    name: str
    value: str
    """Where it is: ``module:attribute``."""
    distribution: Distribution

    @property
    def title(self) -> str:
        """What it is, for messages: ``task type 'echo'``."""
        return f"{KINDS.get(self.kind, self.kind)} {self.name!r}"


class Installed:
    """A snapshot of every entry point of ours, sorted by kind, name, value and distribution."""

    __slots__ = ("_columns", "_distributions", "core_version")

    def __init__(self, entries: Iterable[EntryPoint] = (), *, core_version: str = "") -> None:
        self.core_version = core_version
        """The version of core that the snapshot belongs to; empty if core itself is not installed."""
        # Columns, because most questions are about names only and there may be hundreds of rows.
        self._columns: dict[str, Columns] = {}
        places: dict[Distribution, int] = {}
        for entry in sorted(entries):
            names, values, sources = self._columns.setdefault(entry.kind, ([], [], []))
            names.append(entry.name)
            values.append(entry.value)
            sources.append(str(places.setdefault(entry.distribution, len(places))))
        self._distributions: tuple[Distribution, ...] | Callable[[], tuple[Distribution, ...]] = tuple(places)

    @classmethod
    def of_columns(
        cls, core_version: str, distributions: Callable[[], tuple[Distribution, ...]], columns: dict[str, Columns]
    ) -> Installed:
        """Return a snapshot of what `columns` and `distributions` gave; the latter is only called if needed."""
        made = cls(core_version=core_version)
        made._columns, made._distributions = columns, distributions
        return made

    @property
    def columns(self) -> dict[str, Columns]:
        """For each kind: names, values, and where in `distributions` each one's distribution stands."""
        return self._columns

    @property
    def distributions(self) -> tuple[Distribution, ...]:
        """The distributions that bring something."""
        if not isinstance(self._distributions, tuple):
            self._distributions = self._distributions()
        return self._distributions

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Installed):
            return NotImplemented
        return self.core_version == other.core_version and self.entries() == other.entries()

    def __hash__(self) -> int:
        return hash((self.core_version, self.entries()))

    def __repr__(self) -> str:
        return f"Installed({len(self.entries())} entry points, core_version={self.core_version!r})"

    def names(self, kind: str) -> Sequence[str]:
        """Return the names of a kind, one that is claimed twice twice."""
        return self._columns[kind][0] if kind in self._columns else ()

    def of(self, kind: str) -> tuple[EntryPoint, ...]:
        """Return every entry point of a kind."""
        if kind not in self._columns:
            return ()
        table = self.distributions
        rows = zip(*self._columns[kind], strict=True)
        return tuple([EntryPoint(kind, name, value, table[int(place)]) for name, value, place in rows])

    def find(self, kind: str, name: str) -> tuple[EntryPoint, ...]:
        """Return the entry points of that kind and name: none, one, or several that claim it."""
        return tuple(self._at(kind, row) for row, one in enumerate(self.names(kind)) if one == name)

    def entries(self) -> tuple[EntryPoint, ...]:
        """Return every entry point, sorted."""
        return tuple(entry for kind in sorted(self._columns) for entry in self.of(kind))

    def _at(self, kind: str, row: int) -> EntryPoint:
        names, values, sources = self._columns[kind]
        return EntryPoint(kind, names[row], values[row], self.distributions[int(sources[row])])


def read(*, thorough: bool = False) -> Installed:
    """Return what is installed now, from the index where there can be one; ``FLETCHING_INDEX=0`` does without.

    Args:
        thorough: notice also what no installer does; `fletching.index` says what that is.
    """
    if os.environ.get("FLETCHING_INDEX") != "0":
        # Not `from fletching import index`: that asks the package's __getattr__ first, which looks for close matches.
        from fletching.index import current
        from fletching.survey import Odd, searched

        paths = searched()
        if paths is not None:
            try:
                return current(paths, thorough=thorough)
            except Odd:
                pass  # something on sys.path whose changes cannot be seen from outside
    from fletching.scan import scan

    return scan()[0]


def unchanged(distribution: Distribution) -> bool:
    """Tell whether a distribution's metadata is still what it was when it was read."""
    if not distribution.location:
        return True
    from fletching.survey import info_stamp

    return info_stamp(distribution.location)[0] == distribution.stamp
