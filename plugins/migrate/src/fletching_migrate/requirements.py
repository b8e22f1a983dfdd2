"""Files that are no programs: what they require, and which commands of flytekit they call. They are only told about."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from fletching_migrate.values import Finding

if TYPE_CHECKING:
    from pathlib import PurePath

__all__ = ["IMAGE", "OF_IMAGE", "advice_for", "in_lines", "is_known_file"]

NAMES = re.compile(
    r"""(requirements|constraints)[\w.-]*\.(txt|in)|pyproject\.toml|setup\.cfg|tox\.ini|Pipfile|environment[\w.-]*\.ya?ml
    |(Docker|Container)file[\w.-]*|[\w.-]+\.(dockerfile|mk|sh|bash|zsh)|(GNU)?[Mm]akefile|[Jj]ustfile|Taskfile\.ya?ml
    |\.gitlab-ci\.ya?ml|azure-pipelines\.ya?ml|Jenkinsfile|Procfile|\.pre-commit-config\.ya?ml""",
    re.VERBOSE,
)
IMAGE = re.compile(r"(?<![\w./:@}-])[\w.-]+(?:/[\w.-]+)*/flytekit(?::[\w.-]+)?(?![\w./@-])")
OF_IMAGE = "its containers start flytekit: build an image with fletching in it"
PACKAGE = re.compile(r"(?<![\w./-])(flytekit(?:plugins[-_][\w-]+)?)(?![\w./])(\[[\w, -]*\])?", re.IGNORECASE)
COMMAND = re.compile(r"(?<![\w./-])(pyflyte(?:-[a-z]+)*|flyte-cli)(?![\w./-])(?:[ \t]+([a-z][a-z-]*))?")
MODULE = re.compile(r"\bpython[\d.]*\s+-m\s+flytekit[\w.]*")


def is_known_file(path: PurePath) -> bool:
    """Tell whether a file is one that requirements or commands stand in."""
    workflows = path.parts[-3:-1] == (".github", "workflows")
    return NAMES.fullmatch(path.name) is not None or (workflows and path.suffix in (".yml", ".yaml"))


def in_lines(text: str) -> tuple[Finding, ...]:
    """Return what the lines of such a file require or call. Comments are left out."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        said = re.sub(r"(^|\s)#.*", "", line)
        if "flyte" not in said.lower():
            continue
        for name, advice in _told(said):
            found.append(Finding(line=number, name=name, advice=advice))
    return tuple(found)


def advice_for(package: str) -> str:
    """Return what to require instead of a package of flytekit."""
    name = re.sub(r"[-_.]+", "-", package).lower()
    known = _table("packages.txt")
    if name in known:
        return f"require {known[name]}"
    return "no plugin here has what it brings"


def _told(line: str) -> list[tuple[str, str]]:
    found = []
    for match in IMAGE.finditer(line):
        found.append((match[0], OF_IMAGE))
        line = line.replace(match[0], " ")
    for match in COMMAND.finditer(line):
        known = _table("commands.txt")
        whole = f"{match[1]} {match[2]}" if match[2] else match[1]
        name = whole if whole in known else match[1]
        found.append((name, f"call {known.get(name, 'fletch')}"))
    for match in MODULE.finditer(line):
        found.append((match[0], "call python -m fletching"))
        line = line.replace(match[0], " ")
    found += [(match[0], advice_for(match[1])) for match in PACKAGE.finditer(line)]
    return found


@cache
def _table(file: str) -> dict[str, str]:
    lines = files("fletching_migrate").joinpath(file).read_text(encoding="utf-8").splitlines()
    rows = (line.partition(" | ") for line in lines if line and line[0] != "#")
    return {name: said for name, _, said in rows}
