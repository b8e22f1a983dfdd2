"""The page about the wire says what the tests allow, and how many programs they compare."""

from __future__ import annotations

import runpy
from pathlib import Path

import programs


def test_its_tables_are_those_of_the_tests() -> None:
    written = runpy.run_path(str(Path(__file__).with_name("write_wire.py")))
    text = written["PAGE"].read_text(encoding="utf-8")
    assert text == written["page"](text), "run tests/docs/write_wire.py"
    assert f"{len(programs.names())} programs" in text
