"""The page on architecture names the modules there are, and no others."""

from __future__ import annotations

import re

from repository import ROOT, SOURCES

PAGE = (ROOT / "docs" / "explanation" / "architecture.md").read_text(encoding="utf-8")


def rows(first: str, last: str) -> set[str]:
    """Return what stands as code in the tables between two headings."""
    part = PAGE[PAGE.index(first) : PAGE.index(last)]
    return {name for line in part.splitlines() if line.startswith("| ") for name in re.findall(r"`(\w+)`", line)}


def test_the_table_of_layers_names_every_module() -> None:
    modules = {name.split(".")[1] for name in SOURCES if name.startswith("fletching.")} - {"__main__"}
    assert rows("## Layers", "## A call") == modules


def test_the_table_of_run_names_every_module() -> None:
    modules = {name.split(".")[2] for name in SOURCES if name.startswith("fletching.run.")}
    assert rows("## A call", "### The compiled call") - {"run_call", "run_call_async", "observe"} == modules
