"""Dynamic tasks: the function builds a graph of the values it gets, and the graph runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest

from fletching import (
    Cache,
    LaunchPlan,
    PythonFunctionTask,
    Resources,
    Runner,
    conditional,
    create_node,
    current_context,
    dynamic,
    task,
    workflow,
)
from fletching.errors import (
    BindingError,
    CallError,
    ConfigError,
    ConversionError,
    GraphError,
    PromiseError,
    TaskTimeoutError,
)
from fletching.function_task import ExecutionBehavior
from fletching.run.events import Event, observe

ran: list[Any] = []


@pytest.fixture(autouse=True)
def _forget() -> None:
    ran.clear()


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@task
def note(a: int) -> None:
    ran.append(a)


@task
def total(xs: list[int]) -> int:
    return sum(xs)


@task
def numbers(n: int) -> list[int]:
    return list(range(n))


@workflow
def inner(a: int) -> int:
    return add(a=add(a=a))


@dynamic
def loop(n: int) -> int:
    got = add(a=0, b=0)
    for at in range(n):
        if at % 2:
            got = add(a=got, b=at)
    return got


@dynamic
def fib(n: int) -> int:
    if n < 2:
        return n
    return add(a=fib(n=n - 1), b=fib(n=n - 2))


def test_loops_and_ifs_over_inputs() -> None:
    assert [loop(n=n) for n in (0, 1, 2, 6)] == [0, 0, 1, 9]


def test_it_may_call_itself() -> None:
    assert fib(n=9) == 34


@dynamic
def down(n: int) -> int:
    return add(a=0, b=0) if n == 0 else down(n=n - 1)


def test_calls_in_calls_are_no_matter_of_recursion() -> None:
    assert down(n=1500) == 0


def test_it_is_a_node_whose_inputs_are_values_when_it_runs() -> None:
    @workflow
    def flow(n: int) -> int:
        return total(xs=spread(xs=numbers(n=loop(n=n))))

    @dynamic
    def spread(xs: list[int]) -> list[int]:
        assert type(xs) is list
        return [add(a=each, b=len(xs)) for each in xs]

    assert flow(n=4) == sum(each + 4 for each in range(4))


def test_constants_and_inputs_may_be_outputs() -> None:
    @dynamic
    def constants(n: int) -> tuple[int, list[int], dict[str, int], str]:
        return n, [n, add(a=n)], {"x": 5, "y": add(a=n)}, "text"

    assert constants(n=1) == (1, [1, 2], {"x": 5, "y": 2}, "text")

    @dynamic
    def optional(n: int) -> int | None:
        return add(a=n) if n else None

    assert (optional(n=1), optional(n=0)) == (2, None)


def test_a_constant_output_has_to_fit() -> None:
    @dynamic
    def wrong(n: int) -> int:
        return "x" if n else None

    with pytest.raises(ConversionError, match=r"output 'o0' of dynamic '.*wrong': expected int, got str 'x'"):
        wrong(n=1)
    with pytest.raises(GraphError, match="declares o0 and returns nothing"):
        wrong(n=0)


def test_no_outputs_and_no_calls() -> None:
    @dynamic
    def notes(n: int) -> None:
        for at in range(n):
            note(a=at)

    @dynamic
    def nothing(n: int) -> None: ...

    @dynamic
    def last(n: int) -> None:
        return note(a=n)

    @workflow
    def flow(n: int) -> None:
        notes(n=n) >> last(n=n)

    assert notes(n=3) is None
    assert sorted(ran) == [0, 1, 2]
    assert nothing(n=1) is None
    ran.clear()
    flow(n=2)
    assert sorted(ran[:2]) == [0, 1]
    assert ran[2:] == [2]


class Pair(NamedTuple):
    left: int
    right: list[int]


@dataclass
class Row:
    a: int
    more: dict[str, int]


def test_named_tuples_parts_and_dataclasses() -> None:
    @task
    def row(a: int) -> Row:
        return Row(a, {"k": a + 1})

    @dynamic
    def parts(r: Row) -> Pair:
        other = row(a=r.a)
        return Pair(add(a=other.more["k"]), [other.a, r.a])

    assert parts(r=Row(5, {})) == Pair(7, [5, 5])


def test_dynamic_tasks_call_dynamic_tasks_workflows_and_launch_plans() -> None:
    plan = LaunchPlan.create("dynamic-plan", inner, default_inputs={"a": 40})

    @dynamic
    def outer(n: int) -> list[int]:
        found = [loop(n=n), inner(a=n), plan(), plan(a=n), create_node(add, a=n).o0]
        choice = conditional("c").if_(found[0] > 5).then(add(a=100)).else_().then(inner(a=200))
        return [*found, choice]

    @workflow
    def around(n: int) -> list[int]:
        return outer(n=n)

    assert outer(n=6) == around(n=6) == [9, 8, 42, 8, 7, 101]


def test_paths_tell_where_a_call_stands() -> None:
    @dynamic
    def outer(n: int) -> int:
        return loop(n=n)

    @workflow
    def around(n: int) -> int:
        return outer(n=n)

    events: list[Event] = []
    with observe(events.append):
        around(n=2)
    assert [event.path for event in events if event.kind == "finished"] == [
        "n0/dn0/dn0",
        "n0/dn0/dn1",
        "n0/dn0",
        "n0",
        "",
    ]


def test_a_promise_in_it_is_no_value_as_in_a_workflow() -> None:
    @dynamic
    def decides(n: int) -> int:
        return add(a=1) if add(a=n) else n

    @dynamic
    def misfit(n: int) -> int:
        return total(xs=add(a=n))

    @dynamic
    def missing(n: int) -> int:
        return add()

    with pytest.raises(PromiseError, match=r"output 'o0' of node 'dn0' .* is neither true nor false"):
        decides(n=1)
    with pytest.raises(BindingError, match=r"is int, and input 'xs' of node 'dn1' \(total\) takes list\[int\]"):
        misfit(n=1)
    with pytest.raises(CallError, match="missing 1 required"):
        missing(n=1)


def test_it_is_a_task_with_arguments_of_every_kind() -> None:
    @dynamic
    def kinds(a: int, /, b: int = 2, *, c: list[int] | None = None) -> list[int]:
        return [add(a=a, b=b), *(c or [])]

    assert kinds(1) == [3]
    assert kinds(1, 5, c=[9]) == [6, 9]
    with pytest.raises(ConversionError, match="kinds: argument 'b': expected int"):
        kinds(1, b="x")


def test_an_iterator_as_input() -> None:
    @dynamic
    def each(it: Iterator[int]) -> list[int]:
        return [add(a=a) for a in it]

    @workflow
    def flow(it: Iterator[int]) -> tuple[list[int], list[int]]:
        return each(it=it), each(it=it)

    assert each(it=iter([1, 2])) == [2, 3]
    assert flow(it=iter([1, 2])) == ([2, 3], [2, 3])


def test_retries_build_and_run_the_graph_again() -> None:
    @task
    def flaky(a: int) -> int:
        ran.append("task")
        if ran.count("task") < 3:
            raise ValueError("not yet")
        return a

    @dynamic(retries=2)
    def again(n: int) -> int:
        ran.append(("built", current_context().attempt))
        return flaky(a=n)

    assert again(n=5) == 5
    assert ran == [("built", 0), "task", ("built", 1), "task", ("built", 2), "task"]


def test_the_cache_keeps_what_the_graph_gave(home: Any) -> None:
    @dynamic(cache=Cache(version="1"))
    def kept(n: int) -> int:
        ran.append(n)
        return add(a=n)

    @workflow
    def flow(n: int) -> int:
        return kept(n=n)

    assert [kept(n=1), kept(n=1), flow(n=1), kept(n=2)] == [2, 2, 2, 3]
    assert ran == [1, 2]


def test_a_timeout_holds_for_building_and_for_running() -> None:
    @dynamic(timeout=60)
    def quick(n: int) -> list[int]:
        return [add(a=n), inner(a=n), loop(n=n)]

    @task
    def forever(a: int) -> int:
        while True:
            a += 1

    @dynamic(timeout=1)
    def builds(n: int) -> int:
        while True:
            n += 1

    @dynamic(timeout=1)
    def runs(n: int) -> int:
        return forever(a=n).with_overrides(timeout=1)

    assert quick(n=4) == [5, 6, 4]
    for slow in (builds, runs):
        with pytest.raises(TaskTimeoutError, match=r"1 s"):
            slow(n=1)


@pytest.mark.parametrize("executor", ["inline", "thread", "process"])
def test_every_executor_runs_it(executor: str) -> None:
    assert Runner(executor=executor).run(fib, n=5) == 5


def test_hints_are_kept_and_for_dynamic_tasks_only() -> None:
    hinted = dynamic(lambda_free, node_dependency_hints=[add, inner])
    assert list(hinted.node_dependency_hints or ()) == [add, inner]
    assert hinted.node_kind == "dynamic"
    assert hinted.execution_mode is ExecutionBehavior.DYNAMIC
    with pytest.raises(ConfigError, match="node_dependency_hints is for dynamic tasks"):
        task(lambda_free, node_dependency_hints=[add])


def lambda_free(n: int) -> int:
    return add(a=n)


def test_what_cannot_be_dynamic() -> None:
    async def later(n: int) -> int:
        return add(a=n)

    with pytest.raises(ConfigError, match="awaits nothing; make it a plain function, or an @eager one"):
        dynamic(later)
    with pytest.raises(ConfigError, match="execution_mode is DYNAMIC"):
        dynamic(lambda_free, execution_mode=ExecutionBehavior.DEFAULT)


def test_options_of_a_task_are_options_of_a_dynamic_one() -> None:
    made = dynamic(lambda_free, requests=Resources(cpu="1"), environment={"X": "1"}, interruptible=True)
    assert made(n=1) == 2
    assert made.metadata.interruptible is True
    assert isinstance(made, PythonFunctionTask)


def test_the_seeds_methods() -> None:
    graph = loop.compile_into_workflow(None, loop.task_function, n=4)
    assert [node.id for node in graph.nodes] == ["dn0", "dn1", "dn2"]
    assert loop.dynamic_execute(loop.task_function, n=4) == 4


def test_an_error_in_the_function_is_the_users() -> None:
    @dynamic
    def breaks(n: int) -> int:
        add(a=n)
        raise KeyError("own")

    with pytest.raises(KeyError, match="own") as caught:
        breaks(n=1)
    assert caught.value.__notes__ == [f"in task {breaks.name!r}"]
    assert add(a=1) == 2  # nothing is being recorded any more
