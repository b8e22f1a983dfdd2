"""The official plugins, read from ``official.txt`` when a name is missed: what to install for it."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

__all__ = ["Official", "by_entry", "by_name", "entry_names", "install_hint", "public_names", "resolve"]


class Official(NamedTuple):
    """One line of the data file."""

    name: str
    """The public name, reachable as an attribute of ``fletching``; ``-`` if there is none."""
    distribution: str
    entry: str
    """``kind:name`` of the entry point behind it; ``-`` if there is none."""
    path: str
    """Where the public name is: ``module.attribute``; ``-`` if there is none."""


@cache
def lines() -> tuple[Official, ...]:
    import os

    with open(os.path.join(os.path.dirname(__file__), "official.txt"), encoding="utf-8") as file:
        rows = [line.split() for line in file if line.strip() and not line.startswith("#")]
    return tuple(Official(*row) for row in rows)


def by_name(name: str) -> Official | None:
    """Return the line of a public name, or None."""
    return next((line for line in lines() if line.name == name != "-"), None)


def by_entry(kind: str, name: str) -> Official | None:
    """Return the line of an entry point, or None."""
    return next((line for line in lines() if line.entry == f"{kind}:{name}"), None)


def entry_names(kind: str) -> tuple[str, ...]:
    """Return the names of a kind that official plugins bring."""
    found = (line.entry.partition(":") for line in lines())
    return tuple(sorted({name for word, _, name in found if word == kind}))


def public_names() -> tuple[str, ...]:
    """Return every public name that official plugins bring."""
    return tuple(sorted({line.name for line in lines()} - {"-"}))


def install_hint(line: Official) -> str:
    """Return what to type to have a line's plugin."""
    return f"pip install {line.distribution}"


def resolve(name: str) -> Any:
    """Return the object behind a public name that a plugin brings.

    Raises `KeyError` for a name that no official plugin brings, `UnknownPluginError` if its plugin is not installed,
    `PluginBrokenError` if it is and cannot be imported. None of these is an ``AttributeError``, so that
    ``from fletching import Pod`` shows the text.
    """
    from fletching.errors import UnknownPluginError
    from fletching.installed import Distribution, EntryPoint
    from fletching.loading import load

    line = by_name(name)
    if line is None:
        raise KeyError(f"no official plugin brings {name!r}")
    module, _, attribute = line.path.rpartition(".")
    from importlib.util import find_spec

    if find_spec(module.partition(".")[0]) is None:
        raise UnknownPluginError(f"{name!r} comes with {line.distribution}, not installed; {install_hint(line)}")
    return load(EntryPoint("name", name, f"{module}:{attribute}", Distribution(line.distribution, "")))
