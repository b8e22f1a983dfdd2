"""Contexts that programs written for the Flyte SDK make: other settings, other places for files, another role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from flyteidl.core.dynamic_job_pb2 import DynamicJobSpec
from flyteidl.core.literals_pb2 import LiteralMap

from fletching import (
    FlyteContext,
    FlyteContextManager,
    FlyteFile,
    ImageConfig,
    SerializationSettings,
    dynamic,
    task,
    workflow,
)
from fletching.errors import ConfigError
from fletching.extend import CompilationState, ExecutionMode, ExecutionState, FileAccess, TypeEngine, to_literal_map
from fletching.graph.promise import Promise

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = SerializationSettings(ImageConfig.auto(img_name="registry/app:1"), "project", "domain", "v1")


@task
def double(a: int) -> int:
    return a * 2


@dynamic
def doubles(a: int) -> list[int]:
    return [double(a=each) for each in range(a)]


@dynamic
def nothing_called(a: int) -> int:
    return a


def on_a_backend(settings: SerializationSettings | None = SETTINGS) -> Any:
    builder = FlyteContextManager.current_context().new_builder()
    if settings is not None:
        builder.with_serialization_settings(settings)
    state = FlyteContextManager.current_context().execution_state
    builder.with_execution_state(state.with_params(mode=ExecutionState.Mode.TASK_EXECUTION))
    return FlyteContextManager.with_context(builder)


def test_a_dynamic_task_is_written_as_a_job_where_a_backend_would_run_it() -> None:
    given = to_literal_map({"a": int}, {"a": 3})
    current = FlyteContextManager.current_context()
    with FlyteContextManager.with_context(current.with_serialization_settings(SETTINGS)) as outer:
        assert outer.serialization_settings is SETTINGS
        state = outer.execution_state.with_params(mode=ExecutionState.Mode.TASK_EXECUTION)
        with FlyteContextManager.with_context(outer.with_execution_state(state)) as inner:
            assert FlyteContextManager.size() == 3
            job = doubles.dispatch_execute(inner, given)
            assert isinstance(job, DynamicJobSpec)
            assert [node.id for node in job.nodes] == ["dn0", "dn1", "dn2"]
            assert [each.id.version for each in job.tasks] == ["v1"]
            assert doubles.compile_into_workflow(inner, doubles.task_function, a=3) == job
            assert isinstance(nothing_called.dispatch_execute(inner, given), LiteralMap)
            assert double.dispatch_execute(inner, given) == to_literal_map({"o0": int}, {"o0": 6})
        assert doubles.dispatch_execute(outer, given) == to_literal_map({"o0": list[int]}, {"o0": [0, 2, 4]})
    assert FlyteContextManager.size() == 1
    assert FlyteContextManager.current_context().serialization_settings is None


def test_a_job_that_cannot_be_written_is_refused() -> None:
    with on_a_backend(settings=None) as context, pytest.raises(ConfigError, match="with_serialization_settings"):
        doubles.dispatch_execute(context, to_literal_map({"a": int}, {"a": 3}))


def test_outputs_go_where_the_context_says(tmp_path: Path) -> None:
    @task
    def written() -> FlyteFile:
        place = tmp_path / "made.txt"
        place.write_text("made")
        return FlyteFile(str(place))

    access = FileAccess(local_sandbox_dir=tmp_path / "sandbox", raw_output_prefix=str(tmp_path / "raw"))
    context = FlyteContextManager.current_context().with_file_access(access)
    with FlyteContextManager.with_context(context) as inner:
        assert inner.file_access is access
        kept = written.dispatch_execute(inner, LiteralMap()).literals["o0"].scalar.blob.uri
        local = inner.file_access.get_random_local_path("x/data.csv")
    assert kept.startswith(f"{tmp_path}/raw/")
    assert local.startswith(f"{tmp_path}/sandbox/")
    assert local.endswith("/data.csv")
    assert access.get_random_remote_directory().startswith(f"{tmp_path}/raw/")
    outside = FlyteContextManager.current_context().file_access
    assert not outside.get_random_remote_directory().startswith(str(tmp_path))


def test_a_transformer_that_is_handed_a_context_writes_where_that_says(tmp_path: Path) -> None:
    place = tmp_path / "made.txt"
    place.write_text("made")
    access = FileAccess(tmp_path, str(tmp_path / "raw"))
    context = FlyteContextManager.current_context().with_file_access(access).build()
    literal = TypeEngine.to_literal(context, FlyteFile(str(place)), FlyteFile)
    assert literal.scalar.blob.uri.startswith(f"{tmp_path}/raw/")


def test_calls_become_nodes_where_a_compilation_is_asked_for() -> None:
    current = FlyteContextManager.current_context()
    with FlyteContextManager.with_context(current.with_compilation_state(CompilationState(prefix="x"))) as context:
        assert isinstance(double(a=1), Promise)

        @workflow
        def flow(a: int) -> int:
            inside = FlyteContextManager.current_context().compilation_state
            assert inside.nodes == []
            return double(a=a)

        assert flow.nodes[0].id == "n0"
        assert [node.id for node in context.compilation_state.nodes] == ["xn0"]
    assert double(a=1) == 2
    assert FlyteContextManager.current_context().compilation_state is None


def test_the_role_is_that_of_the_task_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    @task
    def role(a: int) -> int:
        seen.append(FlyteContext.current_context().execution_state)
        return a

    assert not FlyteContextManager.current_context().execution_state.is_local_execution()
    with on_a_backend():
        role(a=1)
    monkeypatch.setenv("FLYTE_INTERNAL_EXECUTION_ID", "f0")
    role(a=1)
    assert [state.mode for state in seen] == [ExecutionMode.LOCAL_TASK_EXECUTION, ExecutionMode.TASK_EXECUTION]
    assert [state.is_local_execution() for state in seen] == [True, False]


@pytest.mark.parametrize(
    "misused",
    [
        lambda context: FlyteContextManager.with_context(context).__enter__(),
        lambda context: context.with_execution_state(ExecutionMode.TASK_EXECUTION),
        lambda context: context.with_file_access("s3://bucket"),
        lambda context: context.with_serialization_settings(None),
        lambda context: context.execution_state.with_params(mode=ExecutionMode.EAGER_EXECUTION),
    ],
)
def test_what_would_not_be_honoured_is_refused(misused: Any) -> None:
    with pytest.raises(ConfigError):
        misused(FlyteContextManager.current_context())
