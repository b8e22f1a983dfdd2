"""The code of a Markdown page, as steps to run in an empty folder.

- ```` ```python ```` blocks of a page follow each other in one program;
- ```` ```python title="flow.py" ```` is a file of that name, written, and run by itself;
- ```` ```console ```` runs each line that starts with ``$ fletch`` or ``$ python``; other commands are for reading;
- ``<!-- not run: the reason -->`` above a block leaves it out.
"""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from repository import ROOT

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["PAGES", "Block", "blocks", "steps"]

PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("core/*.md"),
        *ROOT.glob("plugins/*/*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("examples/**/*.md"),
    ]
)

FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w+)(?P<options>[^\n]*)\n(?P<code>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
NOT_RUN = re.compile(r"<!-- not run: \S.* -->\s*$")
COMMANDS = {"fletch": [sys.executable, "-m", "fletching"], "python": [sys.executable]}


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    language: str
    title: str
    code: str
    line: int


def blocks(page: str) -> list[Block]:
    """Tell the blocks of a page that are to be run."""
    found = []
    for match in FENCE.finditer(page):
        if NOT_RUN.search(page[: match.start()]):
            continue
        title = re.search(r'title="([^"]+)"', match["options"])
        code = re.sub(f"^{match['indent']}", "", match["code"], flags=re.MULTILINE)
        found.append(Block(match["language"], title[1] if title else "", code, page.count("\n", 0, match.start()) + 2))
    return found


def steps(page: str, folder: Path) -> list[list[str]]:
    """Write the page's files into ``folder`` and tell the commands that run it all, in the page's order."""
    program, commands = [""] * page.count("\n"), []
    last = None
    for block in blocks(page):
        if block.language == "python" and block.title:
            (folder / block.title).write_text(block.code, encoding="utf-8")
            commands.append([sys.executable, block.title])
        elif block.language == "python":
            lines = block.code.splitlines()
            program[block.line - 1 : block.line - 1 + len(lines)] = lines  # an error names the line of the page
            last = len(commands)
        elif block.language == "console":
            for line in re.findall(r"^\$ (.+)$", block.code, re.MULTILINE):
                first, *rest = shlex.split(line)
                if first in COMMANDS:
                    commands.append([*COMMANDS[first], *rest])
    if last is not None:
        (folder / "page.py").write_text("\n".join(program) + "\n", encoding="utf-8")
        commands.insert(last, [sys.executable, "page.py"])
    return commands
