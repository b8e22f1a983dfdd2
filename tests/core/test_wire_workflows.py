"""What is registered for workflows and launch plans, against what flytekit registers for the same programs."""

from __future__ import annotations

import base64
import gzip
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
from flyteidl.core.literals_pb2 import LiteralMap

import fletching
from fletching import (
    FastSerializationSettings,
    Image,
    ImageConfig,
    Resources,
    SerializationSettings,
    accelerators,
    launch_plans,
)
from fletching.extend import dynamic_job, serialize
from fletching.resolver import default_task_resolver
from fletching.resources import ResourceSpec

GOLDEN = Path(__file__).parent / "golden" / "wire"
WRITTEN = json.loads((GOLDEN / "workflows.json").read_text())
IMAGE = Image("default", "example.com/image", "v1")
SETTINGS = SerializationSettings(
    image_config=ImageConfig(IMAGE, [IMAGE]), project="p", domain="d", version="v", env={"FROM": "settings"}
)
OTHER = SerializationSettings(
    image_config=ImageConfig(
        IMAGE, [IMAGE, Image("gpu", "example.com/gpu", "v3"), Image("pinned", "a/b", None, "sha256:1")]
    ),
    project="p",
    domain="d",
    version="v",
    env={"FROM": "settings"},
    git_repo="github.com/a/b",
    python_interpreter="/usr/local/bin/python3",
    fast_serialization_settings=FastSerializationSettings(True, "/root", "s3://bucket/code.tar.gz"),
    source_root="/root/src",
    default_resources=ResourceSpec(requests=Resources(cpu="1"), limits=Resources(mem="1Gi")),
)
MESSAGES: dict[str, Any] = {
    "task": TaskSpec,
    "workflow": WorkflowSpec,
    "launch_plan": LaunchPlan,
    "DynamicJobSpec": DynamicJobSpec,
    "LiteralMap": LiteralMap,
}


@pytest.fixture(scope="module")
def programs() -> Any:
    module = types.ModuleType("workflow_programs")
    module.__dict__.update(sdk=fletching, accelerators=accelerators)
    sys.modules["workflow_programs"] = module
    with pytest.MonkeyPatch.context() as patch:
        # Other tests load the same programs, and a process has one launch plan of a name.
        patch.setattr(launch_plans, "_plans", {})
        for path in sorted(GOLDEN.glob("programs_*.py")):
            exec(compile(path.read_text(), str(path), "exec"), module.__dict__)
        yield module
    del sys.modules["workflow_programs"]


def read(kind: str, text: str) -> Any:
    return MESSAGES[kind].FromString(base64.b64decode(text))


def normalised(message: Any) -> Any:
    """Return a message without what has to differ: the SDK's version and programs, and the order of upstream nodes."""
    message = type(message).FromString(message.SerializeToString())
    if isinstance(message, TaskSpec):
        _normalise_task(message.template)
    elif isinstance(message, WorkflowSpec):
        for template in (message.template, *message.sub_workflows):
            _normalise_nodes([*template.nodes, template.failure_node])
    elif isinstance(message, DynamicJobSpec):
        for task in message.tasks:
            _normalise_task(task)
        _normalise_nodes(message.nodes)
        for template in message.subworkflows:
            _normalise_nodes(template.nodes)
    return message


OURS = {
    "pyflyte-execute": "fletch-execute",
    "pyflyte-fast-execute": "fletch-fast-execute",
    "flytekit.core.python_auto_container.default_task_resolver": default_task_resolver.location,
}


def _normalise_task(template: Any) -> None:
    template.metadata.runtime.version = ""
    template.container.args[:] = [OURS.get(word, word) for word in template.container.args]
    _normalise_pod(template.k8s_pod)
    for pair in template.container.env:
        if pair.key == "_F_SS_C":
            pair.value = json.dumps(json.loads(gzip.decompress(base64.b64decode(pair.value))), sort_keys=True)


def _normalise_nodes(nodes: Any) -> None:
    for node in nodes:
        node.upstream_node_ids[:] = sorted(node.upstream_node_ids)
        choice = node.branch_node.if_else
        _normalise_nodes([each.then_node for each in (choice.case, *choice.other) if each.HasField("then_node")])
        if choice.HasField("else_node"):
            _normalise_nodes([choice.else_node])
        _normalise_pod(node.task_node.overrides.pod_template)


def _normalise_pod(pod: Any) -> None:
    for container in pod.pod_spec.fields["containers"].list_value.values if pod.HasField("pod_spec") else ():
        for word in container.struct_value.fields["args"].list_value.values if "args" in container.struct_value else ():
            word.string_value = OURS.get(word.string_value, word.string_value)


HINTED = {"dyn_hinted"}
"""Where flytekit gives the settings also to the tasks that a dynamic task's hints name. Whether it does depends on what
was serialized before, and what we write of a task never does."""


def without_settings(kind: str, message: Any) -> Any:
    if kind == "task" and not message.template.id.name.endswith("dyn_hinted"):
        kept = [pair for pair in message.template.container.env if pair.key != "_F_SS_C"]
        del message.template.container.env[:]
        message.template.container.env.extend(kept)
    return message


@pytest.mark.parametrize("name", list(WRITTEN["specs"]))
def test_it_is_registered_as_flytekit_registers_it(name: str, programs: Any) -> None:
    theirs = [(kind, normalised(read(kind, text))) for kind, text in WRITTEN["specs"][name]]
    if name in HINTED:
        theirs = [(kind, without_settings(kind, message)) for kind, message in theirs]
    made = serialize([getattr(programs, name)], SETTINGS).entities
    ours = [(each.kind, normalised(each.message)) for each in made]
    assert [(kind, str(message)) for kind, message in ours] == [(kind, str(message)) for kind, message in theirs]
    for (_, one), (_, other) in zip(ours, theirs, strict=True):
        assert one.SerializeToString(deterministic=True) == other.SerializeToString(deterministic=True)


@pytest.mark.parametrize("name", list(WRITTEN["others"]))
def test_other_settings_are_written_as_flytekit_writes_them(name: str, programs: Any) -> None:
    theirs = [(kind, normalised(read(kind, text))) for kind, text in WRITTEN["others"][name]]
    made = serialize([getattr(programs, name)], OTHER).entities
    assert [(each.kind, str(normalised(each.message))) for each in made] == [(kind, str(one)) for kind, one in theirs]


@pytest.mark.parametrize("name", list(WRITTEN["options"]))
def test_options_of_a_registration_are_applied_as_flytekit_applies_them(name: str, programs: Any) -> None:
    theirs = [(kind, normalised(read(kind, text))) for kind, text in WRITTEN["options"][name]]
    made = serialize([getattr(programs, name)], SETTINGS, options=programs.OPTIONS[name]).entities
    assert [(each.kind, str(normalised(each.message))) for each in made] == [(kind, str(one)) for kind, one in theirs]


@pytest.mark.parametrize("name", list(WRITTEN["dynamic"]))
def test_a_dynamic_task_leaves_what_flytekit_leaves(name: str, programs: Any) -> None:
    kind, text = WRITTEN["dynamic"][name]
    task = getattr(programs, name)
    graph = task.compile_into_workflow(None, task.task_function, **programs.DYNAMIC_INPUTS[name])
    ours = dynamic_job(graph, SETTINGS)
    theirs = normalised(read(kind, text))
    assert str(normalised(ours)) == str(theirs)
    assert normalised(ours).SerializeToString(deterministic=True) == theirs.SerializeToString(deterministic=True)
