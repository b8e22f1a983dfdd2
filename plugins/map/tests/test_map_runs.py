"""A map on the command line: run, recorded element by element, and gone on from after a failure."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fletching import Runner, task
from fletching_map import map_task

if TYPE_CHECKING:
    from pathlib import Path

FLOW = """
import os
import fletching
from fletching_map import map_task

@fletching.task
def numbers(count: int) -> list[int]:
    return list(range(count))

@fletching.task
def square(a: int, add: int = 0) -> int:
    with open("ran.txt", "a") as file:
        file.write(f"{a}\\\\n")
    if a == 7 and not os.path.exists("repaired"):
        raise RuntimeError("seven is broken")
    return a * a + add

squares = map_task(square, concurrency=1)

@fletching.workflow
def flow(count: int) -> list[int]:
    return squares(a=numbers(count=count))
""".replace("\\\\", "\\")


SOLD: list[int] = []
STOCK: set[int] = set()


@task
def sell(a: int) -> int:
    SOLD.append(a)
    if a not in STOCK:
        raise LookupError(a)
    return -a


def test_a_stream_goes_on_where_it_failed() -> None:
    STOCK.clear()
    STOCK.update({0, 1, 2, 4, 5})
    first = Runner(executor="inline", record=True)
    with pytest.raises(LookupError, match="3"):
        first.run(map_task(sell, 1), a=(a for a in range(6)))
    STOCK.add(3)
    SOLD.clear()
    again = Runner(executor="inline", recover=first.run_id)
    assert again.run(map_task(sell, 1), a=(a for a in range(6))) == [-a for a in range(6)]
    assert SOLD == [3, 4, 5]


def fletch(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fletching", *words]
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_map_runs_from_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(FLOW, encoding="utf-8")
    done = fletch(tmp_path, "run", "--json", "flow.py", "squares", "--a", "[1, 2, 3]")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outputs"] == {"o0": [1, 4, 9]}
    done = fletch(tmp_path, "run", "--json", "flow.py", "squares", "--a", "[1, 2]", "--add", "[10, 20]")
    assert json.loads(done.stdout)["outputs"] == {"o0": [11, 24]}


def test_a_run_goes_on_with_the_elements_that_are_missing(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(FLOW, encoding="utf-8")
    failed = fletch(tmp_path, "run", "flow.py", "flow", "--count", "10")
    assert failed.returncode == 1
    assert "seven is broken" in failed.stderr
    assert "element 7 of 10 of map_square" in failed.stderr
    (tmp_path / "repaired").touch()
    (tmp_path / "ran.txt").unlink()
    again = fletch(tmp_path, "run", "--recover", "--json", "flow.py", "flow", "--count", "10")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["outputs"] == {"o0": [a * a for a in range(10)]}
    assert (tmp_path / "ran.txt").read_text().split() == ["7", "8", "9"]
    shown = fletch(tmp_path, "runs", "show", "last").stdout
    assert "map_square " in shown
    assert "-arraynode" not in shown


def test_a_run_whose_element_changed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(FLOW, encoding="utf-8")
    assert fletch(tmp_path, "run", "flow.py", "flow", "--count", "10").returncode == 1
    (tmp_path / "flow.py").write_text(FLOW.replace("a * a", "a * a * a"), encoding="utf-8")
    (tmp_path / "repaired").touch()
    refused = fletch(tmp_path, "run", "--recover", "flow.py", "flow", "--count", "10")
    assert refused.returncode != 0
    assert "flow.square" in refused.stderr
    assert "its code changed" in refused.stderr
    forced = fletch(tmp_path, "run", "--recover", "--force", "--json", "flow.py", "flow", "--count", "10")
    assert forced.returncode == 0, forced.stderr
    assert json.loads(forced.stdout)["outputs"] == {"o0": [a**3 for a in range(10)]}
