"""Commands whose output cannot be written: a full disk is told in one line, a reader that is gone ends them quietly."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import IO, TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

FLOW = """
import datetime

from fletching import task, workflow


@task
def here(a: int) -> int:
    print("here")
    return a


@task(timeout=datetime.timedelta(minutes=5))
def elsewhere(a: int) -> int:
    print("elsewhere", flush=True)
    return a


@workflow
def flow(a: int = 1) -> int:
    return elsewhere(a=here(a=a))


@task
def broken(a: int = 1) -> int:
    raise ValueError("on purpose")
"""
COMMANDS = ("--help", "render flow.py", "render --explain flow.py flow", "runs", "cache list", "plugins why echo")
RUN = "run --progress none flow.py flow"


FULL = "error: stdout cannot be written: No space left on device\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flow.py").write_text(FLOW, encoding="utf-8")
    return tmp_path


def fletch(folder: Path, words: str, stdout: IO[str] | int, stderr: IO[str] | int) -> tuple[int, str | None]:
    ran = subprocess.run(
        [sys.executable, "-m", "fletching", *words.split()],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stderr


@pytest.mark.parametrize("words", [*COMMANDS, RUN])
def test_a_full_disk_is_told_in_one_line(words: str, folder: Path) -> None:
    with open("/dev/full", "w") as full:
        assert fletch(folder, words, full, subprocess.PIPE) == (1, FULL)


@pytest.mark.parametrize("words", ["--help", "render flow.py", "runs", RUN])
def test_a_reader_that_is_gone_ends_a_command_quietly(words: str, folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert fletch(folder, words, writing, subprocess.PIPE) == (141, "")
    finally:
        os.close(writing)


def test_a_run_goes_on_and_keeps_what_its_tasks_print(folder: Path) -> None:
    with open("/dev/full", "w") as full:
        assert fletch(folder, RUN, full, subprocess.PIPE) == (1, FULL)
    shown = subprocess.run(
        [sys.executable, "-m", "fletching", "runs", "logs", "last"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert {"here", "elsewhere"} <= set(shown.stdout.split("\n"))


def test_a_failure_is_a_failure_wherever_it_is_told(folder: Path) -> None:
    with open("/dev/full", "w") as full:
        status, told = fletch(folder, "run --json --progress none flow.py broken", full, subprocess.PIPE)
        assert (status, told) == (1, FULL)
        assert fletch(folder, RUN, subprocess.DEVNULL, full) == (0, None)
        assert fletch(folder, "render nothing.py", subprocess.DEVNULL, full) == (2, None)
