"""A file of requirements, with the files that it names."""

from __future__ import annotations

import os
import re

from fletching.errors import ConfigError

__all__ = ["is_lock", "requirement_files"]

LOCK, PROJECT = "uv.lock", "pyproject.toml"
NESTED = re.compile(r"(?:-r|-c|--requirement|--constraint)(?:\s*=\s*|\s+|(?<=-[rc]))(?P<file>\S.*)")
LOCAL = re.compile(r"(?:-e\b|--editable\b|\.{1,2}(?:/|$|\[)|/|file:)")


def is_lock(path: str) -> bool:
    """Return whether a requirements file is uv's lock."""
    return os.path.basename(path) == LOCK


def requirement_files(path: str) -> dict[str, str]:
    """Return the path behind each name of a file of requirements and of those it includes; the first one is the file.

    Raises:
        ConfigError: one is missing, lies outside of the first one's folder, or names code of this machine.
    """
    folder, name = os.path.split(os.path.abspath(path))
    if name == "poetry.lock":
        raise ConfigError(
            f"ImageSpec: requirements is {path!r}, which only poetry can read; give what 'poetry export' writes"
        )
    if is_lock(path):
        return {file: _there(os.path.join(folder, file), path) for file in (LOCK, PROJECT)}
    found: dict[str, str] = {}
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _there(os.path.join(folder, name), path)
            waiting.extend(_included(found[name], name))
    return found


def _there(file: str, asked: str) -> str:
    if not os.path.isfile(file):
        raise ConfigError(
            f"ImageSpec: requirements is {asked!r}, and there is no file {file!r} here; it is needed where tasks are "
            "registered and images built"
        )
    return file


def _included(file: str, name: str) -> list[str]:
    found = []
    with open(file, encoding="utf-8") as stream:
        lines = stream.read().replace("\\\n", " ").splitlines()
    for number, line in enumerate(lines, 1):
        said = line.strip()
        if LOCAL.match(said):
            raise ConfigError(
                f"ImageSpec: {file}:{number} is {said!r}, code of this machine; have it copied with copy, "
                "and installed with commands"
            )
        match = NESTED.fullmatch(re.sub(r"\s+#.*", "", said))
        if match is None or "://" in match["file"]:
            continue
        nested = os.path.normpath(os.path.join(os.path.dirname(name), match["file"].strip("'\"")))
        if os.path.isabs(nested) or nested.startswith(".."):
            raise ConfigError(
                f"ImageSpec: {file}:{number} is {said!r}, expected a file below the folder of requirements"
            )
        found.append(nested)
    return found
