"""A Jupyter notebook: the code of its cells, rewritten; all else in the file stays as it is."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from fletching_migrate.program import migrate_text
from fletching_migrate.requirements import in_lines
from fletching_migrate.values import Finding, Migrated

__all__ = ["migrate_notebook"]

MAGIC = re.compile(r"^([ \t]*)([%!?].*)$", re.MULTILINE)
MASK = "# fletch-migrate-magic: "


def migrate_notebook(text: str) -> Migrated:
    """Return a notebook with the imports in its cells rewritten; findings have the line in the file."""
    if "flytekit" not in text:
        return Migrated(text=text)
    try:
        document = json.loads(text)
        cells = [cell for cell in document["cells"] if cell["cell_type"] == "code"]
        sources = [_joined(cell["source"]) for cell in cells]
    except (ValueError, KeyError, TypeError, RecursionError):
        return _untouched(text, "not a notebook that can be read; mend it and try again")
    shape = _shape(document, text)
    findings: list[Finding] = []
    packages: frozenset[str] = frozenset()
    changed = False
    for cell, source in zip(cells, sources, strict=True):
        made, found = _cell(source)
        packages |= made.packages
        if made.text != source:
            changed = True
            cell["source"] = made.text.splitlines(keepends=True) if isinstance(cell["source"], list) else made.text
        findings += [replace(one, line=_line(text, source, one.line)) for one in found]
    if changed and shape is None:
        return _untouched(text, "written in a way that cannot be kept; open it, save it, and try again")
    new = _dumped(document, *shape) if changed and shape is not None else text
    return Migrated(text=new, findings=tuple(findings), packages=packages)


def _cell(source: str) -> tuple[Migrated, tuple[Finding, ...]]:
    """Return a cell rewritten, and all that it tells; lines for IPython are hidden from the parser."""
    if source.startswith("%%"):
        return Migrated(text=source), in_lines(source)
    masked = MAGIC.sub(lambda match: f"{match[1]}pass {MASK}{match[2]}", source)
    made = migrate_text(masked)
    text = re.sub(rf"^([ \t]*)pass {re.escape(MASK)}(.*)$", r"\1\2", made.text, flags=re.MULTILINE)
    magics = "\n".join(line if MAGIC.match(line) else "" for line in source.split("\n"))
    return replace(made, text=text), (*made.findings, *in_lines(magics))


def _joined(source: Any) -> str:
    return source if isinstance(source, str) else "".join(source)


def _line(text: str, source: str, line: int) -> int:
    """Return the line of the file that shows a line of a cell; of equal ones the first."""
    lines = source.split("\n")
    shown = json.dumps(lines[line - 1] if 0 < line <= len(lines) else lines[0], ensure_ascii=False)[1:-1]
    at = text.find(shown)
    return text.count("\n", 0, at) + 1 if at >= 0 else 0


def _shape(document: Any, text: str) -> tuple[int | None, bool, str] | None:
    """Return how the file is written, so that writing it anew changes only what was changed."""
    end = text[len(text.rstrip()) :]
    for indent in (1, 2, 4, None):
        for escaped in (False, True):
            if _dumped(document, indent, escaped, end) == text:
                return indent, escaped, end
    return None


def _dumped(document: Any, indent: int | None, escaped: bool, end: str) -> str:
    return json.dumps(document, indent=indent, ensure_ascii=escaped) + end


def _untouched(text: str, advice: str) -> Migrated:
    return Migrated(text=text, findings=(Finding(line=0, name="this file", advice=advice),))
