"""Programs made up at random are registered as both flytekits register them."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from our_programs import read, registered, with_our_names
from random_programs import random_program
from wire_comparison import comparable

if TYPE_CHECKING:
    from flytekits import Flytekit

SIDE = Path(__file__).parent / "sides" / "registered.py"
MANY = 8


def test_random_programs_are_registered_as_flytekit_registers_them(
    flytekit: Flytekit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(1)
    with with_our_names():
        monkeypatch.syspath_prepend(str(tmp_path))
        for number in range(MANY):
            name = f"made_up_{number}"
            (tmp_path / f"{name}.py").write_text(random_program(draw), encoding="utf-8")
            theirs = flytekit.call(SIDE, "everything", name, str(tmp_path))
            assert not theirs["refused"], (tmp_path / f"{name}.py").read_text()
            made = registered(name)
            del sys.modules[name]
            for kind in ("specs", "dynamic"):
                assert made[kind].keys() == theirs[kind].keys()
                for variable, written in theirs[kind].items():
                    text = [
                        [(what, str(comparable(each, flytekit.version))) for what, each in side]
                        for side in (made[kind][variable], read(written))
                    ]
                    assert text[0] == text[1], (tmp_path / f"{name}.py").read_text()
