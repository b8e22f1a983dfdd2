"""serialize: order, names, purity, and what it refuses."""

from __future__ import annotations

import copy
import datetime
import gc
import threading
import weakref
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from flyteidl.core.types_pb2 import SimpleType

from fletching import (
    CronSchedule,
    FixedRate,
    Image,
    ImageConfig,
    LaunchPlan,
    PodTemplate,
    Promise,
    PythonFunctionTask,
    PythonTask,
    Resources,
    SerializationSettings,
    Workflow,
    conditional,
    dynamic,
    task,
    workflow,
)
from fletching.errors import ConfigError, ResolverError, SerializationError
from fletching.extend import (
    Executable,
    Interface,
    NodeWriter,
    dynamic_job,
    register_type,
    serialize,
    task_template,
    transformer,
)
from fletching.security import Identity, SecurityContext

SETTINGS = SerializationSettings(ImageConfig(Image("default", "example.com/image", "v1")), "p", "d", "v")


@task
def inc(a: int) -> int:
    return a + 1


@task
def add(a: int, b: int = 2) -> int:
    return a + b


@workflow
def inner(a: int) -> int:
    return inc(a=a)


@workflow
def outer(a: int = 1) -> int:
    x = inner(a=a)
    choice = conditional("c").if_(x == 1).then(inner(a=x)).else_().then(add(a=x))
    return add(a=choice, b=[inc(a=x), 1][1])


PLAN = LaunchPlan.get_or_create(outer, name="plan of outer", default_inputs={"a": 4})


def names(serialized: Any) -> list[tuple[str, str]]:
    return [(each.kind, each.name.rpartition(".")[2]) for each in serialized.entities]


def test_what_is_called_comes_before_what_calls_it_and_once() -> None:
    made = serialize([PLAN, outer, inc], SETTINGS)
    assert names(made) == [
        ("task", "inc"),
        ("workflow", "inner"),
        ("task", "add"),
        ("workflow", "outer"),
        ("launch_plan", "plan of outer"),
    ]
    assert made.find("workflow", outer.name).entity is outer
    with pytest.raises(LookupError, match="no task 'nothing'"):
        made.find("task", "nothing")


def test_serializing_again_gives_the_same_bytes_and_changes_nothing() -> None:
    graph = outer.graph
    before = [(node.id, dict(node.bindings), node.overrides, list(node.after)) for node in graph.nodes]
    first, second = (serialize([PLAN], SETTINGS) for _ in range(2))
    assert [each.to_bytes() for each in first.entities] == [each.to_bytes() for each in second.entities]
    assert outer.graph is graph
    assert before == [(node.id, dict(node.bindings), node.overrides, list(node.after)) for node in graph.nodes]
    # What comes out belongs to the caller.
    for each in first.entities:
        each.message.Clear()
    third = serialize([PLAN], SETTINGS)
    assert [each.to_bytes() for each in third.entities] == [each.to_bytes() for each in second.entities]


def test_threads_write_the_same() -> None:
    expected = [each.to_bytes() for each in serialize([PLAN], SETTINGS).entities]
    found: list[list[bytes]] = []

    def work() -> None:
        for _ in range(20):
            found.append([each.to_bytes() for each in serialize([PLAN], SETTINGS).entities])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 80
    assert all(each == expected for each in found)


def test_default_launch_plans_are_written_for_every_workflow_that_has_none() -> None:
    made = serialize([outer], SETTINGS, default_launch_plans=True)
    assert names(made)[-2:] == [("launch_plan", "inner"), ("launch_plan", "outer")]
    plan = made.entities[-1].message
    assert plan.spec.workflow_id.name == outer.name
    assert plan.spec.default_inputs.parameters["a"].default.scalar.primitive.integer == 1
    own = LaunchPlan(inner.name, inner, default_inputs={"a": 9})
    made = serialize([own], SETTINGS, default_launch_plans=True)
    assert [each.entity for each in made.entities if each.kind == "launch_plan"] == [own]


def test_one_name_with_two_contents_is_an_error() -> None:
    other: Any = PythonTask("kind", "one name", interface=Interface({"a": int}))
    another: Any = PythonTask("kind", "one name", interface=Interface({"a": str}))
    same: Any = PythonTask("kind", "one name", interface=Interface({"a": int}))
    assert len(serialize([other, same], SETTINGS).entities) == 1
    with pytest.raises(SerializationError, match="two tasks are called 'one name' and differ"):
        serialize([other, another], SETTINGS)


def test_a_task_with_another_config_in_one_node_needs_another_name() -> None:
    @dataclass
    class Config:
        size: int

    class Sized(PythonTask[Config]):
        def get_custom(self, settings: Any) -> dict[str, Any]:
            return {"size": self.task_config.size}  # type: ignore[union-attr]

    sized: Any = Sized("sized", "sized", Config(1))
    wf = Workflow("config")
    wf.add_entity(sized)
    wf.add_entity(sized).with_overrides(task_config=Config(2))
    with pytest.raises(SerializationError, match=r"with_overrides\(task_config=...\) makes another task"):
        serialize([wf], SETTINGS)
    assert sized.task_config.size == 1


@task
def plain(a: int) -> int:
    return a


def test_a_function_with_another_config_in_one_node_says_so() -> None:
    class Sized(PythonFunctionTask[str]):
        pass

    sized: Any = Sized("small", plain.task_function)
    wf = Workflow("function config")
    wf.add_entity(sized, a=1).with_overrides(task_config="large")
    with pytest.raises(ResolverError, match=r"plain' has another config, 'large', by with_overrides\(task_config"):
        serialize([wf], SETTINGS)


@workflow
def branch_of_none(a: int) -> int:
    x = inc(a=a)
    return conditional("c").if_(a == 1).then(x).else_().then(inc(a=a))


def test_a_branch_that_calls_nothing_is_refused() -> None:
    told = "branch 1 of conditional 'c' calls nothing, and a branch on a Flyte backend is a call"
    with pytest.raises(SerializationError, match=told):
        serialize([branch_of_none], SETTINGS)


def test_an_id_that_the_backend_keeps_is_refused() -> None:
    wf = Workflow("kept")
    wf.add_entity(inc, a=1).with_overrides(node_name="efn")
    with pytest.raises(SerializationError, match="keeps the id 'efn' for itself"):
        serialize([wf], SETTINGS)


def test_what_is_no_entity_is_refused() -> None:
    with pytest.raises(SerializationError, match="only tasks, workflows and launch plans"):
        serialize([len], SETTINGS)


def test_a_task_without_an_image_tells_so() -> None:
    with pytest.raises(ConfigError, match="image"):
        serialize([outer], SerializationSettings(None))


class Loop(Executable):
    """A plugin's own orchestration, without a form on a backend."""

    def __init__(self) -> None:
        self._locate()
        self._name = "loop"
        self._python_interface = Interface({"a": int}, {"o0": int})


class Written(Loop):
    def fill_flyte_node(self, message: Any, node: Any, writer: NodeWriter) -> None:
        message.task_node.reference_id.CopyFrom(writer.reference(inc))
        message.task_node.overrides.CopyFrom(writer.task_overrides(node, inc))
        message.metadata.CopyFrom(writer.metadata(node, inc.construct_node_metadata()))


def test_an_executable_writes_its_own_node() -> None:
    wf = Workflow("own")
    wf.add_entity(Written(), a=1).with_overrides(retries=3, container_image="other:1")
    made = serialize([wf], SETTINGS)
    assert names(made) == [("task", "inc"), ("workflow", "own")]
    node = made.entities[-1].message.template.nodes[0]
    assert (node.task_node.reference_id.name, node.metadata.name, node.metadata.retries.retries) == (inc.name, "inc", 3)
    assert node.task_node.overrides.container_image == "other:1"
    assert [each.var for each in node.inputs] == ["a"]
    wf = Workflow("none")
    wf.add_entity(Loop(), a=1)
    with pytest.raises(SerializationError, match="fill_flyte_node"):
        serialize([wf], SETTINGS)


def test_conditions_on_two_parts_of_one_output_have_two_names() -> None:
    @task
    def pair() -> dict[str, int]:
        return {}

    @workflow
    def wf(a: int) -> int:
        x: Any = pair()
        return conditional("c").if_((x["k"] == 1) & (x["l"] == 2) & (x["k"] > 0)).then(inc(a=a)).else_().then(inc(a=2))

    node = serialize([wf], SETTINGS).entities[-1].message.template.nodes[1]
    paths = {each.var: [step.string_value for step in each.binding.promise.attr_path] for each in node.inputs}
    assert paths == {"n0.o0": ["k"], "n0.o0.l": ["l"]}
    left = node.branch_node.if_else.case.condition.conjunction.left_expression.conjunction
    assert left.left_expression.comparison.left_value.var == "n0.o0"
    assert left.right_expression.comparison.left_value.var == "n0.o0.l"


def test_options_of_a_launch_plan() -> None:
    plan = LaunchPlan(
        "options",
        inner,
        labels={"l": "1"},
        annotations={"n": "2"},
        raw_output_data_config="s3://raw",
        security_context=SecurityContext(run_as=Identity(k8s_service_account="me")),
        schedule=CronSchedule(schedule="0 1 * * *", offset="PT1H"),
        max_parallelism=3,
    )
    spec = serialize([plan], SETTINGS).entities[-1].message.spec
    assert dict(spec.labels.values) == {"l": "1"}
    assert dict(spec.annotations.values) == {"n": "2"}
    assert spec.raw_output_data_config.output_location_prefix == "s3://raw"
    assert spec.security_context.run_as.k8s_service_account == "me"
    assert spec.entity_metadata.schedule.cron_schedule.offset == "PT1H"
    assert spec.max_parallelism == 3
    assert spec.default_inputs.parameters["a"].required
    minutes = FixedRate(datetime.timedelta(minutes=90))
    spec = serialize([LaunchPlan("rate", inner, schedule=minutes)], SETTINGS).entities[-1].message.spec
    assert (spec.entity_metadata.schedule.rate.value, spec.entity_metadata.schedule.rate.unit) == (90, 0)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"labels": 3}, "labels is 3, which has no wire form"),
        ({"notifications": 3}, "notifications must be several notifications, got 3"),
        ({"notifications": ["me"]}, "notifications is 'me', which has no wire form"),
        ({"trigger": "now"}, "trigger 'now' has no wire form"),
        ({"security_context": "me"}, "security_context is 'me'"),
        ({"auth_role": "me"}, "auth_role is 'me', and names no role"),
        ({"concurrency": 3}, "concurrency is 3, which has no wire form"),
    ],
)
def test_an_option_without_a_wire_form_is_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(SerializationError, match=told):
        serialize([LaunchPlan("bad", inner, **options)], SETTINGS)


def test_what_is_remembered_of_an_entity_is_forgotten_with_it() -> None:
    def make() -> Any:
        return PythonTask("kind", "short lived", interface=Interface({"a": int}))

    made = make()
    task_template(made, SETTINGS)
    gone = weakref.ref(made)
    del made
    gc.collect()
    assert gone() is None
    other: Any = PythonTask("kind", "another", interface=Interface({"b": str}))
    assert list(task_template(other, SETTINGS).interface.inputs.variables) == ["b"]


def test_a_type_that_is_registered_later_counts() -> None:
    @dataclass
    class Mine:
        a: int

    one: Any = PythonTask("kind", "late", interface=Interface({"a": Mine}))

    def written() -> int:
        return int(task_template(one, SETTINGS).interface.inputs.variables["a"].type.simple)

    before = written()
    undo = register_type(Mine, lambda annotation, extras: transformer(str))
    try:
        assert (before, written()) == (SimpleType.STRUCT, SimpleType.STRING)
    finally:
        undo()
    assert written() == SimpleType.STRUCT


def test_an_imperative_workflow_that_grew_is_written_anew() -> None:
    wf = Workflow("growing")
    x: Promise = wf.add_workflow_input("a", int)
    wf.add_entity(inc, a=x)
    first = serialize([wf], SETTINGS).entities[-1].message
    y: Promise = wf.add_workflow_input("b", Annotated[int, "more"])
    wf.add_entity(inc, a=y)
    second = serialize([wf], SETTINGS).entities[-1].message
    assert (len(first.template.nodes), sorted(first.template.interface.inputs.variables)) == (1, ["a"])
    assert (len(second.template.nodes), sorted(second.template.interface.inputs.variables)) == (2, ["a", "b"])


@dynamic
def fanned(a: int) -> list[int]:
    return [inc(a=each) for each in range(a)]


def test_the_job_of_a_dynamic_task_grows_with_its_inputs() -> None:
    job: Any = dynamic_job(fanned.compile_into_workflow(None, fanned.task_function, a=3), SETTINGS)
    assert [node.id for node in job.nodes] == ["dn0", "dn1", "dn2"]
    assert (job.min_successes, len(job.tasks)) == (3, 1)
    done: Any = dynamic_job(fanned.compile_into_workflow(None, fanned.task_function, a=0), SETTINGS)
    assert len(done.literals["o0"].collection.literals) == 0


def test_a_pod_of_a_node_is_that_of_its_task() -> None:
    template = PodTemplate(primary_container_name="first", labels={"k": "v"})
    before = copy.deepcopy(template.manifest())
    wf = Workflow("pods")
    wf.add_entity(inc, a=1).with_overrides(pod_template=template, requests=Resources(cpu="1"))
    pod = serialize([wf], SETTINGS).entities[-1].message.template.nodes[0].task_node.overrides.pod_template
    assert pod.primary_container_name == "first"
    assert pod.pod_spec["containers"][0]["args"][0] == "fletch-execute"
    assert template.manifest() == before
    bare: Any = PythonTask("kind", "no container")
    wf = Workflow("no pod")
    wf.add_entity(bare).with_overrides(pod_template=template)
    with pytest.raises(SerializationError, match="pod_template is for a task that runs in a container of its own"):
        serialize([wf], SETTINGS)
