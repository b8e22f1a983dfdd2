"""with_overrides: every key, what it changes, and that the task itself stays as it is."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

import pytest

from fletching import (
    Cache,
    LaunchPlan,
    PodTemplate,
    PythonFunctionTask,
    Resources,
    create_node,
    current_context,
    dynamic,
    task,
    workflow,
)
from fletching.accelerators import T4
from fletching.context import current_execution
from fletching.errors import ConfigError, GraphError, TaskTimeoutError, UnknownOptionError
from fletching.run.events import Event, observe

calls: list[Any] = []


@pytest.fixture(autouse=True)
def _forget() -> None:
    calls.clear()


@task
def add(a: int, b: int = 1) -> int:
    calls.append(a)
    return a + b


@task(retries=1, timeout=50, cache=True, cache_version="1", interruptible=True, requests=Resources(cpu="1"))
def full(a: int) -> int:
    return a


@task
def flaky(a: int) -> int:
    calls.append(current_context().attempt)
    if current_context().attempt < 2:
        raise ValueError("not yet")
    return a


@dataclass
class Shape:
    size: int


class ShapedTask(PythonFunctionTask[Shape]):
    """A task whose config counts when it runs."""

    def execute(self, /, **kwargs: Any) -> Any:
        assert self.task_config is not None
        return self.task_config.size + super().execute(**kwargs)


def shaped_function(a: int) -> int:
    return a


shaped = ShapedTask(Shape(10), shaped_function)


def node_with(entity: Any, **overrides: Any) -> Any:
    """Return the node of a workflow of one call, given overrides."""

    @workflow
    def flow(a: int) -> int:
        return entity(a=a).with_overrides(**overrides)

    return flow.nodes[0]


KEYS: dict[str, tuple[Any, Any]] = {
    "node_name": ("My_Step", lambda node: node.id == "my-step"),
    "name": ("a name", lambda node: node.name == "a name"),
    "aliases": ({"o0": "total"}, lambda node: node.overrides.given["aliases"] == {"o0": "total"}),
    "retries": (3, lambda node: node.metadata.retries == 3),
    "timeout": (5, lambda node: node.metadata.timeout == datetime.timedelta(seconds=5)),
    "interruptible": (True, lambda node: node.metadata.interruptible is True),
    "cache": (Cache(version="7"), lambda node: (node.metadata.cache, node.metadata.cache_version) == (True, "7")),
    "requests": (Resources(mem="1Gi"), lambda node: node.overrides.resources.requests.mem == "1Gi"),
    "limits": (Resources(cpu="2"), lambda node: node.overrides.resources.limits.cpu == "2"),
    "resources": (Resources(cpu=("1", "2")), lambda node: node.overrides.resources.limits.cpu == "2"),
    "container_image": ("img:1", lambda node: node.overrides.given["container_image"] == "img:1"),
    "accelerator": (T4, lambda node: node.overrides.given["accelerator"] is T4),
    "shared_memory": ("1Gi", lambda node: node.overrides.given["shared_memory"] == "1Gi"),
    "pod_template": (PodTemplate(), lambda node: node.overrides.given["pod_template"] == PodTemplate()),
}


@pytest.mark.parametrize("key", KEYS)
def test_every_key_counts_for_the_node_and_not_for_the_task(key: str) -> None:
    before = {name: value for name, value in vars(add).items() if name != "compiled"}
    metadata = add.metadata
    value, holds = KEYS[key]
    assert holds(node_with(add, **{key: value}))
    assert add.metadata == metadata
    assert {name: value for name, value in vars(add).items() if name not in ("compiled", "_direct")} == {
        name: value for name, value in before.items() if name != "_direct"
    } | {"_metadata": add.metadata}
    assert node_with(add).overrides.given == {}


def test_what_is_not_overridden_stays_the_tasks() -> None:
    node = node_with(full, retries=5)
    assert (node.metadata.retries, node.metadata.timeout, node.metadata.cache_version) == (
        5,
        datetime.timedelta(seconds=50),
        "1",
    )
    assert node_with(full, timeout=None).metadata.timeout is None
    assert not node_with(full, cache=False).metadata.cache
    assert node_with(full, cache_version="2").metadata.cache_version == "2"
    assert node_with(full, cache_serialize=True).metadata.cache_serialize
    assert node_with(full, interruptible=False).metadata.interruptible is False
    assert (full.metadata.retries, full.metadata.cache_version) == (1, "1")


def test_overrides_add_up() -> None:
    @workflow
    def flow(a: int) -> int:
        got = add(a=a)
        got.with_overrides(retries=2).with_overrides(timeout=9)
        return got.with_overrides(retries=4)

    (node,) = flow.nodes
    assert (node.metadata.retries, node.metadata.timeout) == (4, datetime.timedelta(seconds=9))


def test_two_nodes_of_one_task_have_their_own() -> None:
    @workflow
    def flow(a: int) -> tuple[int, int, int]:
        return (
            flaky(a=a).with_overrides(retries=2),
            add(a=a).with_overrides(retries=1, node_name="second"),
            add(a=a),
        )

    assert flow(a=3) == (3, 4, 4)
    assert [None if node.metadata is None else node.metadata.retries for node in flow.nodes] == [2, 1, None]


def test_retries_are_made_for_this_node_only() -> None:
    @workflow
    def more(a: int) -> int:
        return flaky(a=a).with_overrides(retries=2)

    @workflow
    def none(a: int) -> int:
        return flaky(a=a)

    assert more(a=3) == 3
    assert calls == [0, 1, 2]
    with pytest.raises(ValueError, match="not yet"):
        none(a=3)


def test_a_timeout_stops_this_node() -> None:
    @task
    def forever(a: int) -> int:
        while True:
            a += 1

    @workflow
    def flow(a: int) -> int:
        return forever(a=a).with_overrides(timeout=datetime.timedelta(seconds=0.3))

    with pytest.raises(TaskTimeoutError, match=r"forever.*0\.3 s"):
        flow(a=1)


def test_the_cache_can_be_switched_on_for_a_node(home: Any) -> None:
    @workflow
    def flow(a: int) -> int:
        return add(a=a).with_overrides(cache=True, cache_version="1.0")

    assert [flow(a=5), flow(a=5), flow(a=6)] == [6, 6, 7]
    assert calls == [5, 6]
    assert add(a=5) == 6
    assert calls == [5, 6, 5]


def test_a_task_config_is_overridden_on_a_copy() -> None:
    @workflow
    def flow(a: int) -> tuple[int, int]:
        return shaped(a=a).with_overrides(task_config=Shape(100)), shaped(a=a)

    assert flow(a=1) == (101, 11)
    assert flow.nodes[0].entity is not shaped
    assert flow.nodes[1].entity is shaped
    assert shaped.task_config == Shape(10)
    assert flow.nodes[0].entity.name == shaped.name


def test_what_runs_is_told_its_nodes_metadata_and_name() -> None:
    seen: list[Any] = []

    @task
    def look(a: int) -> int:
        execution = current_execution()
        assert execution is not None
        seen.append((execution.metadata.retries, execution.overrides.get("name"), execution.path))
        return a

    @workflow
    def flow(a: int) -> int:
        return look(a=a).with_overrides(retries=2, name="shown", node_name="here")

    flow(a=1)
    assert seen == [(2, "shown", "here")]


def test_overrides_in_dynamic_tasks_and_on_nodes() -> None:
    @dynamic
    def many(n: int) -> list[int]:
        found = []
        for at in range(n):
            node = create_node(flaky, a=at)
            found.append(node.with_overrides(retries=2 + at, node_name=f"step_{at}").o0)
        return found

    events: list[Event] = []
    with observe(events.append):
        assert many(n=2) == [0, 1]
    assert {event.path for event in events if event.kind == "attempt"} == {"", "step-0", "step-1"}


def test_overrides_of_subworkflows_and_launch_plans(home: Any) -> None:
    @workflow
    def inner(a: int) -> int:
        return add(a=a)

    plan = LaunchPlan.create("overridden-plan", inner)

    @workflow
    def flow(a: int) -> tuple[int, int]:
        return (
            inner(a=a).with_overrides(cache=True, cache_version="1", node_name="one"),
            plan(a=a).with_overrides(cache=True, cache_version="1"),
        )

    assert flow(a=1) == (2, 2)
    count = len(calls)
    assert flow(a=1) == (2, 2)
    assert len(calls) == count


def test_a_subworkflow_node_may_be_repeated() -> None:
    failures: list[int] = []

    @task
    def sometimes(a: int) -> int:
        failures.append(a)
        if len(failures) < 3:
            raise ValueError("not yet")
        return a

    @workflow
    def inner(a: int) -> int:
        return sometimes(a=add(a=a))

    @workflow
    def flow(a: int) -> int:
        return inner(a=a).with_overrides(retries=2)

    assert flow(a=1) == 2
    assert failures == [2, 2, 2]


WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "unknown": ({"retrys": 3}, UnknownOptionError, "unknown key 'retrys'; did you mean 'retries'"),
    "task option": ({"environment": {}}, UnknownOptionError, "unknown key 'environment'"),
    "node_name": ({"node_name": 5}, ConfigError, "node_name must be a non-empty str, got 5"),
    "node_name of no letters": ({"node_name": "?"}, GraphError, "no letter or digit"),
    "name": ({"name": ""}, ConfigError, "name must be a non-empty str"),
    "aliases": ({"aliases": ["o0"]}, ConfigError, "aliases must be a dict"),
    "aliases of nothing": ({"aliases": {"o1": "x"}}, ConfigError, "names 'o1', which is no output"),
    "retries": ({"retries": -1}, ConfigError, "retries"),
    "timeout": ({"timeout": "5"}, ConfigError, "timeout"),
    "interruptible": ({"interruptible": "yes"}, ConfigError, "interruptible"),
    "cache": ({"cache": "yes"}, ConfigError, "cache must be True, False or a Cache, got 'yes'"),
    "cache without version": ({"cache": True}, ConfigError, "no cache version of its own; give cache_version="),
    "cache_version": ({"cache": True, "cache_version": 3}, ConfigError, "cache_version"),
    "requests": ({"requests": {"cpu": 1}}, ConfigError, "requests must be a Resources"),
    "resources and limits": (
        {"resources": Resources(cpu="1"), "limits": Resources(cpu="1")},
        ConfigError,
        "give it or them, not both",
    ),
    "container_image": ({"container_image": 5}, ConfigError, "container_image must be an image name or an ImageSpec"),
    "accelerator": ({"accelerator": "t4"}, ConfigError, "accelerator must be a BaseAccelerator"),
    "shared_memory": ({"shared_memory": 5}, ConfigError, "shared_memory"),
    "pod_template": ({"pod_template": {}}, ConfigError, "pod_template must be a PodTemplate"),
    "task_config": ({"task_config": Shape(1)}, ConfigError, "has no task_config to override"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused_with_the_node(name: str) -> None:
    overrides, kind, told = WRONG[name]
    with pytest.raises(kind, match=told) as caught:
        node_with(add, **overrides)
    assert "node 'n0' (add)" in "".join([str(caught.value), *getattr(caught.value, "__notes__", [])])


def test_a_config_of_another_class_and_a_promise_are_refused() -> None:
    with pytest.raises(ConfigError, match="task_config must be a Shape, as the task's own is, got 3"):
        node_with(shaped, task_config=3)

    @workflow
    def flow(a: int) -> int:
        return add(a=a).with_overrides(retries=a)

    with pytest.raises(GraphError, match=r"retries is the promise Promise\(input.a\).*@dynamic"):
        flow(a=1)


def test_two_nodes_cannot_have_one_name() -> None:
    @workflow
    def flow(a: int) -> int:
        add(a=a).with_overrides(node_name="x")
        return add(a=a).with_overrides(node_name="X")

    with pytest.raises(GraphError, match="two nodes would be called 'x'"):
        flow(a=1)

    @workflow
    def later(a: int) -> int:
        add(a=a).with_overrides(node_name="n1")
        return add(a=a)

    with pytest.raises(GraphError, match="node_name='n1' was given to an earlier node"):
        later(a=1)


def test_inputs_and_finished_graphs_take_none() -> None:
    @workflow
    def flow(a: int) -> int:
        a.with_overrides(retries=1)  # type: ignore[attr-defined]
        return add(a=a)

    with pytest.raises(GraphError, match="takes no overrides: it is no call"):
        flow(a=1)
    node = node_with(add)
    with pytest.raises(GraphError, match="comes too late"):
        node.with_overrides(retries=1)
