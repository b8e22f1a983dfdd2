"""What users' own tests say of their tasks, workflows and launch plans holds with flytekit and with us."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import programs
from our_programs import with_our_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flytekits import Flytekit

NAMES = [
    line[4:].partition("(")[0]
    for line in (programs.FOLDER / "user_checks.py").read_text().splitlines()
    if line.startswith("def check_")
]


@pytest.fixture(scope="module", autouse=True)
def sdk() -> Iterator[None]:
    with with_our_names():
        yield


@pytest.mark.parametrize("name", NAMES)
def test_a_check_holds_with_us(name: str) -> None:
    getattr(programs.named("user_checks"), name)()


@pytest.mark.parametrize("name", NAMES)
def test_a_check_holds_with_flytekit(name: str, flytekit: Flytekit) -> None:
    flytekit.call(Path(__file__).parent / "sides" / "registered.py", "check", "user_checks", name)
