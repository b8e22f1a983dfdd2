"""Tasks of a script among processes: multiprocessing finds them by name, cloudpickle takes them along."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
import copy, multiprocessing, pickle, subprocess, sys
import cloudpickle
from fletching import task

@task
def double(a: int) -> int:
    return 2 * a

@task(timeout=60)
def apart(a: int) -> int:
    return double(a) + 1

READ = "import pickle, sys; one, more = pickle.loads(sys.stdin.buffer.read()); print(one(5), more['apart'](6))"

if __name__ == "__main__":
    if sys.argv[1] == "copies":
        assert copy.deepcopy(double) is copy.copy(double) is pickle.loads(pickle.dumps(double)) is double
        data = cloudpickle.dumps((double, {"apart": apart}))
        print(subprocess.run([sys.executable, "-c", READ], input=data, capture_output=True, check=True).stdout.decode())
    else:
        with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
            print(pool.map(double, [1, 2]), pool.map(apart, [1, 2]))
"""


@pytest.mark.parametrize(
    ("way", "printed"),
    [
        ("fork", "[2, 4] [3, 5]"),
        ("spawn", "[2, 4] [3, 5]"),
        ("forkserver", "[2, 4] [3, 5]"),
        ("copies", "10 13"),
    ],
)
def test_a_script_shares_its_tasks_with_other_processes(tmp_path: Path, way: str, printed: str) -> None:
    script = tmp_path / "shares.py"
    script.write_text(SCRIPT)
    done = subprocess.run([sys.executable, script, way], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, printed), done.stderr
