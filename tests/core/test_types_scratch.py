"""The folder of a process for what it writes: removed at its end, and by another process if it was killed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from repository import clean_environment

if TYPE_CHECKING:
    from pathlib import Path

MADE = """
import os, sys
from fletching.types.blobs import new_local_path
open(new_local_path("a"), "w").close()
"""
KILLED = "os.kill(os.getpid(), 9)"
WAITING = "print('made', flush=True); sys.stdin.read(1)"
FORKED = f"if os.fork(): {KILLED}\n{WAITING}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "temporary"
    made.mkdir()
    return made


def start(folder: Path, code: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", MADE + code],
        env=clean_environment(TMPDIR=str(folder)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def test_what_a_killed_process_left_is_removed_at_the_end_of_another(folder: Path) -> None:
    with start(folder, KILLED) as killed:
        pass
    assert killed.returncode == -9
    assert len(names(folder)) == 1
    (folder / "fletching-of-another-program").mkdir()
    (folder / "fletching-begun").mkdir()
    (folder / "fletching-begun" / ".processes").write_text("1 2")
    with start(folder, "") as ended:
        pass
    assert ended.returncode == 0
    assert names(folder) == {"fletching-of-another-program", "fletching-begun"}


@pytest.mark.parametrize("code", [WAITING, FORKED])
def test_what_a_process_uses_stays(code: str, folder: Path) -> None:
    with start(folder, code) as using:
        assert using.stdout is not None
        assert using.stdout.readline() == "made\n"
        (used,) = names(folder)
        with start(folder, ""):
            pass
        assert names(folder) == {used}


def test_what_another_machine_made_stays(folder: Path) -> None:
    with start(folder, KILLED):
        pass
    (left,) = folder.iterdir()
    pid, began, _, namespace = (left / ".processes").read_text().split(" ")
    (left / ".processes").write_text(f"{pid} {began} another-boot {namespace}")
    with start(folder, ""):
        pass
    assert names(folder) == {left.name}
