"""Branches of several calls run on a backend as they run here."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fletching_flyte import FlyteRemote


@pytest.fixture
def program() -> Iterator[Any]:
    """The module as a container imports it: by a name that starts from its own folder."""
    sys.path.insert(0, str(Path(__file__).parent))
    try:
        import branch_program

        yield branch_program
    finally:
        sys.path.pop(0)
        del sys.modules["branch_program"]


@pytest.mark.parametrize(("a", "b"), [(1, 2), (1, 3), (0, 3)])
def test_they_give_what_they_give_here(a: int, b: int, program: Any, remote: FlyteRemote) -> None:
    made = remote.execute(program.flow, {"a": a, "b": b}, image="x:1", wait=True)
    assert made.returned() == program.flow(a=a, b=b)
