"""fletch-execute with damaged inputs and command lines: always a clear end, and nothing outside of its folders.

``FLETCHING_FUZZ=10000`` starts it that often; the seeds of what failed are in the message.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

import container_fuzz
from containers import program
from repository import ROOT, clean_environment

if TYPE_CHECKING:
    from pathlib import Path

COUNT = int(os.environ.get("FLETCHING_FUZZ", "300"))
SEED = int(os.environ.get("FLETCHING_FUZZ_SEED", "20"))
STARTED = 6
"""How many are started as programs of their own, of each of the two kinds."""

CODE = """
import datetime, enum
from dataclasses import dataclass
from typing import Literal, Optional, Union

from fletching import FlyteDirectory, FlyteFile, task

@dataclass
class Point:
    x: int
    name: str
    tags: list[str]

class Colour(enum.Enum):
    RED = "red"

KINDS = {
    "number": int, "share": float, "text": str, "flag": bool, "when": datetime.datetime, "long": datetime.timedelta,
    "numbers": list[int], "table": dict[str, list[float]], "point": Point, "either": Union[int, str, None],
    "colour": Colour, "word": Literal["a", "b"], "file": FlyteFile, "data": dict, "points": list[Point],
}
VALUES = {
    "number": 1, "share": 0.5, "text": "text", "flag": True, "when": datetime.datetime(2024, 1, 2, tzinfo=datetime.UTC),
    "long": datetime.timedelta(seconds=3), "numbers": [1, 2, 3], "table": {"a": [1.5]},
    "point": Point(1, "p", ["t"]), "either": "x", "colour": Colour.RED, "word": "a", "file": FlyteFile(__file__),
    "data": {"a": [1, None]}, "points": [Point(2, "q", [])],
}

@task
def takes(
    number: int, share: float, text: str, flag: bool, when: datetime.datetime, long: datetime.timedelta,
    numbers: list[int], table: dict[str, list[float]], point: Point, either: Union[int, str, None],
    colour: Colour, word: Literal["a", "b"], file: FlyteFile, data: dict, points: list[Point],
) -> str:
    return f"{number}{share}{text}{flag}{when}{long}{numbers}{table}{point}{either}{colour}{word}{file}{data}{points}"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "fuzzed.py").write_text(dedent(CODE), encoding="utf-8")
    return tmp_path


def test_nothing_ends_in_a_riddle(folder: Path) -> None:
    driver = str(ROOT / "tests" / "support" / "container_fuzz.py")
    ended = subprocess.run(
        [sys.executable, driver, str(COUNT), str(SEED), str(folder)],
        env=clean_environment(),
        stdout=subprocess.PIPE,
        text=True,
        timeout=120 + COUNT / 5,
        check=True,
    )
    done = json.loads(ended.stdout)
    assert done["problems"] == []
    tallies = done["tallies"]
    assert sum(tallies.values()) == COUNT
    assert {"usage error", "outputs", "error.pb, SYSTEM", "error.pb, USER"} <= tallies.keys()
    print(json.dumps(done))  # for who asks for many


@pytest.mark.parametrize("damaged", ["inputs", "argv"])
def test_the_programs_end_as_clearly(folder: Path, damaged: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "fuzzed", raising=False)
    chance = random.Random(SEED)
    data = container_fuzz.sound_inputs()
    for number in range(STARTED):
        work = folder / str(number)
        work.mkdir()
        argv = container_fuzz.sound_argv()
        if damaged == "inputs":
            (work / "inputs.pb").write_bytes(container_fuzz.mutated_bytes(data, chance))
        else:
            (work / "inputs.pb").write_bytes(data)
            words = container_fuzz.mutated_argv(argv, chance)
            argv = [word.replace("\0", "").replace("\ud800", "") for word in words]  # no program can be given these
        done = subprocess.run(
            [program("fletch-execute"), *argv],
            cwd=work,
            env=clean_environment(PYTHONPATH=str(folder)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        _, wrong = container_fuzz.judge(done.returncode, done.stdout, work / "out")
        assert not wrong, argv
