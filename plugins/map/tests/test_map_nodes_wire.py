"""What is registered for workflows with maps in them, against what flytekit registers for the same programs."""

from __future__ import annotations

import base64
import json
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.admin.task_pb2 import TaskSpec
from flyteidl.admin.workflow_pb2 import WorkflowSpec
from flyteidl.core.dynamic_job_pb2 import DynamicJobSpec

import fletching
from fletching import Image, ImageConfig, SerializationSettings, launch_plans, workflow
from fletching.errors import SerializationError
from fletching.extend import default_task_resolver, dynamic_job, serialize
from fletching_map import ArrayNodeMapTaskResolver, array_node

GOLDEN = Path(__file__).parent / "golden"
WRITTEN = json.loads((GOLDEN / "maps.json").read_text())
IMAGE = Image("default", "example.com/image", "v1")
SETTINGS = SerializationSettings(
    image_config=ImageConfig(IMAGE, [IMAGE]), project="p", domain="d", version="v", env={"FROM": "settings"}
)
MESSAGES: dict[str, Any] = {"task": TaskSpec, "workflow": WorkflowSpec, "launch_plan": LaunchPlan}
OURS = {
    "pyflyte-execute": "fletch-execute",
    "pyflyte-map-execute": "fletch-map-execute",
    "flytekit.core.python_auto_container.default_task_resolver": default_task_resolver.location,
    "flytekit.core.array_node_map_task.ArrayNodeMapTaskResolver": ArrayNodeMapTaskResolver().location,
}


@pytest.fixture(scope="module")
def programs() -> Any:
    module = types.ModuleType("map_programs")
    module.__dict__.update(sdk=fletching)
    sys.modules["map_programs"] = module
    path = GOLDEN / "map_programs.py"
    with pytest.MonkeyPatch.context() as patch:
        # Other tests have launch plans too, and a process has one of a name.
        patch.setattr(launch_plans, "_plans", {})
        exec(compile(path.read_text(), str(path), "exec"), module.__dict__)
        yield module
    del sys.modules["map_programs"]


def normalised(message: Any) -> Any:
    """Return a message without what has to differ: the SDK's version, programs and resolvers, and the order of sets."""
    message = type(message).FromString(message.SerializeToString())
    templates = [message.template] if isinstance(message, TaskSpec) else getattr(message, "tasks", ())
    for template in templates:
        template.metadata.runtime.version = ""
        template.container.args[:] = [OURS.get(word, word) for word in template.container.args]
    nodes = message.template.nodes if isinstance(message, WorkflowSpec) else getattr(message, "nodes", ())
    for node in nodes:
        node.upstream_node_ids[:] = sorted(node.upstream_node_ids)
        node.array_node.bound_inputs[:] = sorted(node.array_node.bound_inputs)
    return message


OTHERWISE = {
    "wf_map_count": "elements that may fail give None, which flytekit's type says for a ratio only",
}
"""Where ours is meant to differ, and why: the array node itself is still the same."""


@pytest.mark.parametrize("name", sorted(WRITTEN["specs"].keys() - OTHERWISE.keys()))
def test_it_is_registered_as_flytekit_registers_it(name: str, programs: Any) -> None:
    theirs = [
        (kind, normalised(MESSAGES[kind].FromString(base64.b64decode(text)))) for kind, text in WRITTEN["specs"][name]
    ]
    ours = [(each.kind, normalised(each.message)) for each in serialize([getattr(programs, name)], SETTINGS).entities]
    theirs = [each for at, each in enumerate(theirs) if each not in theirs[:at]]  # one map written twice, once each
    if name == "dyn_map":
        for message in (ours[0][1], theirs[0][1]):
            assert message.template.container.env[-1].key == "_F_SS_C"
            message.template.container.env[-1].value = ""  # compressed, which is not the same text everywhere
    assert [(kind, str(message)) for kind, message in ours] == [(kind, str(message)) for kind, message in theirs]
    for (_, one), (_, other) in zip(ours, theirs, strict=True):
        assert one.SerializeToString(deterministic=True) == other.SerializeToString(deterministic=True)


@pytest.mark.parametrize("name", OTHERWISE)
def test_the_array_node_is_the_same_where_the_rest_is_not(name: str, programs: Any) -> None:
    theirs = WorkflowSpec.FromString(base64.b64decode(WRITTEN["specs"][name][-1][1])).template.nodes[0]
    ours = serialize([getattr(programs, name)], SETTINGS).entities[-1].message.template.nodes[0]
    assert str(ours).replace(ours.metadata.name, "map") == str(theirs).replace(theirs.metadata.name, "map")


def test_a_dynamic_task_leaves_what_flytekit_leaves(programs: Any) -> None:
    kind, text = WRITTEN["dynamic"]["dyn_map"]
    assert kind == "DynamicJobSpec"
    task = programs.dyn_map
    ours = dynamic_job(task.compile_into_workflow(None, task.task_function, a=1), SETTINGS)
    theirs = DynamicJobSpec.FromString(base64.b64decode(text))
    assert str(normalised(ours)) == str(normalised(theirs))


def test_a_map_of_a_workflow_is_one_of_the_launch_plan_that_starts_it(programs: Any) -> None:
    def written(target: Any) -> Any:
        mapped = array_node(target, concurrency=2)

        @workflow
        def wf(a: list[int]) -> list[int]:
            return mapped(a=a, b=a)  # type: ignore[no-any-return]

        return serialize([wf], SETTINGS, default_launch_plans=True).entities

    ours, theirs = written(programs.one), written(fletching.LaunchPlan(programs.one.name, programs.one))
    assert [(each.kind, each.name) for each in ours] == [(each.kind, each.name) for each in theirs]
    assert [each.kind for each in ours] == ["task", "workflow", "launch_plan", "workflow", "launch_plan"]
    (one,), (other,) = (made[-2].message.template.nodes for made in (ours, theirs))
    assert one == other
    assert one.array_node.node.workflow_node.launchplan_ref.name == programs.one.name


def test_a_map_of_a_map_has_no_form_on_a_backend(programs: Any) -> None:
    mapped = array_node(array_node(programs.half))

    @workflow
    def wf(a: list[list[int]]) -> list[list[float]]:
        return mapped(a=a)  # type: ignore[no-any-return]

    with pytest.raises(SerializationError, match="put a map into a workflow"):
        serialize([wf], SETTINGS)
