"""Programs written for flytekit run here after `fletch migrate` changed their imports, and print what they printed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from repository import clean_environment

HERE = Path(__file__).resolve().parent
PROGRAMS = sorted(HERE.glob("programs/*.py"))


@cache
def results() -> dict[str, dict[str, str]]:
    """Migrate all programs, and run them in one process."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="fletching-migrate-") as made:
        folder = Path(made) / "programs"
        shutil.copytree(HERE / "programs", folder, ignore=shutil.ignore_patterns("__pycache__"))
        command = [sys.executable, "-m", "fletching", "migrate", str(folder), "--write"]
        done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        files = [str(folder / program.name) for program in PROGRAMS]
        command = [sys.executable, str(HERE / "run_programs.py"), *files]
        ran = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        said: dict[str, dict[str, str]] = json.loads(ran.stdout)
        for program in PROGRAMS:
            said[program.stem]["text"] = (folder / program.name).read_text(encoding="utf-8")
        return said


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_a_program_prints_what_it_printed_in_flytekit(program: Path) -> None:
    said = results()[program.stem]
    assert not said["failed"], said["failed"]
    assert said["printed"] == (HERE / "outputs" / f"{program.stem}.txt").read_text(encoding="utf-8")
