"""What a call gives: in plain Python, while a graph is built, in a dynamic task, within a task."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import pytest

from fletching import LaunchPlan, Promise, PythonFunctionWorkflow, WorkflowFailurePolicy, dynamic, task, workflow
from fletching.errors import CallError, ConfigError, ConversionError, GraphError, InterfaceError, UnknownOptionError
from fletching.graph.promise import VoidPromise

if TYPE_CHECKING:
    from collections.abc import Callable

seen: list[Any] = []


@pytest.fixture(autouse=True)
def _forget() -> None:
    seen.clear()


class One(NamedTuple):
    only: int


class Both(NamedTuple):
    number: int
    text: str


@task
def none(a: int) -> None:
    seen.append(a)


@task
def one(a: int) -> int:
    return a


@task
def one_named(a: int) -> One:
    return One(a)


@task
def two(a: int) -> tuple[int, str]:
    return a, str(a)


@task
def both(a: int) -> Both:
    return Both(a, str(a))


@workflow
def wf_none(a: int) -> None:
    none(a=a)


@workflow
def wf_one(a: int) -> int:
    return one(a=a)


@workflow
def wf_one_named(a: int) -> One:
    return one_named(a=a)


@workflow
def wf_two(a: int) -> tuple[int, str]:
    return two(a=a)


@workflow
def wf_both(a: int) -> Both:
    number, text = both(a=a)
    return Both(number, text)


@dynamic
def dyn_none(a: int) -> None:
    none(a=a)


@dynamic
def dyn_one(a: int) -> int:
    return one(a=a)


@dynamic
def dyn_one_named(a: int) -> One:
    return one_named(a=a)


@dynamic
def dyn_two(a: int) -> tuple[int, str]:
    return two(a=a)


@dynamic
def dyn_both(a: int) -> Both:
    return both(a=a)


KINDS = [
    (none, wf_none, dyn_none),
    (one, wf_one, dyn_one),
    (one_named, wf_one_named, dyn_one_named),
    (two, wf_two, dyn_two),
    (both, wf_both, dyn_both),
]
VALUES: list[Any] = [None, 3, One(3), (3, "3"), Both(3, "3")]
CASES = [
    pytest.param(entity, value, id=entity.short_name)
    for value, kinds in zip(VALUES, KINDS, strict=True)
    for entity in (*kinds, LaunchPlan.get_default_launch_plan(None, kinds[1]))
]


def check(given: Any, value: Any) -> None:
    """Assert that a call gave the value, as the class that its signature names."""
    assert given == value
    if isinstance(value, tuple) and type(value) is not tuple:
        assert type(given) is type(value)
    if value == (3, "3"):
        assert given._fields == (("o0", "o1") if type(value) is tuple else ("number", "text"))


@pytest.mark.parametrize(("entity", "value"), CASES)
def test_in_plain_python_a_call_gives_values(entity: Any, value: Any) -> None:
    check(entity(a=3), value)


@pytest.mark.parametrize(("entity", "value"), CASES)
def test_within_a_task_a_call_gives_values(entity: Any, value: Any) -> None:
    found: list[Any] = []

    @task
    def outer(a: int) -> None:
        found.append(entity(a=a))

    @workflow
    def around(a: int) -> None:
        outer(a=a)

    @dynamic
    def within(a: int) -> None:
        outer(a=a)

    @task(retries=1, environment={"X": "1"})
    def special(a: int) -> None:
        found.append(entity(a=a))

    for run in (outer, around, within, special):
        run(a=3)
    assert len(found) == 4
    for each in found:
        check(each, value)


@pytest.mark.parametrize(("entity", "value"), CASES)
def test_while_a_graph_is_built_a_call_gives_promises(entity: Any, value: Any) -> None:
    found: list[Any] = []

    def body(a: int) -> None:
        found.append(entity(a=a))

    workflow(body)(a=3)
    dynamic(body)(a=3)
    assert len(found) == 2
    for given in found:
        if value is None:
            assert type(given) is VoidPromise
        elif isinstance(value, tuple):
            assert all(type(each) is Promise for each in given)
            assert len(given) == len(value)
            assert given.number is given[0] if type(value) is Both else True
            assert given.only is given[0] if type(value) is One else True
            assert given.o1 is given[1] if type(value) is tuple else True
            assert given.ref.node_id in ("n0", "dn0")
        else:
            assert type(given) is Promise


def test_a_tuple_of_promises_can_be_put_in_order_and_given_overrides() -> None:
    @workflow
    def flow(a: int) -> tuple[int, str]:
        first, second = both(a=a), two(a=a)
        assert second.with_overrides(retries=1) is second
        second >> first
        return first.number, second.o1

    assert flow(a=1) == (1, "1")
    assert [node.id for node in flow.nodes[0].upstream] == ["n1"]
    assert flow.nodes[1].metadata.retries == 1


def test_parameters_of_every_kind() -> None:
    @workflow
    def flow(a: int, /, b: int, c: Annotated[int, "note"] = 5, *, d: int = 7) -> tuple[int, int, int, int]:
        return one(a=a), one(a=b), one(a=c), one(a=d)

    assert flow(1, 2) == (1, 2, 5, 7)
    assert flow(1, b=2, c=3, d=4) == (1, 2, 3, 4)
    with pytest.raises(CallError, match="a"):
        flow(a=1, b=2)
    with pytest.raises(CallError, match=r"takes .*positional arguments|too many"):
        flow(1, 2, 3, 4)

    @workflow
    def outer() -> tuple[int, int, int, int]:
        return flow(1, 2, d=4)

    assert outer() == (1, 2, 5, 4)
    plan = LaunchPlan.create("every-kind", flow, default_inputs={"c": 8})

    @dynamic
    def dyn(x: int, /, *, y: int = 2) -> int:
        return one(a=x + y)

    assert dyn(1) == 3
    assert plan.workflow is flow


def test_defaults_are_each_calls_own() -> None:
    @task
    def grow(xs: list[int]) -> list[int]:
        xs.append(1)
        return xs

    @workflow
    def flow(xs: list[int] = [0], m: dict[str, int] | None = None) -> tuple[list[int], dict[str, int] | None]:  # noqa: B006
        return grow(xs=xs), m

    assert flow() == flow() == ([0, 1], None)

    @workflow
    def outer() -> tuple[list[int], dict[str, int] | None]:
        return flow(m={"a": 1})

    assert outer() == ([0, 1], {"a": 1})


def test_arguments_are_checked_as_those_of_a_task() -> None:
    with pytest.raises(CallError, match=r"missing 1 required positional argument: 'a'; inputs of workflow '.*wf_one'"):
        wf_one()
    with pytest.raises(CallError, match="unexpected keyword argument 'aa'; did you mean 'a'"):
        wf_one(aa=1)
    with pytest.raises(ConversionError, match="wf_one: argument 'a': expected int, got str 'x'"):
        wf_one(a="x")


def test_its_function_runs_once_when_the_graph_is_first_needed() -> None:
    @workflow
    def flow(a: int) -> int:
        seen.append("built")
        return one(a=a)

    assert seen == []
    assert (flow(a=1), flow(a=2)) == (1, 2)
    assert seen == ["built"]


def test_compile_builds_the_graph_where_no_other_one_is_being_built() -> None:
    built = []

    @workflow
    def flow(a: int) -> int:
        built.append("once")
        return one(a=a)

    assert flow.compile() is None
    assert len(built) == 1
    assert [node.id for node in flow.nodes] == ["n0"]


def test_a_body_that_fails_can_be_tried_again_and_leaves_nothing_behind() -> None:
    @workflow
    def flow(a: int) -> int:
        seen.append(1)
        if len(seen) == 1:
            raise AttributeError("typo")
        return one(a=a)

    @workflow
    def outer(a: int) -> int:
        return flow(a=a)

    with pytest.raises(AttributeError, match="typo"):
        outer(a=1)
    assert one(a=1) == 1
    assert outer(a=1) == 1


def test_decorators_around_tasks_and_workflows() -> None:
    def noting(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            seen.append(function.__name__)
            return function(*args, **kwargs)

        return wrapper

    @task
    @noting
    def inner(a: int, b: int = 2) -> int:
        return a + b

    @workflow
    @noting
    def flow(a: int) -> int:
        return inner(a=a)

    assert flow(a=1) == 3
    assert seen == ["flow", "inner"]
    assert flow.__name__ == "flow"
    assert flow.name.endswith(".flow")


def test_one_decorator_for_several_functions() -> None:
    careful = workflow(failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE, interruptible=True)
    retried = task(retries=1)

    def first(a: int) -> int:
        return retried(plain)(a=a)

    def plain(a: int) -> int:
        return a + 1

    def second(a: int) -> int:
        return one(a=a)

    flows = [careful(first), careful(second)]
    assert [flow(a=1) for flow in flows] == [2, 1]
    assert all(flow.failure_policy.name.startswith("FAIL_AFTER") for flow in flows)
    assert all(flow.workflow_metadata_defaults.interruptible for flow in flows)


def test_async_tasks_in_a_workflow_and_a_workflow_in_an_async_task() -> None:
    @task
    async def later(a: int) -> int:
        await asyncio.sleep(0)
        return a + 1

    @workflow
    def flow(a: int) -> int:
        return later(a=later(a=a))

    @task
    async def around(a: int) -> int:
        return flow(a=a) + await later(a=a)

    assert flow(a=1) == 3
    assert asyncio.run(around(a=1)) == 5

    @workflow
    def outer(a: int) -> int:
        return around(a=a)

    assert outer(a=1) == 5


def test_what_cannot_be_a_workflow_is_refused() -> None:
    with pytest.raises(ConfigError, match="@workflow goes in front of a function, got 5"):
        workflow(5)
    with pytest.raises(UnknownOptionError, match="unknown option 'failure_polcy'; did you mean 'failure_policy'"):
        workflow(failure_polcy=1)
    with pytest.raises(ConfigError, match=r"failure_policy must be one of WorkflowFailurePolicy.FAIL_IMMEDIATELY"):
        workflow(one.task_function, failure_policy=1)
    with pytest.raises(ConfigError, match="interruptible must be True or False"):
        workflow(one.task_function, interruptible=None)
    with pytest.raises(InterfaceError, match="no annotation"):
        workflow(lambda a: one(a=a))
    with pytest.raises(ConversionError, match="default of argument 'a': expected int, got str"):

        @workflow
        def flow(a: int = "x") -> int:
            return one(a=a)

    assert isinstance(wf_one, PythonFunctionWorkflow)
    with pytest.raises(GraphError, match=r"one.compile\(\) is for the body of a @workflow"):
        one.compile(a=1)
