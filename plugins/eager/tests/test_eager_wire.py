"""An eager task as the workflow that starts it, against what flytekit registers; and what stops its children."""

from __future__ import annotations

import base64
import gzip
import json
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec

import fletching
from fletching import Image, ImageConfig, SerializationSettings, task
from fletching.errors import ConfigError
from fletching.extend import default_task_resolver, manager, serialize
from fletching_eager import cleanup, eager
from fletching_eager.cleanup import EagerFailureHandlerTask, eager_failure_task_resolver

GOLDEN = Path(__file__).parent / "golden"
WRITTEN = json.loads((GOLDEN / "eagers.json").read_text())
IMAGE = Image("default", "example.com/image", "v1")
SETTINGS = SerializationSettings(
    image_config=ImageConfig(IMAGE, [IMAGE]), project="p", domain="d", version="v", env={"FROM": "settings"}
)
MESSAGES: dict[str, Any] = {"task": TaskSpec, "workflow": WorkflowSpec}
OURS = {
    "pyflyte-execute": "fletch-execute",
    "flytekit.core.python_auto_container.default_task_resolver": default_task_resolver.location,
    "flytekit.core.python_function_task.eager_failure_task_resolver": eager_failure_task_resolver.location,
}


@pytest.fixture(scope="module")
def programs() -> Any:
    module = types.ModuleType("eager_programs")
    module.__dict__.update(sdk=fletching)
    sys.modules["eager_programs"] = module
    path = GOLDEN / "eager_programs.py"
    exec(compile(path.read_text(), str(path), "exec"), module.__dict__)
    yield module
    del sys.modules["eager_programs"]


def normalised(message: Any) -> Any:
    """Return a message without what has to differ: the SDK's version, programs and resolvers."""
    message = type(message).FromString(message.SerializeToString())
    if isinstance(message, TaskSpec):
        template = message.template
        template.metadata.runtime.version = ""
        template.container.args[:] = [OURS.get(word, word) for word in template.container.args]
        for pair in template.container.env:
            if pair.key == "_F_SS_C":
                pair.value = json.dumps(json.loads(gzip.decompress(base64.b64decode(pair.value))), sort_keys=True)
    return message


@pytest.mark.parametrize("name", WRITTEN["specs"])
def test_it_is_registered_as_flytekit_registers_it(name: str, programs: Any) -> None:
    theirs = [
        (kind, normalised(MESSAGES[kind].FromString(base64.b64decode(text)))) for kind, text in WRITTEN["specs"][name]
    ]
    made = serialize([getattr(programs, name).get_as_workflow()], SETTINGS).entities
    ours = [(each.kind, normalised(each.message)) for each in made]
    assert [(kind, str(message)) for kind, message in ours] == [(kind, str(message)) for kind, message in theirs]
    for (_, one), (_, other) in zip(ours, theirs, strict=True):
        assert one.SerializeToString(deterministic=True) == other.SerializeToString(deterministic=True)


def test_what_starts_it_is_registered_with_its_launch_plan(programs: Any) -> None:
    made = serialize([programs.plain], SETTINGS, default_launch_plans=True)
    assert [(each.kind, each.name) for each in made.entities] == [
        ("task", "eager_programs.plain"),
        ("task", "eager_programs.plain-cleanup"),
        ("workflow", "eager_programs.plain"),
        ("launch_plan", "eager_programs.plain"),
    ]


@task
def inc(a: int) -> int:
    return a + 1


@eager
async def positive(a: int) -> int:
    if a < 0:
        raise ValueError("negative")
    return await inc.aio(a=a)


def test_the_workflow_runs_here_and_an_error_comes_out_as_it_was() -> None:
    flow: Any = positive.get_as_workflow()
    assert flow(a=1) == 2
    with pytest.raises(ValueError, match="negative"):
        flow(a=-1)


class Plain:
    """A backend that does what every one does."""

    name = "flyte"

    async def launch(self, entity: Any, inputs: Any, *, name: str, labels: Any) -> Any: ...

    async def wait(self, handle: Any) -> Any: ...

    async def terminate(self, handle: Any, reason: str) -> None: ...


class Cluster(Plain):
    """One whose executions take two looks to end."""

    left = [3, 1, 0]
    asked: list[tuple[str, ...]] = []

    async def terminate_labelled(self, label: str, value: str, reason: str) -> int:
        self.asked.append((label, value, reason))
        return self.left[len(self.asked) - 1]


@pytest.fixture
def in_a_container(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have this process look like a container of an execution."""
    monkeypatch.setenv("FLYTE_PLATFORM_URL", "dns:///backend")
    monkeypatch.setenv("FLYTE_INTERNAL_EXECUTION_ID", "run-1")
    monkeypatch.setenv("FLYTE_INTERNAL_EXECUTION_PROJECT", "p")
    monkeypatch.setenv("FLYTE_INTERNAL_EXECUTION_DOMAIN", "d")
    monkeypatch.setattr(cleanup, "LONGEST", 0.01)
    monkeypatch.setattr(cleanup, "SHORTEST", 0.01)
    monkeypatch.setattr(Cluster, "asked", [])
    undo = manager().provide("backends", "flyte", Cluster)
    yield
    undo()


def test_what_it_left_is_stopped_until_none_is_left(in_a_container: Any) -> None:
    found = eager_failure_task_resolver.load_task(["eager", "failure", "handler"])
    assert isinstance(found, EagerFailureHandlerTask)
    found()
    assert Cluster.asked == [("eager-exec", "run-1", "the eager task of 'run-1' failed")] * 3


def test_elsewhere_there_is_nothing_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLYTE_PLATFORM_URL", raising=False)
    assert EagerFailureHandlerTask("n")() is None


def test_a_backend_that_knows_no_labels(in_a_container: Any) -> None:
    undo = manager().provide("backends", "flyte", Plain)
    with pytest.raises(ConfigError, match="backend 'flyte' does not find executions by their labels"):
        EagerFailureHandlerTask("n")()
    undo()
