"""What is registered for every program, live against what each flytekit registers for the same file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import programs
from our_programs import read, registered, with_our_names
from wire_comparison import DIFFERENCES, REFUSALS, Difference, comparable, holds_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flytekits import Flytekit

SIDE = Path(__file__).parent / "sides" / "registered.py"
NAMES = programs.names()


WRITTEN: dict[tuple[str, str], Any] = {}
OURS: dict[str, Any] = {}


def written(flytekit: Flytekit, name: str) -> Any:
    """Return what a flytekit registers for a program, asked once."""
    key = flytekit.version, name
    if key not in WRITTEN:
        WRITTEN[key] = flytekit.call(SIDE, "everything", name)
    return WRITTEN[key]


def ours(name: str) -> Any:
    """Return what we register for a program, worked out once."""
    if name not in OURS:
        OURS[name] = registered(name)
    return OURS[name]


@pytest.fixture(scope="module", autouse=True)
def sdk() -> Iterator[None]:
    with with_our_names():
        yield


def test_there_are_enough_of_them() -> None:
    assert len(NAMES) >= 80


@pytest.mark.parametrize("name", NAMES)
def test_it_is_registered_as_flytekit_registers_it(name: str, flytekit: Flytekit) -> None:
    theirs = written(flytekit, name)
    expected = {each.program for each in REFUSALS if flytekit.version in each.versions}
    refused = {f"{name}.{variable}".rstrip(".") for variable in theirs["refused"]}
    assert refused == {each for each in expected if each.partition(".")[0] == name}, theirs["refused"]
    made = ours(name)
    assert not programs.refused(programs.named(name))
    assert theirs["specs"].keys() <= made["specs"].keys()
    for kind in ("specs", "dynamic"):
        for variable, given in theirs[kind].items():
            full = f"{name}.{variable}"
            assert shown(made[kind][variable], flytekit.version, full) == shown(read(given), flytekit.version, full)
    messages = [[kind, each.SerializeToString()] for pairs in made["specs"].values() for kind, each in pairs]
    assert len(flytekit.call(SIDE, "read_again", messages)) == len(messages)


@pytest.mark.parametrize("difference", [each for each in DIFFERENCES if each.only], ids=lambda each: each.field)
def test_what_is_said_to_differ_does(difference: Difference, flytekit: Flytekit) -> None:
    if flytekit.version not in difference.versions:
        pytest.skip("that flytekit writes the same")
    for name in {each.partition(".")[0] for each in difference.only}:
        theirs, made = written(flytekit, name)["specs"], ours(name)["specs"]
        differing = set()
        for variable in theirs:
            full = f"{name}.{variable}"
            sides = [
                shown(each, flytekit.version, full, difference) for each in (made[variable], read(theirs[variable]))
            ]
            if sides[0] != sides[1]:
                assert holds_for(difference, full)
                differing.add(full)
        assert differing
        assert {each for each in difference.only if each.startswith(f"{name}.")} <= differing


def shown(
    pairs: list[tuple[str, Any]], version: str, name: str, without: Difference | None = None
) -> list[tuple[str, str, bytes]]:
    """Return messages so that they can be compared: as text, which shows what differs, and as bytes."""
    found = []
    for kind, message in pairs:
        left = comparable(message, version, name, without)
        found.append((kind, str(left), left.SerializeToString(deterministic=True)))
    return found
