"""Reading what is installed through the ``importlib-metadata`` package: slow, exact, the judge of the index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fletching.installed import PREFIX, Distribution, EntryPoint, Installed

if TYPE_CHECKING:
    import importlib_metadata

__all__ = ["scan"]


def scan() -> Installed:
    """Return what is installed, from every finder that ``importlib-metadata`` knows."""
    import importlib_metadata

    entries: dict[EntryPoint, None] = {}
    known: dict[int, Distribution] = {}
    for point in importlib_metadata.entry_points():
        if point.group.startswith(PREFIX):
            source = point.dist
            assert source is not None  # entry_points() always tells
            distribution = known.get(id(source))
            if distribution is None:
                distribution = known[id(source)] = describe(source)
            entries[EntryPoint(point.group[len(PREFIX) :], point.name, point.value, distribution)] = None
    return Installed(entries, core_version=core_version())


def core_version() -> str:
    import importlib_metadata

    try:
        return str(importlib_metadata.version("fletching"))
    except importlib_metadata.PackageNotFoundError:
        return ""


def describe(source: importlib_metadata.Distribution) -> Distribution:
    metadata = source.metadata
    return Distribution(metadata.get("Name") or "?", metadata.get("Version") or "?", range_on_core(source.requires or []))


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
