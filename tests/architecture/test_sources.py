"""What every source file has, and what none has."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from repository import ROOT, SOURCES

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 400
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
FOLDERS = ["core", "plugins", "tests", "examples", "benchmarks", "docs", "plugin-template"]
MADE = {".venv", "build", "dist", "site", "__pycache__", ".hypothesis"}


def files(*endings: str) -> list[Path]:
    found = (file for folder in FOLDERS for file in (ROOT / folder).rglob("*") if file.suffix in endings)
    return sorted(file for file in found if not MADE.intersection(file.parts) and file.is_file())


def test_no_file_is_long() -> None:
    lengths = {file.relative_to(ROOT): len(file.read_text(encoding="utf-8").splitlines()) for file in files(".py")}
    assert not {str(file): length for file, length in lengths.items() if length > LIMIT}


def test_nothing_is_left_unfinished() -> None:
    assert not [
        f"{file.relative_to(ROOT)}: {found[0]}"
        for file in files(".py", ".toml", ".md", ".jinja", ".txt", ".yml")
        for found in UNFINISHED.finditer(file.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize("name", SOURCES)
def test_a_module_says_what_it_is_for(name: str) -> None:
    tree = ast.parse(SOURCES[name].read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "no docstring"
    code = [node for node in tree.body[1:] if not isinstance(node, ast.Assign)]
    first = code[0] if code else None
    postponed = isinstance(first, ast.ImportFrom) and first.module == "__future__"
    assert postponed or not code, "no `from __future__ import annotations`"


def test_test_files_have_names_of_their_own() -> None:
    seen: dict[str, Path] = {}
    for file in files(".py"):
        if file.name.startswith("test_") and "plugin-template" not in file.parts:
            assert file.name not in seen, f"{file} and {seen[file.name]}"
            seen[file.name] = file
