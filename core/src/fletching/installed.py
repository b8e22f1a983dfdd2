"""What is installed, from distribution metadata alone: no plugin is imported to answer."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    location: str = ""
    """The folder of its metadata, if it is one."""
    stamp: int = 0
    """What `location` looked like when it was read."""

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


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
    """A snapshot of every entry point of ours, in the order of ``sys.path``."""

    __slots__ = ("_by_kind", "core_version")

    def __init__(self, entries: Iterable[EntryPoint] = (), *, core_version: str = "") -> None:
        self.core_version = core_version
        """The version of core that the snapshot belongs to; empty if core itself is not installed."""
        self._by_kind: dict[str, list[EntryPoint]] = {}
        for entry in entries:
            self._by_kind.setdefault(entry.kind, []).append(entry)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Installed):
            return NotImplemented
        return self.core_version == other.core_version and self.entries() == other.entries()

    def __hash__(self) -> int:
        return hash((self.core_version, self.entries()))

    def __repr__(self) -> str:
        return f"Installed({len(self.entries())} entry points, core_version={self.core_version!r})"

    def of(self, kind: str) -> tuple[EntryPoint, ...]:
        """Return every entry point of a kind."""
        return tuple(self._by_kind.get(kind, ()))

    def find(self, kind: str, name: str) -> tuple[EntryPoint, ...]:
        """Return the entry points of that kind and name: none, one, or several that claim it."""
        return tuple(entry for entry in self._by_kind.get(kind, ()) if entry.name == name)

    def entries(self) -> tuple[EntryPoint, ...]:
        """Return every entry point, sorted."""
        return tuple(sorted(entry for found in self._by_kind.values() for entry in found))


def read(*, thorough: bool = False) -> Installed:
    """Return what is installed now, from the index where there can be one; ``FLETCHING_INDEX=0`` does without.

    Args:
        thorough: notice also what no installer does; `fletching.index` says what that is.
    """
    if os.environ.get("FLETCHING_INDEX") != "0":
        from fletching import index, survey

        paths = survey.searched()
        if paths is not None:
            try:
                return index.current(paths, thorough=thorough)
            except survey.Odd:
                pass  # something on sys.path whose changes cannot be seen from outside
    from fletching.scan import scan

    return scan()[0]


def unchanged(distribution: Distribution) -> bool:
    """Tell whether a distribution's metadata is still what it was when it was read."""
    if not distribution.location:
        return True
    from fletching.survey import info_stamp

    return info_stamp(distribution.location) == distribution.stamp
