"""Managers and indexes that see what a `Site` holds, and the judge of what they say."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import importlib_metadata

from fletching import index, installed, survey
from fletching.plugins import PluginManager

if TYPE_CHECKING:
    from pathlib import Path

    from distributions import Site

__all__ = ["LATER", "SHOUT", "STANDARD", "entry", "index_files", "judge", "only", "read", "tick", "told"]

SHOUT = """
    from fletching.extend import PythonFunctionTask

    class Shout(PythonFunctionTask):
        pass
"""
"""The module of a plugin with one task class."""

LATER = 10**10
"""Ten seconds, by which the index is told that it is later than it is: everything has settled."""

STANDARD = [path for path in sys.path if path and "site-packages" not in path and path.startswith(sys.base_prefix)]
"""Where the standard library is, and nothing installed."""


def only(site: Site, **switches: Any) -> PluginManager:
    """Make a manager that sees what is installed in the site, and nothing else."""
    everything = installed.read(thorough=True)
    mine = [one for one in everything.entries() if one.distribution.location.startswith(str(site.folder))]
    found = installed.Installed(mine, core_version=everything.core_version or "0.1.0")
    return PluginManager(installed=found, **switches)


def entry(name: str = "shout", kind: str = "tasks", value: str = "shout:Shout", **more: Any) -> installed.EntryPoint:
    """Make an entry point of a distribution that need not exist."""
    distribution = installed.Distribution(more.pop("of", "fletching-shout"), "1.0", **more)
    return installed.EntryPoint(kind, name, value, distribution)


def judge() -> list[tuple[str, str, str, str, str]]:
    """Tell our entry points as importlib-metadata sees them."""
    importlib_metadata.MetadataPathFinder.invalidate_caches()
    return sorted(
        (point.group, point.name, point.value, point.dist.name, point.dist.version)
        for point in importlib_metadata.entry_points()
        if point.group.startswith("fletching.")
    )


def told(found: installed.Installed) -> list[tuple[str, str, str, str, str]]:
    """Tell a snapshot in the judge's form."""
    return sorted(
        (f"fletching.{one.kind}", one.name, one.value, one.distribution.name, one.distribution.version)
        for one in found.entries()
    )


def read(*, thorough: bool = False) -> installed.Installed:
    """Read through the index, once everything has settled."""
    paths = survey.searched()
    assert paths is not None
    return index.current(paths, thorough=thorough, now=time.time_ns() + LATER)


def tick(folder: Path) -> None:
    """Return when the clock of the file system has moved, so that the next change has a time of its own."""
    clock = folder / "clock"
    clock.touch()
    start = clock.stat().st_ctime_ns
    while clock.stat().st_ctime_ns == start:
        clock.write_text("tick", encoding="utf-8")


def index_files(home: Path) -> list[Path]:
    """Tell the index files below a home."""
    return sorted((home / "installed").iterdir()) if (home / "installed").exists() else []
