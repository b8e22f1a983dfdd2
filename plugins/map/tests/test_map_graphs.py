"""A map among other calls: in workflows and dynamic tasks, with overrides, in the cache, and as listeners see it."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import pytest

from fletching import Cache, LaunchPlan, Resources, Runner, TaskMetadata, create_node, dynamic, task, workflow
from fletching.errors import (
    BindingError,
    CallError,
    ConfigError,
    ConversionError,
    ExecutorError,
    TaskDeprecatedWarning,
    TaskTimeoutError,
)
from fletching.extend import Event, Interface, PythonTask, observe
from fletching_map import ArrayNodeMapTask, array_node, map_task

TRIED: list[int] = []


@task
def inc(a: int, b: int = 1) -> int:
    return a + b


@task
def numbers(count: int) -> list[int]:
    return list(range(count))


@task
def total(values: list[int]) -> int:
    return sum(values)


@task
def total_of_some(values: list[int | None]) -> int:
    return sum(filter(None, values))


@task
def second_time(a: int) -> int:
    TRIED.append(a)
    if TRIED.count(a) < 2:
        raise ConnectionError(a)
    return a


@pytest.fixture(autouse=True)
def fresh() -> None:
    TRIED.clear()


def test_in_a_workflow() -> None:
    @workflow
    def flow(count: int, by: int) -> int:
        found = map_task(functools.partial(inc, b=by))(a=numbers(count=count))
        return total(values=found)

    assert flow(count=4, by=10) == 46
    assert Runner(executor="thread").run(flow, count=3, by=0) == 3


def test_a_workflow_binds_lists_of_promises_and_bound_promises() -> None:
    @workflow
    def flow(a: int, b: int) -> list[int]:
        return map_task(inc, bound_inputs={"b"})(a=[a, 5, a], b=b)

    assert flow(a=1, b=2) == [3, 7, 3]


def test_in_a_dynamic_task() -> None:
    @dynamic
    def steps(count: int) -> int:
        found = map_task(inc)(a=list(range(count)))
        return total(values=map_task(inc)(a=found))

    assert steps(count=3) == 9


def test_over_workflows_and_launch_plans_inside_a_workflow() -> None:
    @workflow
    def inner(a: int, b: int = 5) -> int:
        return inc(a=a, b=b)

    plan = LaunchPlan.create("map-graphs-plan", inner, default_inputs={"b": 7})

    @workflow
    def flow(xs: list[int]) -> tuple[list[int], list[int]]:
        return map_task(inner)(a=xs), array_node(plan)(a=xs)

    assert flow(xs=[1, 2]) == ([6, 7], [8, 9])


def test_types_are_checked_when_the_workflow_is_built() -> None:
    @task
    def words() -> list[str]:
        return ["a"]

    @workflow
    def wrong() -> list[int]:
        return map_task(inc)(a=words())

    with pytest.raises(BindingError) as refused:
        wrong()
    assert "is list[str]" in str(refused.value)
    assert "(map_inc) takes list[int]" in str(refused.value)

    @workflow
    def partly() -> int:
        return total(values=map_task(inc, min_successes=1)(a=[1]))

    with pytest.raises(BindingError):
        partly()

    @workflow
    def fine() -> int:
        return total_of_some(values=map_task(inc, min_successes=1)(a=[1]))

    assert fine() == 2


def test_a_scalar_in_a_workflow_is_refused_when_it_is_built() -> None:
    @workflow
    def wrong() -> list[int]:
        return map_task(inc)(a=3)

    with pytest.raises(ConversionError, match="map_inc: argument 'a': expected list"):
        wrong()


def test_lists_of_different_lengths_fail_their_node() -> None:
    @workflow
    def flow(xs: list[int], ys: list[int]) -> list[int]:
        return map_task(inc)(a=xs, b=ys)

    with pytest.raises(CallError, match="'a' has 2 elements and 'b' has 1") as raised:
        flow(xs=[1, 2], ys=[1])
    assert any("node 'n0' (map_inc)" in note for note in raised.value.__notes__)


def test_nodes_can_be_made_and_ordered() -> None:
    @workflow
    def flow(xs: list[int]) -> list[int]:
        first = create_node(map_task(inc), a=xs)
        second = create_node(map_task(inc), a=xs)
        second >> first
        return first.o0

    assert [node.id for node in flow.graph.nodes[0].upstream] == ["n1"]
    assert flow(xs=[1]) == [2]


# What is said about each element


def test_retries_of_the_target_are_those_of_each_element() -> None:
    again = map_task(second_time, metadata=TaskMetadata(retries=1))
    assert again(a=[1, 2, 3]) == [1, 2, 3]
    assert sorted(TRIED) == [1, 1, 2, 2, 3, 3]
    TRIED.clear()
    with pytest.raises(ConnectionError):
        map_task(second_time)(a=[1, 2, 3])


def test_an_override_is_for_each_element_of_that_node_alone() -> None:
    shared = map_task(second_time)

    @workflow
    def retried(xs: list[int]) -> list[int]:
        return shared(a=xs).with_overrides(retries=1)

    @workflow
    def not_retried(xs: list[int]) -> list[int]:
        return shared(a=xs)

    assert retried(xs=[1, 2]) == [1, 2]
    assert sorted(TRIED) == [1, 1, 2, 2]
    assert shared.metadata.retries == second_time.metadata.retries == 0
    TRIED.clear()
    with pytest.raises(ConnectionError):
        not_retried(xs=[1, 2])


def test_a_timeout_is_that_of_each_element() -> None:
    @task
    def spin(a: int) -> int:
        while a == 2:
            pass
        return a

    @workflow
    def flow(xs: list[int]) -> list[int | None]:
        return map_task(spin, min_success_ratio=0)(a=xs).with_overrides(timeout=2)

    for _ in range(10):
        got = flow(xs=[1, 2, 3])
        assert got[1] is None
        if got.count(None) == 1:
            break  # on a busy machine the others may be late, too
    assert got == [1, None, 3]
    with pytest.raises(TaskTimeoutError) as raised:
        map_task(spin, metadata=TaskMetadata(timeout=1))(a=[2])
    assert "in element 0 of 1 of map_spin" in raised.value.__notes__


def test_the_cache_is_that_of_each_element() -> None:
    @task(cache=Cache(version="1"))
    def kept(a: int, b: int = 0) -> int:
        TRIED.append(a)
        return a + b

    assert map_task(kept)(a=[1, 2, 2, 3]) == [1, 2, 2, 3]
    TRIED.clear()
    assert map_task(kept)(a=[3, 4, 1]) == [3, 4, 1]
    assert TRIED == [4]
    assert kept(a=3) == 3
    assert map_task(functools.partial(kept, b=1))(a=[3]) == [4]
    assert TRIED == [4, 3]


def test_a_node_may_have_its_elements_cached() -> None:
    @task
    def plain(a: int) -> int:
        TRIED.append(a)
        return a

    @workflow
    def flow(xs: list[int]) -> list[int]:
        return map_task(plain)(a=xs).with_overrides(cache=True, cache_version="1")

    assert flow(xs=[1, 2]) == [1, 2]
    assert flow(xs=[2, 3]) == [2, 3]
    assert sorted(TRIED) == [1, 2, 3]


def test_a_deprecated_target_is_told_once() -> None:
    @task(deprecated="use the other one")
    def old(a: int) -> int:
        return a

    with pytest.warns(TaskDeprecatedWarning, match="use the other one") as told:
        map_task(old)(a=[1, 2, 3])
    assert len(told) == 1


def test_a_task_config_is_overridden_in_a_copy() -> None:
    class Times(PythonTask[int]):
        def execute(self, /, **kwargs: Any) -> Any:
            return kwargs["a"] * (self.task_config or 0)

    times = Times("times", "times", 2, Interface({"a": int, "b": (int, 0)}, {"o0": int}))
    made = map_task(functools.partial(times, b=4), 2)

    @workflow
    def flow(xs: list[int]) -> tuple[list[int], list[int]]:
        return made(a=xs), made(a=xs).with_overrides(task_config=10)

    assert flow(xs=[1, 2]) == ([2, 4], [10, 20])
    assert isinstance(made, ArrayNodeMapTask)
    assert made.with_task_config(3).concurrency == 2
    assert made.with_task_config(3)(a=[1]) == [3]
    assert times.task_config == 2

    @workflow
    def wrong(xs: list[int]) -> list[int]:
        return made(a=xs).with_overrides(task_config="x")

    with pytest.raises(ConfigError, match="task_config must be a int"):
        wrong(xs=[1])


@task(requests=Resources(cpu="1"))
def greedy(a: int) -> int:
    TRIED.append(a)
    return a


def test_what_an_executor_cannot_keep_is_refused_before_anything_runs() -> None:
    @workflow
    def flow(xs: list[int]) -> list[int | None]:
        return map_task(greedy, min_success_ratio=0)(a=map_task(second_time)(a=xs))

    @workflow
    def overridden(xs: list[int]) -> list[int]:
        return map_task(inc)(a=map_task(second_time)(a=xs)).with_overrides(requests=Resources(cpu="1"))

    for run in (flow, overridden):
        with pytest.raises(ExecutorError, match=r"requests\.cpu"):
            Runner(executor="inline").run(run, xs=[1])
    assert not TRIED


def test_what_it_cannot_keep_is_no_element_that_failed() -> None:
    @dynamic
    def later(xs: list[int]) -> list[int | None]:
        return map_task(greedy, min_success_ratio=0)(a=xs)

    with pytest.raises(ExecutorError, match=r"requests\.cpu"):
        Runner(executor="inline").run(later, xs=[1])


# What listeners see


def heard(run: Any) -> list[Event]:
    events: list[Event] = []
    with observe(events.append):
        run()
    return events


def test_each_element_is_a_call_with_a_place() -> None:
    @workflow
    def flow(count: int) -> list[int]:
        return map_task(inc)(a=numbers(count=count))

    events = heard(lambda: flow(count=3))
    ended = {event.path: event for event in events if event.kind == "finished"}
    assert set(ended) == {"", "n0", "n1", "n1/0", "n1/1", "n1/2"}
    assert ended["n1"].what == "map"
    assert ended["n1"].upstream == ("n0",)
    assert {ended[f"n1/{at}"].parent for at in range(3)} == {ended["n1"].call}
    assert {ended[f"n1/{at}"].task for at in range(3)} == {inc.name}


def test_maps_of_maps_have_places_too() -> None:
    events = heard(lambda: map_task(map_task(inc))(a=[[1, 2], [3]]))
    assert {event.path for event in events if event.kind == "finished"} == {"", "0", "0/0", "0/1", "1", "1/0"}


def test_a_failed_map_leaves_nothing_running() -> None:
    @task
    def fail(a: int) -> int:
        if a == 3:
            raise ValueError(a)
        return a

    events: list[Event] = []
    with observe(events.append), pytest.raises(ValueError, match="3"):
        map_task(fail, 2)(a=itertools.count())
    begun = {event.call for event in events if event.kind == "started"}
    ended = {event.call for event in events if event.kind in ("finished", "failed", "cancelled")}
    assert begun == ended
    assert [event.path for event in events if event.kind == "failed"] == ["3", ""]
