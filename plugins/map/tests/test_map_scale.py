"""A large map costs its results and nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
from fletching import Runner, task
from fletching_map import map_task

@task
def inc(a: int) -> int:
    return a + 1

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

runner, made, count = Runner(executor="inline"), map_task(inc), int(sys.argv[1])
runner.run(made, a=range(100))
before = resident()
got = runner.run(made, a=iter(range(count)))
assert got == list(range(1, count + 1))
print(resident() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_is_that_of_the_results() -> None:
    count = 200_000
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(count)], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    # Two lists of ints, the second one for the comparison: 80 bytes an element. A million may have 150 MB.
    assert int(done.stdout) < 150 * count
