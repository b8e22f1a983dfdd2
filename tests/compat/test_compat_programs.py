"""What is registered for every program, live against what each flytekit registers for the same file."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import fletching
import programs
from fletching import resources, security, settings
from fletching.extend import PythonTask, dynamic_job, serialize
from fletching.launch_plans import LaunchPlan
from fletching.reference_entity import ReferenceEntity
from fletching.workflows import WorkflowBase
from wire_comparison import DIFFERENCES, MESSAGES, REFUSALS, Difference, comparable, holds_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flytekits import Flytekit

SIDE = Path(__file__).parent / "sides" / "registered.py"
HOMES = {"FastSerializationSettings": settings, "Identity": security, "ResourceSpec": resources}
NAMES = programs.names()


def find(name: str) -> Any:
    if name == "accelerators":
        return importlib.import_module("fletching.accelerators")
    return getattr(HOMES.get(name, fletching), name)


@pytest.fixture(scope="module", autouse=True)
def sdk() -> Iterator[None]:
    modules, path = set(sys.modules), list(sys.path)
    programs.use(find)
    yield
    sys.path[:] = path
    for name in {"sdk", *NAMES} & (sys.modules.keys() - modules):
        del sys.modules[name]


def test_there_are_enough_of_them() -> None:
    assert len(NAMES) >= 80


@pytest.mark.parametrize("name", NAMES)
def test_it_is_registered_as_flytekit_registers_it(name: str, flytekit: Flytekit) -> None:
    theirs = flytekit.call(SIDE, "everything", name)
    expected = {each.program for each in REFUSALS if flytekit.version in each.versions}
    refused = {f"{name}.{variable}".rstrip(".") for variable in theirs["refused"]}
    assert refused == {each for each in expected if each.partition(".")[0] == name}, theirs["refused"]
    made = ours(name)
    assert theirs["specs"].keys() <= made["specs"].keys()
    for kind in ("specs", "dynamic"):
        for variable, written in theirs[kind].items():
            full = f"{name}.{variable}"
            assert shown(made[kind][variable], flytekit.version, full) == shown(read(written), flytekit.version, full)


@pytest.mark.parametrize("difference", [each for each in DIFFERENCES if each.only], ids=lambda each: each.field)
def test_what_is_said_to_differ_does(difference: Difference, flytekit: Flytekit) -> None:
    if flytekit.version not in difference.versions:
        pytest.skip("that flytekit writes the same")
    for name in {each.partition(".")[0] for each in difference.only}:
        theirs, made = flytekit.call(SIDE, "everything", name)["specs"], ours(name)["specs"]
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


def ours(name: str) -> dict[str, dict[str, list[tuple[str, Any]]]]:
    """Return what we write for a program: kind and message, by the name of the variable."""
    program = programs.named(name)
    given = programs.settings(program)
    kinds = (PythonTask, WorkflowBase, LaunchPlan)
    specs = {
        variable: [(each.kind, each.message) for each in serialize([entity], given).entities]
        for variable, entity in programs.entities(program, kinds, (ReferenceEntity,))
    }
    dynamic = {}
    for variable, inputs in programs.dynamic_inputs(program).items():
        task = getattr(program, variable)
        job = dynamic_job(task.compile_into_workflow(None, task.task_function, **inputs), given)
        dynamic[variable] = [(type(job).__name__, job)]
    return {"specs": specs, "dynamic": dynamic}


def read(written: Any) -> list[tuple[str, Any]]:
    """Return kind and message of what flytekit wrote; it writes a map again for each place that calls it."""
    pairs = [written] if isinstance(written[0], str) else written
    unique = dict.fromkeys((kind, data) for kind, data in pairs)
    return [(kind, MESSAGES[kind].FromString(data)) for kind, data in unique]


def shown(
    written: list[tuple[str, Any]], version: str, name: str, without: Difference | None = None
) -> list[tuple[str, str, bytes]]:
    """Return messages so that they can be compared: as text, which shows what differs, and as bytes."""
    found = []
    for kind, message in written:
        left = comparable(message, version, name, without)
        found.append((kind, str(left), left.SerializeToString(deterministic=True)))
    return found
