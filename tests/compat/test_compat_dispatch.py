"""Literals of ours in flytekit's containers, commands of flytekit's in ours: both leave the same files."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from flyteidl.core.dynamic_job_pb2 import DynamicJobSpec
from flyteidl.core.errors_pb2 import ErrorDocument
from flyteidl.core.literals_pb2 import LiteralMap

import programs
from fletching.extend import from_literal_map, to_literal_map
from our_programs import read, with_our_names
from repository import ROOT
from wire_comparison import comparable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flytekits import Flytekit

SIDES = Path(__file__).parent / "sides"
OURS = """
import json, os, sys
import our_programs
from fletching.container.arguments import EXECUTE, MAP_EXECUTE
from fletching.container.main import run

with our_programs.with_our_names():
    before = dict(os.environ)
    for command, variables in json.load(sys.stdin):
        os.environ.update(variables)
        code = run(MAP_EXECUTE if "map" in command[0] else EXECUTE, command[1:])
        assert code == 0, command
        os.environ.clear()
        os.environ.update(before)
"""
"""Runs each of some commands as a container of ours does, all in one process: starting is measured elsewhere."""

CODED = {"recoverable": "USER:Recoverable", "coded": "MINE", "numbered": "42"}
"""Errors that say their code, which flytekit 1.15 did not ask for."""


@pytest.fixture(scope="module", autouse=True)
def sdk() -> Iterator[None]:
    with with_our_names():
        yield


class Runs:
    """The tasks of a program, each run in a container of flytekit's and in one of ours, with the same command."""

    def __init__(self, flytekit: Flytekit, folder: Path) -> None:
        self.flytekit, self.folder = flytekit, folder
        self.commands: dict[str, tuple[list[str], dict[str, str]]] = {}

    def add(self, variable: str, template: Any, inputs: bytes, **variables: str) -> None:
        """Have a task run by the command of its template."""
        (self.folder / f"{variable}.pb").write_bytes(inputs)
        env = {pair.key: pair.value for pair in template.container.env}
        self.commands[variable] = list(template.container.args), {**env, **variables}

    def filled(self, variable: str, side: str) -> tuple[list[str], dict[str, str]]:
        command, variables = self.commands[variable]
        prefix = self.folder / side / variable
        prefix.mkdir(parents=True)
        words = {
            "{{.input}}": str(self.folder / f"{variable}.pb"),
            "{{.outputPrefix}}": str(prefix),
            "{{.rawOutputDataPrefix}}": str(self.folder / side / "raw"),
            "{{.checkpointOutputPrefix}}": str(self.folder / side / "checkpoint"),
            "{{.prevCheckpointPrefix}}": "",
        }
        return [words.get(word, word) for word in command], variables

    def run(self) -> None:
        """Run all of them on both sides."""
        for variable in self.commands:
            self.flytekit.call(SIDES / "dispatched.py", "dispatch", *self.filled(variable, "theirs"))
        paths = [ROOT / "tests" / "support", programs.FOLDER]
        done = subprocess.run(
            [sys.executable, "-c", OURS],
            input=json.dumps([self.filled(variable, "ours") for variable in self.commands]),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def left(self, side: str, variable: str) -> dict[str, bytes]:
        """Return the files that are there in the end."""
        folder = self.folder / side / variable
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def registered(flytekit: Flytekit, name: str) -> dict[str, Any]:
    """Return what flytekit registers for the tasks of a program, by the names of their variables."""
    written = flytekit.call(SIDES / "registered.py", "everything", name)["specs"]
    specs = {variable: read(given)[0] for variable, given in written.items()}
    return {variable: message.template for variable, (kind, message) in specs.items() if kind == "task"}


def inputs(name: str, variable: str, values: dict[str, Any]) -> bytes:
    """Return inputs.pb as we write it."""
    types = getattr(programs.named(name), variable).python_interface.inputs
    return to_literal_map(types, values).SerializeToString(deterministic=True)


def test_values_are_the_same_whoever_runs_the_task(flytekit: Flytekit, tmp_path: Path) -> None:
    program = programs.named("runs_values")
    runs, found = Runs(flytekit, tmp_path), registered(flytekit, "runs_values")
    for variable, values in program.RUNS.items():
        ours = inputs("runs_values", variable, values)
        theirs = flytekit.call(SIDES / "dispatched.py", "inputs", "runs_values", variable)
        assert LiteralMap.FromString(ours) == LiteralMap.FromString(theirs), variable
        runs.add(variable, found[variable], ours)
    runs.run()
    for variable, values in program.RUNS.items():
        task = getattr(program, variable)
        theirs, ours = runs.left("theirs", variable), runs.left("ours", variable)
        assert list(ours) == list(theirs) == ["outputs.pb"], variable
        both = [LiteralMap.FromString(each["outputs.pb"]) for each in (ours, theirs)]
        assert str(both[0]) == str(both[1]), variable
        assert both[0].SerializeToString(deterministic=True) == both[1].SerializeToString(deterministic=True)
        direct = asyncio.run(task(**values)) if variable == "later" else task(**values)
        expected = [] if direct is None else list(direct) if isinstance(direct, tuple) else [direct]
        assert list(from_literal_map(task.python_interface.outputs, both[1]).values()) == expected


def test_failures_are_of_the_same_kind(flytekit: Flytekit, tmp_path: Path) -> None:
    program = programs.named("runs_failures")
    runs, found = Runs(flytekit, tmp_path), registered(flytekit, "runs_failures")
    for variable, values in program.RUNS.items():
        runs.add(variable, found[variable], inputs("runs_failures", variable, values))
    raises = found["raises"]
    runs.add("wrong_inputs", raises, to_literal_map({"a": str}, {"a": "no number"}).SerializeToString())
    runs.add("truncated_inputs", raises, b"\n\x7f\x01")
    runs.add("task_gone", moved(raises, "runs_failures", "not_there"), b"")
    runs.add("module_gone", moved(raises, "no_such_module", "raises"), b"")
    runs.add("no_inputs", raises, b"")
    (tmp_path / "no_inputs.pb").unlink()
    runs.run()
    for variable in runs.commands:
        theirs, ours = runs.left("theirs", variable), runs.left("ours", variable)
        if variable == "too_few":
            # flytekit writes the outputs that are there, and what reads the others fails in their place.
            assert (list(ours), list(theirs)) == (["error.pb"], ["outputs.pb"])
            continue
        assert list(ours) == list(theirs) == ([] if variable == "ignored" else ["error.pb"]), variable
        errors = [ErrorDocument.FromString(each["error.pb"]).error for each in (ours, theirs) if each]
        if flytekit.version == "1.15.4" and variable in CODED:
            assert errors[1].code == "USER:RuntimeError"
            errors[1].code = CODED[variable]
        told = [(each.code, each.kind, each.origin) for each in errors]
        assert told[:1] == told[1:], variable
        assert all(each.timestamp.seconds for each in errors)


def moved(template: Any, module: str, variable: str) -> Any:
    """Return a template whose command says that the task is elsewhere."""
    copy = type(template).FromString(template.SerializeToString())
    copy.container.args[-4:] = ["task-module", module, "task-name", variable]
    return copy


@pytest.mark.parametrize("name", ["dynamic_options", "dynamic_plain"])
def test_a_dynamic_task_leaves_the_same_graph(name: str, flytekit: Flytekit, tmp_path: Path) -> None:
    program = programs.named(name)
    runs, found = Runs(flytekit, tmp_path), registered(flytekit, name)
    for variable, values in program.DYNAMIC.items():
        runs.add(variable, found[variable], inputs(name, variable, values), FLYTE_INTERNAL_TASK_VERSION="v")
    runs.run()
    for variable in program.DYNAMIC:
        theirs, ours = runs.left("theirs", variable), runs.left("ours", variable)
        assert list(ours) == list(theirs), (variable, ours.get("error.pb"))
        [file] = ours
        kind = DynamicJobSpec if file == "futures.pb" else LiteralMap
        assert file in ("futures.pb", "outputs.pb")
        both = [comparable(kind.FromString(each[file]), flytekit.version) for each in (ours, theirs)]
        assert str(both[0]) == str(both[1]), variable


def test_an_element_of_a_map_is_the_same(flytekit: Flytekit, tmp_path: Path) -> None:
    written = flytekit.call(SIDES / "registered.py", "everything", "map_bound")["specs"]["partial"]
    [template] = [
        message.template
        for kind, message in read(written)
        if kind == "task" and message.template.id.name.endswith("-arraynode")
    ]
    given = to_literal_map({"a": list[int], "by": int, "note": str}, {"a": [5, 6, 7], "by": 3, "note": "x"})
    runs = Runs(flytekit, tmp_path)
    runs.add(
        "partial",
        template,
        given.SerializeToString(),
        BATCH_JOB_ARRAY_INDEX_VAR_NAME="INDEX_HERE",
        BATCH_JOB_ARRAY_INDEX_OFFSET="1",
        INDEX_HERE="1",
    )
    runs.run()
    theirs, ours = runs.left("theirs", "partial"), runs.left("ours", "partial")
    assert ours == theirs
    assert from_literal_map({"o0": int}, LiteralMap.FromString(ours["outputs.pb"])) == {"o0": 21}
