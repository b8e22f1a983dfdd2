"""What the documentation shows is run."""

from __future__ import annotations

import re
import runpy
import subprocess
from pathlib import Path

import pytest

from repository import ROOT, clean_environment, load_toml
from snippets import PAGES, blocks, steps

WITH_CODE = [page for page in PAGES if blocks(page.read_text(encoding="utf-8"))]


def page_name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", WITH_CODE, ids=page_name)
def test_a_page_runs(page: Path, tmp_path: Path) -> None:
    for command in steps(page.read_text(encoding="utf-8"), tmp_path):
        done = subprocess.run(
            command, cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, f"{page_name(page)}: {command}\n{done.stdout}\n{done.stderr}"


def test_blocks_are_found_and_numbered(tmp_path: Path) -> None:
    page = (
        "# Page\n\n```python\na = 1\n```\n\n<!-- not run: needs a cluster -->\n```python\nboom\n```\n\n"
        '```python title="flow.py"\nprint(1)\n```\n\n- item\n\n  ```python\n  print(a)\n  ```\n\n'
        "```console\n$ pip install x\n$ fletch plugins --json\n[]\n```\n"
    )
    commands = [command[1:] for command in steps(page, tmp_path)]
    assert commands == [["flow.py"], ["page.py"], ["-m", "fletching", "plugins", "--json"]]
    assert (tmp_path / "flow.py").read_text() == "print(1)\n"
    program = (tmp_path / "page.py").read_text().splitlines()
    assert (program[3], program[18]) == ("a = 1", "print(a)")
    assert "boom" not in program


def test_every_page_is_in_the_navigation() -> None:
    listed = set(re.findall(r"^ +- (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE))
    assert listed == {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}


def test_the_reference_lists_every_public_name() -> None:
    for file, text in runpy.run_path(str(Path(__file__).with_name("write_reference.py")))["pages"]().items():
        assert file.read_text(encoding="utf-8") == text, "run tests/docs/write_reference.py"


def test_the_documentation_reads_every_member() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    members = load_toml(ROOT / "pyproject.toml")["tool"]["uv"]["sources"]
    for name in members:
        folder = "core" if name == "fletching" else f"plugins/{name.removeprefix('fletching-')}"
        assert f"{folder}/src" in text
