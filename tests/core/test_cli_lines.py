"""What tasks print during ``fletch run`` stays in whole lines, whoever prints at the same time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FLOW = '''
import sys
import threading

from fletching import task, workflow

half, whole = threading.Event(), threading.Event()


class Late:
    """Is printed once another task has printed a line."""

    def __str__(self) -> str:
        half.set()
        assert whole.wait(60)
        return "end"


@task
def first(a: int) -> int:
    print("begin", Late())
    sys.stdout.write("asked: ")
    sys.stdout.flush()
    return a


@task
def second(a: int) -> int:
    assert half.wait(60)
    print("between")
    whole.set()
    return a


@task
def last(a: int, b: int) -> int:
    print("no newline", end="")
    return a + b


@workflow
def flow(a: int) -> int:
    return last(a=first(a=a), b=second(a=a))
'''


@pytest.mark.parametrize("record", ["--record", "--no-record"])
def test_lines_of_tasks_that_print_at_once_are_not_mixed(record: str, tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(FLOW, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "fletching", "run", record, "flow.py", "flow", "--a", "2"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "between\nbegin end\nasked: no newline4\n"
