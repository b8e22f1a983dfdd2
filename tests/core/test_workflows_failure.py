"""What happens when a node fails: the other nodes, the handler, what the error tells."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from fletching import FlyteError, LaunchPlan, Workflow, WorkflowFailurePolicy, dynamic, task, workflow
from fletching.errors import ConfigError, ConversionError, InterfaceError
from fletching.run.events import Event, observe

AFTER = WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE
ran: list[Any] = []


@pytest.fixture(autouse=True)
def _forget() -> None:
    ran.clear()


@task
def boom(a: int) -> int:
    raise ValueError(f"boom {a}")


@task
def ok(a: int) -> int:
    ran.append(a)
    return a + 1


@task
def clean(a: int, err: FlyteError | None = None) -> None:
    ran.append((a, err))


@task
def clean_simply(a: int) -> None:
    ran.append(("clean", a))


@task
def clean_badly(a: int) -> None:
    raise KeyError("cleaning")


def notes(error: BaseException) -> list[str]:
    return [each.replace(f"{__name__}.", "") for each in getattr(error, "__notes__", [])]


def test_at_once_nothing_new_starts() -> None:
    failing = Workflow("failing-first")
    a = failing.add_workflow_input("a", int)
    bad = failing.add_entity(boom, a=a)
    after = failing.add_entity(ok, a=5)
    bad >> after
    with pytest.raises(ValueError, match="boom 1"):
        failing(a=1)
    assert ran == []


def test_after_the_rest_everything_that_does_not_need_it_runs() -> None:
    @workflow(failure_policy=AFTER)
    def flow(a: int) -> tuple[int, int, int]:
        bad = boom(a=a)
        good = ok(a=ok(a=10))
        never = ok(a=bad)
        last = ok(a=20)
        never >> ok(a=30)
        return bad, good, last

    with pytest.raises(ValueError, match="boom 1") as caught:
        flow(a=1)
    assert sorted(ran) == [10, 11, 20]
    assert notes(caught.value) == ["in task 'boom'", "in node 'n0' (boom) of 'flow'"]


def test_what_fails_later_is_told_beside_the_first() -> None:
    first_has_failed = threading.Event()

    @task
    def waits(a: int) -> int:
        assert first_has_failed.wait(60)
        return ok(a=a)

    @workflow(failure_policy=AFTER)
    def flow(a: int) -> tuple[int, int, int]:
        return boom(a=1), ok(a=a), boom(a=waits(a=1))

    def tell(event: Event) -> None:
        if event.kind == "failed" and event.path == "n0":
            first_has_failed.set()

    with observe(tell), pytest.raises(ValueError, match="boom 1") as caught:
        flow(a=5)
    assert sorted(ran) == [1, 5]
    assert notes(caught.value)[-1] == "ValueError as well, in node 'n3' (boom) of 'flow': boom 2"


def test_at_once_what_runs_is_waited_for_and_what_waits_is_not_begun() -> None:
    started, go_on = threading.Event(), threading.Event()

    @task
    def slow(a: int) -> int:
        started.set()
        assert go_on.wait(30)
        ran.append("slow ended")
        return a

    @task
    def fails_meanwhile(a: int) -> int:
        assert started.wait(30)
        go_on.set()
        raise ValueError("meanwhile")

    @workflow
    def flow(a: int) -> tuple[int, int]:
        return fails_meanwhile(a=a), ok(a=slow(a=a))

    with pytest.raises(ValueError, match="meanwhile"):
        flow(a=1)
    assert 1 not in ran


@pytest.mark.parametrize("policy", WorkflowFailurePolicy)
def test_the_handler_gets_the_inputs_and_the_error(policy: WorkflowFailurePolicy) -> None:
    @workflow(on_failure=clean, failure_policy=policy)
    def flow(a: int) -> int:
        return boom(a=ok(a=a))

    with pytest.raises(ValueError, match="boom 2") as caught:
        flow(a=1)
    assert ran == [1, (1, FlyteError(message="ValueError: boom 2", failed_node_id="n1"))]
    assert notes(caught.value) == ["in task 'boom'", "in node 'n1' (boom) of 'flow'"]
    ran.clear()

    @workflow(on_failure=clean_simply, failure_policy=policy)
    def simple(a: int) -> int:
        return boom(a=a)

    with pytest.raises(ValueError, match="boom 1"):
        simple(a=1)
    assert ran == [("clean", 1)]


def test_the_handler_is_not_called_when_all_is_well() -> None:
    @workflow(on_failure=clean)
    def flow(a: int) -> int:
        return ok(a=a)

    assert flow(a=1) == 2
    assert ran == [1]


def test_a_handler_that_fails_does_not_hide_the_error() -> None:
    @workflow(on_failure=clean_badly)
    def flow(a: int) -> int:
        return boom(a=a)

    with pytest.raises(ValueError, match="boom 1") as caught:
        flow(a=1)
    assert notes(caught.value)[-1] == "on_failure failed as well: KeyError: 'cleaning'"


def test_a_handler_may_take_more_if_it_can_do_without() -> None:
    @task
    def more(a: int, x: str | None, err: FlyteError, y: int = 5) -> None:
        ran.append((a, x, y, err.failed_node_id))

    @workflow(on_failure=more)
    def flow(a: int) -> int:
        return boom(a=a)

    with pytest.raises(ValueError, match="boom"):
        flow(a=1)
    assert ran == [(1, None, 5, "n0")]


def test_a_workflow_and_a_dynamic_task_as_handlers() -> None:
    @workflow
    def tidy(a: int, err: FlyteError) -> None:
        clean(a=a, err=err)
        clean_simply(a=ok(a=a))

    @dynamic
    def loop(a: int) -> None:
        for at in range(a):
            clean_simply(a=at)

    for handler, seen in ((tidy, {1, "clean"}), (loop, {"clean"})):
        ran.clear()

        @workflow(on_failure=handler)
        def flow(a: int) -> int:
            return boom(a=a)

        with pytest.raises(ValueError, match="boom"):
            flow(a=1)
        assert {each[0] if isinstance(each, tuple) else each for each in ran} == seen


def test_nested_workflows_handle_their_own_and_then_the_outer_one() -> None:
    @workflow(on_failure=clean)
    def inner(a: int) -> int:
        return boom(a=a)

    @workflow(on_failure=clean_simply)
    def outer(a: int) -> int:
        return inner(a=ok(a=a))

    with pytest.raises(ValueError, match="boom 2") as caught:
        outer(a=1)
    assert ran == [1, (2, FlyteError(message="ValueError: boom 2", failed_node_id="n0")), ("clean", 1)]
    assert notes(caught.value) == [
        "in task 'boom'",
        "in node 'n0' (boom) of 'inner'",
        "in node 'n1' (inner) of 'outer'",
    ]


def test_each_workflow_has_its_own_policy() -> None:
    @workflow(failure_policy=AFTER)
    def inner(a: int) -> int:
        boom(a=a)
        return ok(a=ok(a=a))

    @workflow
    def outer(a: int) -> int:
        return inner(a=a)

    with pytest.raises(ValueError, match="boom"):
        outer(a=1)
    assert sorted(ran) == [1, 2]


def test_an_input_that_does_not_fit_is_no_failure_to_handle() -> None:
    @workflow(on_failure=clean)
    def flow(a: int) -> int:
        return ok(a=a)

    with pytest.raises(ConversionError, match="flow: argument 'a': expected int"):
        flow(a="x")
    assert ran == []


def test_a_launch_plan_and_a_dynamic_task_tell_where_it_was() -> None:
    @workflow
    def inner(a: int) -> int:
        return boom(a=a)

    plan = LaunchPlan.create("failing-plan", inner)

    @dynamic
    def loop(a: int) -> int:
        return plan(a=a)

    @workflow
    def outer(a: int) -> int:
        return loop(a=a)

    with pytest.raises(ValueError, match="boom") as caught:
        outer(a=1)
    assert notes(caught.value) == [
        "in task 'boom'",
        "in node 'n0' (boom) of 'inner'",
        "in node 'dn0' (failing-plan) of 'loop'",
        "in node 'n0' (loop) of 'outer'",
    ]


def test_an_interrupt_is_nothing_to_handle() -> None:
    @task
    def stop(a: int) -> int:
        raise KeyboardInterrupt

    @workflow(on_failure=clean)
    def flow(a: int) -> int:
        return stop(a=a)

    with pytest.raises(KeyboardInterrupt):
        flow(a=1)
    assert ran == []


def test_a_workflow_can_fail_again_and_again_and_run_in_between() -> None:
    @task
    def sometimes(a: int) -> int:
        if a % 2:
            raise ValueError("odd")
        return a

    @workflow(on_failure=clean_simply)
    def flow(a: int) -> int:
        return sometimes(a=a)

    for a in range(6):
        if a % 2:
            with pytest.raises(ValueError, match="odd"):
                flow(a=a)
        else:
            assert flow(a=a) == a
    assert ran == [("clean", 1), ("clean", 3), ("clean", 5)]


def test_handlers_that_could_not_be_called_are_refused() -> None:
    def flow(a: int, b: str) -> int:
        return ok(a=a)

    @task
    def needs_more(a: int, b: str, c: int) -> None: ...

    with pytest.raises(ConfigError, match="on_failure must be a task or a workflow, got 5"):
        workflow(flow, on_failure=5)
    with pytest.raises(InterfaceError, match=r"on_failure=clean has no input 'b', and it is called with all inputs"):
        workflow(flow, on_failure=clean)
    with pytest.raises(InterfaceError, match=r"needs_more needs 'c'.*give it a default, or make it Optional"):
        workflow(flow, on_failure=needs_more)


def test_the_inputs_have_to_fit_the_handlers() -> None:
    @task
    def text(a: str) -> None: ...

    def flow(a: int) -> int:
        return ok(a=a)

    with pytest.raises(InterfaceError, match=r"on_failure=text takes str for 'a'.*gives int"):
        workflow(flow, on_failure=text)

    @task
    def wants_text(a: int, err: str) -> None: ...

    with pytest.raises(InterfaceError, match=r"on_failure=wants_text takes str for 'err'.*gives FlyteError"):
        workflow(flow, on_failure=wants_text)

    @task
    def wants_float(a: float) -> None:
        ran.append(a)

    def fails(a: int) -> int:
        return boom(a=a)

    with pytest.raises(ValueError, match="boom"):
        workflow(fails, on_failure=wants_float)(a=1)
    assert [type(each) for each in ran] == [float]


def test_an_imperative_workflow_has_a_handler_too() -> None:
    flow = Workflow("handled", failure_policy=AFTER)
    a = flow.add_workflow_input("a", int)
    flow.add_entity(boom, a=a)
    flow.add_on_failure_handler(clean)
    with pytest.raises(ValueError, match="boom 3"):
        flow(a=3)
    assert ran == [(3, FlyteError(message="ValueError: boom 3", failed_node_id="n0"))]


def test_inputs_with_iterators_reach_the_handler_whole() -> None:
    @task
    def count(it: Iterator[int], fail: bool) -> int:
        total = sum(it)
        if fail:
            raise ValueError(f"counted {total}")
        return total

    @task
    def recount(it: Iterator[int], fail: bool) -> None:
        ran.append(sum(it))

    @workflow(on_failure=recount)
    def flow(it: Iterator[int], fail: bool) -> int:
        return count(it=it, fail=fail)

    assert flow(it=iter([1, 2]), fail=False) == 3
    with pytest.raises(ValueError, match="counted 3"):
        flow(it=iter([1, 2]), fail=True)
    assert ran == [3]
