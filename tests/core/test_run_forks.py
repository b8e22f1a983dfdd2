"""A process that is forked in the middle runs graphs of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs processes that can be forked")

PROGRAM = """
import os
import warnings

from fletching import Runner, task, workflow

warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of a fork beside threads


@task
async def up(a: int) -> int:
    return a + 1


@workflow
def flow(a: int) -> tuple[int, int]:
    return up(a=a), up(a=up(a=a))


@task
def forks(a: int) -> int:
    child = os.fork()
    if child == 0:
        try:
            os._exit(sum(flow(a=a)))
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@workflow
def around(a: int) -> tuple[int, int]:
    return forks(a=a), forks(a=up(a=a))


if __name__ == "__main__":
    assert flow(a=1) == (2, 3)  # the loop of this process is there
    for executor in (None, "inline", "thread"):
        print(*Runner(executor=executor).run(around, a=10), flush=True)
    child = os.fork()
    print(*flow(a=5), flush=True)
    if child:
        os.waitpid(child, 0)
"""


def test_a_forked_child_runs_async_tasks_of_graphs(tmp_path: Path) -> None:
    file = tmp_path / "forking_flow.py"
    file.write_text(PROGRAM)
    ended = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == ["23 25"] * 3 + ["6 7"] * 2
