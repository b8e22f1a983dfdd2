"""Programs written for flytekit run here after `fletch migrate` changed their imports, and print what they printed."""

from __future__ import annotations

import difflib
import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from repository import clean_environment

HERE = Path(__file__).resolve().parent
PROGRAMS = sorted(HERE.glob("programs/*.py"))
PARTS = 2
"""Each part is one process: a process for each program would import everything anew."""


def command(*arguments: str | Path) -> str:
    """Run Python and return what it printed; it may print only what is asked for."""
    ran = [sys.executable, *map(str, arguments)]
    done = subprocess.run(ran, env=clean_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def difference(program: Path, said: dict[str, str]) -> str:
    """Return how a program did otherwise than in flytekit; nothing if it did the same."""
    if said["failed"]:
        return f"{program.stem}\n{said['failed']}"
    wanted = (HERE / "outputs" / f"{program.stem}.txt").read_text(encoding="utf-8")
    lines = [text.splitlines(keepends=True) for text in (wanted, said["printed"])]
    return "".join(difflib.unified_diff(*lines, f"{program.stem} in flytekit", f"{program.stem} here"))


def test_every_program_was_run_in_flytekit() -> None:
    assert [one.stem for one in PROGRAMS] == sorted(one.stem for one in HERE.glob("outputs/*.txt"))
    assert len(PROGRAMS) >= 50


@pytest.mark.parametrize("part", range(PARTS))
def test_programs_print_what_they_printed_in_flytekit(part: int, tmp_path: Path) -> None:
    programs = PROGRAMS[part::PARTS]
    for program in programs:
        shutil.copy(program, tmp_path)
    # Nothing is left to do by hand, or the command would fail.
    command("-m", "fletching", "migrate", tmp_path, "--write")
    said = json.loads(command(HERE / "run_programs.py", *(tmp_path / program.name for program in programs)))
    assert not "\n\n".join(filter(None, (difference(program, said[program.stem]) for program in programs)))


@pytest.mark.skipif("FLETCHING_RUN_FLYTEKIT" not in os.environ, reason="minutes; FLETCHING_RUN_FLYTEKIT=1 runs it")
def test_what_they_printed_is_what_flytekit_prints(tmp_path: Path) -> None:
    from flytekits import interpreter

    run = runpy.run_path(str(HERE / "record_outputs.py"))["run"]

    python = str(interpreter("1.16.31"))
    for program in PROGRAMS:
        assert run(python, program) == (HERE / "outputs" / f"{program.stem}.txt").read_text(encoding="utf-8")
