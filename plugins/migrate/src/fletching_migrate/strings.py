"""Names of flytekit in a program's strings: told, and never rewritten, since nobody knows what reads the string."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst

from fletching_migrate.requirements import IMAGE, OF_IMAGE, advice_for
from fletching_migrate.values import Finding

if TYPE_CHECKING:
    from fletching_migrate.names import Names
    from fletching_migrate.source import Source

__all__ = ["in_strings"]

PATH = re.compile(r"\b(?:flytekit|flytekitplugins)(?:\.[A-Za-z_]\w*)+")
REQUIREMENT = re.compile(r"\s*(flytekit(?:plugins-[\w-]+)?)\s*(?:\[[\w, -]*\])?\s*(?:[=<>~!@;].*)?", re.DOTALL)


def in_strings(source: Source, names: Names, handled: set[int]) -> list[Finding]:
    """Return what the strings of a program name; docstrings, and strings in ``handled``, are left out."""
    found: list[Finding] = []
    for node in source.strings:
        if isinstance(node, cst.SimpleString):
            if id(node) in handled or isinstance(source.parent(node), cst.Expr):
                continue
            text = node.raw_value
        else:
            text = node.value
        if "flytekit" in text:
            found += _told(names, source.line(node), text)
    return found


def _told(names: Names, line: int, text: str) -> list[Finding]:
    requirement = REQUIREMENT.fullmatch(text)
    if requirement is not None:
        advice = f"a name in a string is not rewritten; {advice_for(requirement[1])}"
        return [Finding(line=line, name=text, advice=advice)]
    if ":" in text and IMAGE.fullmatch(text):
        return [Finding(line=line, name=text, advice=OF_IMAGE)]
    found = []
    for match in PATH.finditer(text):
        home = names.home(match[0])
        if names.is_module(match[0]):
            advice = "a module's name in a string is not rewritten; look at what reads it"
        elif home.module:
            advice = f"a name in a string is not rewritten; it is {home.module}.{home.name} here"
        else:
            advice = f"a name in a string is not rewritten; {home.advice}"
        found.append(Finding(line=line, name=match[0], advice=advice))
    return found
