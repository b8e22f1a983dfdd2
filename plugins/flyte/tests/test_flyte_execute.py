"""Executions: real containers, as far as a process is one; their outputs, errors and ends."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fletching import Options
from fletching.errors import CallError, ConfigError, ConversionError, RunError, UnknownOptionError
from fletching_flyte import (
    ExecutionFailedError,
    FlyteEntityAlreadyExistsException,
    FlyteInvalidInputException,
    FlyteRemote,
    FlyteSystemUnavailableException,
    FlyteTimeout,
)
from flyte_server import Call, Fault, FlyteServer


@pytest.fixture(scope="module")
def program() -> Iterator[Any]:
    """The module as a container imports it: by a name that starts from its own folder."""
    sys.path.insert(0, str(Path(__file__).parent))
    try:
        import flyte_program

        yield flyte_program
    finally:
        sys.path.pop(0)
        del sys.modules["flyte_program"]


def held(server: FlyteServer) -> None:
    """Have nothing run that is started."""
    server.admin.runs.held.set()


def test_a_workflow_of_a_file(remote: FlyteRemote, program: Any) -> None:
    made = remote.execute(program.flow, {"a": 4}, image="x:1", wait=True)
    assert made.is_successful, made.error
    assert dict(made.outputs) == {"o0": 5, "o1": 6}
    assert made.returned() == (5, 6)
    assert dict(made.inputs) == {"a": 4}
    assert {each.spec_id: each.phase for each in made.node_executions.values()} == {
        "n0": "SUCCEEDED",
        "n1": "SUCCEEDED",
    }
    # And as somebody sees it who only knows its name.
    found = remote.fetch_execution(name=made.name)
    assert found.outputs["o1"] == 6
    assert found.outputs.get("o0", int) == found.outputs.native_values["o0"] == 5
    assert found.outputs.as_python_native(program.flow.python_interface) == (5, 6)
    with pytest.raises(KeyError, match="there is no 'o7'"):
        found.outputs["o7"]
    assert [each.name for each in remote.recent_executions()] == [made.name]
    assert made.name in remote.generate_console_url(made)


def test_a_failure_names_the_node(remote: FlyteRemote, program: Any) -> None:
    made = remote.execute(program.broken, {"a": 4}, image="x:1", wait=True)
    assert made.phase == "FAILED"
    with pytest.raises(ExecutionFailedError, match="ValueError: no 5") as raised:
        _ = made.outputs
    assert raised.value.node == "n1/n0"
    assert raised.value.code.startswith("USER:")
    assert f"execution {made.name!r} failed at node 'n1/n0': USER:" in str(raised.value)


def test_a_registered_task_and_its_file(remote: FlyteRemote, program: Any, tmp_path: Path) -> None:
    remote.register(program.size, image="x:1")
    file = tmp_path / "text.txt"
    file.write_text("twelve chars")
    made = remote.execute(remote.fetch_task(name=program.size.name), {"file": str(file)}, wait=True)
    assert made.outputs["o0"] == 12
    uri = made.inputs.literals.literals["file"].scalar.blob.uri
    assert "/uploads/flytesnacks/development/" in uri


def test_folders_and_files_inside_other_values_are_sent(remote: FlyteRemote, program: Any, tmp_path: Path) -> None:
    for name, text in (("a.txt", "1"), ("deep/b.txt", "22"), ("c/d/e.txt", "333")):
        (tmp_path / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / name).write_text(text)
    one = str(tmp_path / "folder" / "deep" / "b.txt")
    inputs = {"folder": str(tmp_path / "folder"), "files": {"x": [one, one], "y": []}, "maybe": one}
    made = remote.execute(program.sizes, inputs, image="x:1", wait=True)
    assert made.is_successful, made.error
    assert made.outputs["o0"] == {"x": 4, "y": 0, "a.txt": 1, "deep/b.txt": 2, "c/d/e.txt": 3}
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="is empty, and an object store has no empty folders"):
        remote.execute(program.sizes, {**inputs, "folder": str(tmp_path / "empty")}, image="x:1")


def test_files_inside_objects_are_sent(remote: FlyteRemote, program: Any, tmp_path: Path) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "folder" / "two.txt"
    two.parent.mkdir()
    one.write_text("first")
    two.write_text("second")
    report = program.Report(text=str(one), pages=[str(one), str(two)], folder=str(two.parent), path=str(one))
    made = remote.execute(program.read, {"report": report, "others": [report]}, image="x:1", wait=True)
    assert made.is_successful, made.error
    assert made.outputs["o0"] == ["first", "first", "second", "second", str(one), "first"]
    packed = made.inputs.literals.literals["report"].scalar.binary.value
    assert packed.count(str(one).encode()) == 1  # the text that is no file
    assert b"/uploads/flytesnacks/development/inputs-" in packed


def test_it_is_stopped(
    remote: FlyteRemote, server: FlyteServer, program: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STARTED", str(tmp_path / "started"))
    made = remote.execute(program.hang, {"a": 1}, image="x:1")
    with pytest.raises(RunError, match="is running and has no outputs yet"):
        _ = made.outputs
    with pytest.raises(FlyteTimeout, match="is still running after 0 seconds; it goes on"):
        made.wait(timeout=0)
    remote.terminate(made, "not wanted")
    assert made.wait(30).phase == "ABORTED"
    with pytest.raises(ExecutionFailedError, match="aborted: ABORTED: not wanted"):
        _ = made.outputs
    remote.terminate(made, "twice does nothing")
    assert not server.admin.runs.running()


def test_whoever_waits_bears_a_backend_that_is_away(
    remote: FlyteRemote, server: FlyteServer, program: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.admin.runs.held.set()
    remote.register(program.add, version="v1", image="x:1", copy="none")
    impatient = FlyteRemote(remote.config.with_platform(rpc_retries=0), "flytesnacks", "development")
    made = impatient.execute(remote.fetch_task(name=program.add.name), {"a": 1, "b": 2})
    away = iter([Fault(code="UNAVAILABLE"), Fault(cut=True), Fault(code="DEADLINE_EXCEEDED")] * 2)
    looks = []

    def fault(call: Call) -> Fault | None:
        found = next(away, None)
        if found is None and not looks:
            looks.append(call)
            made_here = server.admin.runs.all["flytesnacks", "development", made.name]
            server.admin.runs.terminate(made_here.id, "enough")
        return found

    with server.faults(fault):
        assert made.wait(60, 0.001, sync_nodes=False).phase == "ABORTED"
    monkeypatch.setattr("fletching_flyte.executions.OUTAGE", 0)
    with server.faults(lambda call: Fault(code="UNAVAILABLE")), pytest.raises(FlyteSystemUnavailableException):
        made.wait(60, 0.001)


def test_a_lost_answer_makes_one_execution(remote: FlyteRemote, server: FlyteServer, program: Any) -> None:
    held(server)
    remote.register(program.add, version="v1", image="x:1", copy="none")
    known = remote.fetch_task(name=program.add.name)
    lost = iter([Fault(cut=True, after=True)])
    with server.faults(lambda call: next(lost, None) if call.method == "CreateExecution" else None):
        remote.execute(known, {"a": 1, "b": 2})
    assert server.calls["CreateExecution"] == 2
    assert len(server.admin.runs.all) == 1


def test_a_name_is_adopted_by_the_same_and_refused_to_others(
    remote: FlyteRemote, server: FlyteServer, program: Any
) -> None:
    held(server)
    remote.register(program.add, program.later, version="v1", image="x:1", copy="none")
    known = remote.fetch_task(name=program.add.name)
    first = remote.execute(known, {"a": 1, "b": 2}, execution_name="mine")
    assert remote.execute(known, {"a": 1, "b": 2}, execution_name="mine").id == first.id
    with pytest.raises(FlyteEntityAlreadyExistsException, match="execution 'mine' exists and has another input 'a'"):
        remote.execute(known, {"a": 2, "b": 2}, execution_name="mine")
    other = remote.fetch_task(name=program.later.name)
    with pytest.raises(FlyteEntityAlreadyExistsException, match=r"exists and is one of 'flyte_program.add'"):
        remote.execute(other, {"a": 2}, execution_name="mine")
    with pytest.raises(ConfigError, match="execution name 'Mine!' must be at most 63 lower-case letters"):
        remote.execute(known, {"a": 2, "b": 2}, execution_name="Mine!")
    assert remote.execute(known, {"a": 1, "b": 2}, execution_name_prefix="Nightly run").name.startswith("nightly-run-")


def test_what_it_is_told(remote: FlyteRemote, server: FlyteServer, program: Any) -> None:
    held(server)
    remote.register(program.plan, version="v1", image="x:1", copy="none")
    known = remote.fetch_launch_plan(name="plan_of_tests")
    options = Options(labels={"a": "1"}, raw_output_data_config="s3://b/x", max_parallelism=4, overwrite_cache=True)
    told = remote.execute(
        known,
        {},
        options=options,
        annotations={"c": "d"},
        envs={"E": "F"},
        tags=("t",),
        interruptible=False,
        service_account="robot",
        max_parallelism=2,
        cluster_pool="gpu",
    )
    spec = told.spec
    assert dict(spec.labels.values) == {"a": "1"}
    assert dict(spec.annotations.values) == {"c": "d"}
    assert [(each.key, each.value) for each in spec.envs.values] == [("E", "F")]
    assert (list(spec.tags), spec.max_parallelism, spec.overwrite_cache) == (["t"], 2, True)
    assert spec.raw_output_data_config.output_location_prefix == "s3://b/x"
    assert (spec.HasField("interruptible"), spec.interruptible.value) == (True, False)
    assert spec.security_context.run_as.k8s_service_account == "robot"
    assert spec.cluster_assignment.cluster_pool_name == "gpu"
    assert dict(told.inputs) == {"a": 5}  # what the plan says
    with pytest.raises(UnknownOptionError, match="no option 'label'; did you mean 'labels'"):
        remote.execute(known, {}, label={"a": "1"})


def test_inputs_that_do_not_fit(remote: FlyteRemote, program: Any, tmp_path: Path) -> None:
    remote.register(program.add, program.size, version="v1", image="x:1", copy="none")
    known = remote.fetch_task(name=program.add.name)
    for inputs, kind, message in (
        ({"a": 1}, CallError, "missing input 'b' of type"),
        ({"a": 1, "b": 2, "c": 3}, CallError, "'c'"),
        ({"a": "x", "b": 2}, ConversionError, "expected int"),
    ):
        with pytest.raises(kind, match=message):
            remote.execute(known, inputs)  # type: ignore[arg-type]
    with pytest.raises(FlyteInvalidInputException, match="there is no project 'nowhere'"):
        remote.execute(known, {"a": 1, "b": 2}, project="nowhere")
    with pytest.raises(ConfigError, match="only tasks, workflows and launch plans can be executed, got 3"):
        remote.execute(3)


def test_values_by_uri_and_large_ones(remote: FlyteRemote, server: FlyteServer, program: Any) -> None:
    with pytest.raises(ConfigError, match="is none of a backend's URIs"):
        remote.get("s3://bucket/x")
    made = remote.execute(program.add, {"a": 4}, image="x:1", wait=True)
    server.admin.largest = 1
    server.http.refusals = [503]
    assert remote.fetch_execution(name=made.name).outputs["o0"] == 5
    uri = f"flyte://v1/flytesnacks/development/{made.name}/n0"
    assert dict(remote.get(f"{uri}/o")) == {"o0": 5}
    assert dict(remote.get(f"{uri}/i")) == {"a": 4, "b": 1}
    assert remote.get(f"{uri}/o/o0") == 5
