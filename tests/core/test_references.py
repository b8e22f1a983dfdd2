"""References: what is registered already, called by its identifier and a signature."""

from __future__ import annotations

import pickle
from typing import Any, NamedTuple

import pytest
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.core.interface_pb2 import TypedInterface, Variable, VariableMap
from flyteidl.core.literals_pb2 import Literal, LiteralMap, Primitive, Scalar
from flyteidl.core.tasks_pb2 import TaskTemplate
from flyteidl.core.types_pb2 import LiteralType, SimpleType
from flyteidl.core.workflow_pb2 import WorkflowTemplate

from fletching import (
    Image,
    ImageConfig,
    LaunchPlan,
    LaunchPlanReference,
    ReferenceEntity,
    ReferenceTask,
    ReferenceWorkflow,
    Resources,
    SerializationSettings,
    TaskReference,
    WorkflowReference,
    create_node,
    dynamic,
    get_reference_entity,
    reference_launch_plan,
    reference_task,
    reference_workflow,
    task,
    workflow,
)
from fletching.context import ExecutionMode
from fletching.errors import CallError, ConfigError, ConversionError, RemoteOnlyError, SerializationError
from fletching.extend import dynamic_job, hookimpl, manager, serialize
from fletching.reference import Reference
from fletching.testing import task_mock

SETTINGS = SerializationSettings(ImageConfig(Image("default", "example.com/image", "v1")), "p", "d", "v")
AT: Any = {"project": "p2", "domain": "d2", "version": "v2"}


class Pair(NamedTuple):
    x: int
    y: str


@reference_task(**AT, name="there.pair")
def pair(a: int, b: str = "k") -> Pair: ...  # type: ignore[empty-body]


@reference_workflow(**AT, name="there.flow")
def there_flow(a: int) -> int: ...  # type: ignore[empty-body]


@reference_launch_plan(**AT, name="there.plan")
def plan(a: int, b: int | None = None) -> int:  # type: ignore[empty-body]
    """Its words."""


@task
def inc(a: int) -> int:
    return a + 1


@workflow
def flow(a: int) -> int:
    return inc(a=pair(a=a).x)


def test_it_has_the_identifier_and_the_signature() -> None:
    assert pair.reference == TaskReference("p2", "d2", "there.pair", "v2")
    assert pair.id == Identifier(
        resource_type=ResourceType.TASK, project="p2", domain="d2", name="there.pair", version="v2"
    )
    pair.id.name = "changed"
    assert (pair.id.name, pair.name, pair.short_name) == ("there.pair", "there.pair", "pair")
    assert dict(pair.python_interface.inputs) == {"a": int, "b": str}
    assert pair.python_interface.defaults == {"b": "k"}
    assert sorted(pair.interface.outputs.variables) == ["x", "y"]
    assert (there_flow.id.resource_type, plan.id.resource_type) == (ResourceType.WORKFLOW, ResourceType.LAUNCH_PLAN)
    assert pair.local_execution_mode() is plan.local_execution_mode() is ExecutionMode.LOCAL_TASK_EXECUTION
    assert plan.construct_node_metadata().name == "plan"
    assert plan.__doc__ == "Its words."
    assert pair.find_lhs() == "pair"
    assert repr(plan) == "ReferenceLaunchPlan('p2', 'd2', 'there.plan', 'v2')"


def test_it_is_the_same_reference_in_another_process() -> None:
    assert pickle.loads(pickle.dumps(plan)).reference == plan.reference


@pytest.mark.parametrize("entity", [pair, there_flow, plan])
def test_it_does_not_run_here_and_says_what_to_do(entity: Any) -> None:
    told = rf"'{entity.name}' is a reference to project 'p2', domain 'd2', version 'v2'.*task_mock"
    with pytest.raises(NotImplementedError, match=told):
        entity(a=1)
    with pytest.raises(RemoteOnlyError, match=told):
        entity.execute(a=1)


def test_it_is_not_tried_again() -> None:
    @workflow
    def often(a: int) -> int:
        return plan(a=a).with_overrides(retries=5)  # type: ignore[no-any-return]

    calls = []
    from fletching.extend import observe

    with observe(lambda event: calls.append(event.kind)), pytest.raises(RemoteOnlyError):
        often(a=1)
    assert "retrying" not in calls


def test_arguments_are_checked_before_anything_else() -> None:
    with pytest.raises(CallError, match=r"unexpected keyword argument 'c'.*inputs of task 'there.pair'"):
        pair(a=1, c=2)
    with pytest.raises(ConversionError, match="expected int"):
        plan(a="1")


def test_entities_without_a_function() -> None:
    made = ReferenceTask(**AT, name="n", inputs={"a": (int, 3)}, outputs={"o0": int})
    assert (made.python_interface.defaults, made.metadata.retries, made.get_container(SETTINGS)) == ({"a": 3}, 0, None)
    assert isinstance(get_reference_entity(2, "p", "d", "n", "v", {"a": int}, {}), ReferenceWorkflow)
    one = ReferenceEntity(LaunchPlanReference("p", "d", "n", "v"), {"a": int}, {"o0": int})
    node = serialize([_calls(one)], SETTINGS).entities[-1].message.template.nodes[0]
    assert node.workflow_node.launchplan_ref == one.id
    with pytest.raises(ConfigError, match=r"resource_type is 9, expected one of 1 \(task\), 2 \(workflow\)"):
        get_reference_entity(9, "p", "d", "n", "v", {}, {})
    with pytest.raises(ConfigError, match="needs a TaskReference, a WorkflowReference or a LaunchPlanReference"):
        ReferenceEntity(Reference("p", "d", "n", "v"))
    with pytest.raises(ConfigError, match="TaskReference: version is None"):
        ReferenceTask("p", "d", "n", None)  # type: ignore[arg-type]


def _calls(entity: Any) -> Any:
    @workflow
    def calling(a: int) -> int:
        return entity(a=a)  # type: ignore[no-any-return]

    return calling


def test_nothing_of_it_is_registered() -> None:
    made = serialize([flow, pair, plan], SETTINGS, default_launch_plans=True)
    assert [(each.kind, each.name.rpartition(".")[2]) for each in made.entities] == [
        ("task", "inc"),
        ("workflow", "flow"),
        ("launch_plan", "flow"),
    ]
    assert made.entities[1].message.template.nodes[0].task_node.reference_id == pair.id


def test_resources_of_a_node_go_along() -> None:
    @workflow
    def wf(a: int) -> int:
        return pair(a=a).with_overrides(requests=Resources(cpu="2"), container_image="other:1").x  # type: ignore[no-any-return]

    node = serialize([wf], SETTINGS).entities[-1].message.template.nodes[0]
    assert node.task_node.overrides.container_image == "other:1"
    assert node.task_node.overrides.resources.requests[0].value == "2"


def test_a_workflow_is_called_through_its_launch_plan() -> None:
    with pytest.raises(SerializationError, match="use reference_launch_plan"):
        serialize([_calls(there_flow)], SETTINGS)
    made = LaunchPlan("plan of there", there_flow, fixed_inputs={"a": 3})
    (entry,) = serialize([made], SETTINGS).entities
    assert entry.message.spec.workflow_id == there_flow.id
    with pytest.raises(RemoteOnlyError):
        made()
    with task_mock(there_flow) as mock:
        mock.side_effect = lambda a: a * 2
        assert made() == 6


def test_a_dynamic_task_needs_the_task_itself() -> None:
    @dynamic
    def fan(a: int) -> int:
        return pair(a=a).x  # type: ignore[no-any-return]

    with pytest.raises(SerializationError, match=r"calls a reference to the task 'there.pair'.*fetch it"):
        dynamic_job(fan.compile_into_workflow(None, fan.task_function, a=1), SETTINGS)


class Fetched(ReferenceEntity):
    """As a backend's client makes them: they bring what they were fetched with."""

    @property
    def task_templates(self) -> tuple[TaskTemplate, ...]:
        return (TaskTemplate(id=Identifier(name="inner", version="v9"), type="python-task"),)

    @property
    def workflow_templates(self) -> tuple[WorkflowTemplate, ...]:
        if self.node_kind == "task":
            return ()
        return tuple(WorkflowTemplate(id=Identifier(name=name, version="v9")) for name in (self.name, "deeper"))


def test_what_was_fetched_brings_its_templates() -> None:
    one = Fetched(TaskReference("p", "d", "inner", "v9"), {"a": int}, {"o0": int})
    sub = Fetched(WorkflowReference("p", "d", "sub", "v9"), {"a": int}, {"o0": int})
    spec = serialize([_calls(sub)], SETTINGS).entities[-1].message
    assert [each.id.name for each in spec.sub_workflows] == ["deeper", "sub"]
    assert spec.template.nodes[0].workflow_node.sub_workflow_ref == sub.id

    @dynamic
    def fan(a: int) -> int:
        return one(a=sub(a=inc(a=a)))  # type: ignore[no-any-return]

    job: Any = dynamic_job(fan.compile_into_workflow(None, fan.task_function, a=1), SETTINGS)
    assert [each.id.name.rpartition(".")[2] for each in job.tasks] == ["inc", "inner"]
    assert [each.id.name for each in job.subworkflows] == ["deeper", "sub"]


def test_hooks_leave_it_alone() -> None:
    class Retrying:
        @hookimpl(wrapper=True)
        def fletching_task_metadata(self) -> Any:
            from dataclasses import replace

            return replace((yield), retries=7)

    hook = Retrying()
    manager().register(hook)
    try:
        made = ReferenceTask(**AT, name="n", inputs={"a": int}, outputs={"o0": int})
    finally:
        manager().unregister(hook)
    assert made.metadata.retries == 0


def test_literals_and_nodes() -> None:
    literals = LiteralMap(literals={"a": Literal(scalar=Scalar(primitive=Primitive(integer=1)))})
    with task_mock(plan) as mock:
        mock.return_value = 5
        given = plan.unwrap_literal_map_and_execute(None, literals)
        assert create_node(plan, a=3).o0 == 5
    assert given.literals["o0"].scalar.primitive.integer == 5
    assert plan.interface.outputs == VariableMap(
        variables={"o0": Variable(type=LiteralType(simple=SimpleType.INTEGER), description="o0")}
    )
    assert isinstance(plan.interface, TypedInterface)
