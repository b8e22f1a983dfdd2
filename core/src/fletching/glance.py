"""What is installed, read at a glance: exact where everything is as installers leave it, None where anything is not.

A container starts in an image where nothing was read before, so there is no index yet; ``importlib-metadata`` and
``packaging`` would cost it more than all else together. What this cannot be sure of, `fletching.scan` decides.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from fletching.blocking import normal
from fletching.installed import PREFIX, Distribution, EntryPoint, Installed

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["glance"]

FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._]*-[A-Za-z0-9.+!_]+\.dist-info")
ENTRY = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.+-]*) *= *([A-Za-z_][A-Za-z0-9_.]*(?: *: *[A-Za-z_][A-Za-z0-9_.]*)?)")
GROUP = re.compile(r"\[[A-Za-z0-9_.-]+\]")
PLAIN = re.compile(r"[\n\x20-\x7e]*")
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
EXTRAS = re.compile(r"^ *\[[A-Za-z0-9_.-]*(?: *, *[A-Za-z0-9_.-]+)*\]")
RANGE = re.compile(r"(>=|<=|==|!=|<|>) *([0-9]+(?:\.[0-9]+)*)")
VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)*")
FIELDS = ("name", "version", "requires-dist")
CORE = "fletching"


class Unclear(Exception):
    """Something is not as an installer leaves it."""


def glance(stamps: Mapping[str, int]) -> Installed | None:
    """Return what is installed, or None if that takes a closer look.

    Args:
        stamps: every metadata folder in the order of ``sys.path``, with its stamp.
    """
    try:
        return _glanced(stamps)
    except (Unclear, OSError, UnicodeDecodeError):
        return None


def _glanced(stamps: Mapping[str, int]) -> Installed:
    ours: dict[str, tuple[str, str]] = {}
    named: dict[str, list[str]] = {}
    for info in stamps:
        text = _entry_points(info)
        mentions = f"[{PREFIX}" in text
        folder = os.path.basename(info)
        plain = FOLDER.fullmatch(folder) is not None
        if folder.lower() == "egg-info" or (mentions and not plain):
            raise Unclear(info)
        name = normal(folder.rpartition(".")[0].partition("-")[0])
        named.setdefault(name, []).append(info)
        if mentions:
            ours[name] = info, text
    if any(len(named[name]) > 1 for name in (*ours, CORE) if name in named):
        raise Unclear("two of one name")
    core = _fields(named[CORE][0])[1] if CORE in named else ""
    entries = []
    for info, text in ours.values():
        distribution = _described(info, stamps[info], core)
        entries += [EntryPoint(kind, name, value, distribution) for kind, name, value in _parsed(text)]
    return Installed(dict.fromkeys(entries), core_version=core)


def _entry_points(info: str) -> str:
    try:
        with open(os.path.join(info, "entry_points.txt"), "rb") as file:
            data = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    return data.decode() if f"[{PREFIX}".encode() in data else ""


def _parsed(text: str) -> list[tuple[str, str, str]]:
    """Return kind, name and value of our entry points."""
    text = text.replace("\r\n", "\n")
    if PLAIN.fullmatch(text) is None:
        raise Unclear(text)
    found, group = [], None
    for line in map(str.strip, text.split("\n")):
        if not line or line[0] == "#":
            continue
        if GROUP.fullmatch(line):
            group = line[1:-1]
            continue
        entry = ENTRY.fullmatch(line)
        if group is None or (entry is None and group.startswith(PREFIX)) or line[0] == "[":
            raise Unclear(line)
        if entry is not None and group.startswith(PREFIX):
            found.append((group[len(PREFIX) :], entry[1], entry[2]))
    return found


def _fields(info: str) -> tuple[str, str, list[str]]:
    """Return name, version and requirements."""
    with open(os.path.join(info, "METADATA"), "rb") as file:
        text = file.read().decode().replace("\r\n", "\n")
    head = text.partition("\n\n")[0].removesuffix("\n")
    if not text.startswith("Metadata-Version:") or any(
        mark in head for mark in "\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
    ):
        raise Unclear(info)
    values: dict[str, list[str]] = {field: [] for field in FIELDS}
    field = ""
    for line in head.split("\n"):
        if line[:1] in (" ", "\t"):
            if field in values:
                raise Unclear(line)
            continue
        field, colon, value = line.partition(":")
        field, value = field.lower(), value.lstrip(" \t")
        if not colon or not NAME.fullmatch(field) or (field in values and value != value.strip()):
            raise Unclear(line)
        if field in values:
            values[field].append(value)
    if len(values["name"]) != 1 or len(values["version"]) != 1:
        raise Unclear(info)
    if not values["requires-dist"] and os.path.lexists(os.path.join(info, "requires.txt")):
        raise Unclear(info)
    name, version = values["name"][0], values["version"][0]
    if not name.isascii() or not name or not version or not version.isascii():
        raise Unclear(info)
    return name, version, values["requires-dist"]


def _described(info: str, stamp: int, core: str) -> Distribution:
    name, version, requirements = _fields(info)
    ranges: list[str] = []
    fits = True
    for text in requirements:
        asked = NAME.match(text)
        if asked is None or normal(asked[0]) != CORE:
            continue
        rest = EXTRAS.sub("", text[asked.end() :]).strip(" ")
        if not rest:
            continue
        parts = [RANGE.fullmatch(part.strip(" ")) for part in rest.split(",")]
        if not all(parts) or (core and VERSION.fullmatch(core) is None):
            raise Unclear(text)
        ranges.append(",".join(sorted({f"{part[1]}{part[2]}" for part in parts if part is not None})))
        fits = fits and all(_holds(core, part[1], part[2]) for part in parts if part is not None)
    return Distribution(name, version, ",".join(ranges), core if fits else "", os.path.abspath(info), stamp)


def _holds(version: str, operator: str, other: str) -> bool:
    if not version:
        return True
    mine, theirs = ([int(part) for part in text.split(".")] for text in (version, other))
    length = max(len(mine), len(theirs))
    mine += [0] * (length - len(mine))
    theirs += [0] * (length - len(theirs))
    return {
        ">=": mine >= theirs,
        "<=": mine <= theirs,
        "==": mine == theirs,
        "!=": mine != theirs,
        "<": mine < theirs,
        ">": mine > theirs,
    }[operator]
