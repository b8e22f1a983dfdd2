"""Reading what is installed through the ``importlib-metadata`` package: slow, exact, the judge of the index."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from fletching.blocking import in_range, normal
from fletching.installed import PREFIX, Distribution, EntryPoint, Installed
from fletching.survey import info_stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import importlib_metadata

__all__ = ["scan"]


def scan(stamps: Mapping[str, int] | None = None) -> tuple[Installed, bool]:
    """Return what is installed, from every finder there is, and whether all of it could be read.

    Args:
        stamps: the stamp of each metadata folder, taken before.
    """
    import importlib_metadata

    # Its caches compare times as floats; a change within the same quarter of a microsecond would be missed.
    importlib_metadata.MetadataPathFinder.invalidate_caches()
    clean = True
    try:
        points: Iterable[importlib_metadata.EntryPoint] = importlib_metadata.entry_points()
    except Exception:  # noqa: BLE001 - one distribution with broken metadata hides all others
        points, clean = one_by_one()
    core = core_version()
    entries: dict[EntryPoint, None] = {}
    known: dict[int, Distribution] = {}
    for point in points:
        if point.group.startswith(PREFIX) and point.dist is not None:
            distribution = known.get(id(point.dist))
            if distribution is None:
                distribution = known[id(point.dist)] = describe(point.dist, stamps or {}, core)
            entries[EntryPoint(point.group[len(PREFIX) :], point.name, point.value, distribution)] = None
    return Installed(entries, core_version=core), clean


def one_by_one() -> tuple[list[importlib_metadata.EntryPoint], bool]:
    """Return the entry points of each distribution that can be read; warn of a plugin that cannot."""
    import importlib_metadata

    readable: list[Any] = []
    rest: list[Any] = []
    for source in importlib_metadata.distributions():
        try:
            (readable if source.metadata else rest).append(source)
        except Exception:  # noqa: BLE001 - no metadata, or none that can be decoded
            rest.append(source)
    seen: set[str] = set()
    found: list[importlib_metadata.EntryPoint] = []
    clean = True
    for source in (*readable, *rest):
        location = folder(source)
        name = os.path.basename(location).partition("-")[0] or fields(source)[0]
        if normal(name) in seen:
            continue
        seen.add(normal(name))
        try:
            found += source.entry_points
        except Exception as error:  # noqa: BLE001 - whatever stands in the file must not hide the others
            if mentions_us(location):
                clean = False
                warn(name, location, error)
    return found, clean


def mentions_us(location: str) -> bool:
    try:
        with open(os.path.join(location, "entry_points.txt"), "rb") as file:
            return f"[{PREFIX}".encode() in file.read()
    except OSError:
        return False


def warn(name: str, location: str, error: Exception) -> None:
    import warnings

    from fletching.errors import PluginWarning

    warnings.warn(
        f"plugins of {name} were skipped: its entry_points.txt in {location!r} cannot be read: "
        f"{type(error).__name__}: {error}",
        PluginWarning,
        stacklevel=2,
    )


def core_version() -> str:
    import importlib_metadata

    try:
        return str(importlib_metadata.version("fletching"))
    except Exception:  # noqa: BLE001 - not installed, or its metadata is broken: then there is no range to hold against it
        return ""


def folder(source: Any) -> str:
    # There is no public name for it; without it the distribution is read anew each time.
    path = str(getattr(source, "_path", ""))
    return os.path.abspath(path) if path and os.path.isdir(path) else ""


def fields(source: Any) -> tuple[str, str, list[str]]:
    """Return name, version and requirements; the metadata is parsed anew for each mention, and may be large."""
    try:
        metadata = source.metadata
        name, version = str(metadata["Name"] or "?"), str(metadata["Version"] or "?")
    except Exception:  # noqa: BLE001 - a distribution without metadata has neither name nor version
        return "?", "?", []
    try:
        # Without this field they may stand in a file of their own, in an older form.
        return name, version, metadata.get_all("Requires-Dist") or source.requires or []
    except Exception:  # noqa: BLE001 - as above
        return name, version, []


def describe(source: Any, stamps: Mapping[str, int], core: str) -> Distribution:
    location = folder(source)
    mark = stamps.get(location, 0) or (info_stamp(location)[0] if location else 0)
    name, version, requirements = fields(source)
    if name == "?":
        name = os.path.basename(location).partition("-")[0] or name
    requires = range_on_core(requirements)
    fits = core if in_range(core, requires) else ""
    return Distribution(name, version, requires, fits, location, mark)


def range_on_core(requirements: list[str]) -> str:
    """Return what a distribution asks of core, joined: ``>=0.1,<0.2``."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    found: list[str] = []
    for text in requirements:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if canonicalize_name(requirement.name) != "fletching":
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            found.append(str(requirement.specifier))
    return ",".join(filter(None, found))
