"""What runs at the same time, where, and what becomes of it when something fails."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest

from fletching import Runner, dynamic, task, workflow
from fletching.extend import Event, observe

BARRIERS: dict[int, threading.Barrier] = {}
SEEN: list[tuple[str, int]] = []


@task
def meet(group: int, me: int) -> int:
    """End only if as many others run at the same moment as the group has members."""
    BARRIERS[group].wait(timeout=60)
    return me


@task
def where(a: int) -> int:
    SEEN.append(("where", threading.get_ident()))
    return a


@task
def add(a: int, b: int = 2) -> int:
    return a + b


@workflow
def four() -> tuple[int, int, int, int]:
    return meet(group=4, me=0), meet(group=4, me=1), meet(group=4, me=2), meet(group=4, me=3)


@workflow
def chain(a: int) -> int:
    for _ in range(5):
        a = where(a=a)
    return a


def test_independent_nodes_run_at_the_same_time() -> None:
    BARRIERS[4] = threading.Barrier(4)
    assert four() == (0, 1, 2, 3)
    assert Runner(executor="thread").run(four) == (0, 1, 2, 3)


def test_a_chain_stays_on_the_callers_thread() -> None:
    SEEN.clear()
    assert chain(a=1) == 1
    assert {thread for _, thread in SEEN} == {threading.get_ident()}


NOW, MOST = [0], [0]
LOCK = threading.Lock()


@task
def counted(a: int) -> int:
    with LOCK:
        NOW[0] += 1
        MOST[0] = max(MOST[0], NOW[0])
    BARRIERS[3].wait(timeout=60)  # only full threes get through
    with LOCK:
        NOW[0] -= 1
    return a


@workflow
def nine() -> list[int]:
    return [counted(a=at) for at in range(9)]


def test_no_more_run_at_once_than_was_asked_for() -> None:
    BARRIERS[3] = threading.Barrier(3)
    MOST[0] = 0
    assert Runner(max_parallel=3).run(nine) == list(range(9))
    assert MOST[0] == 3


@task
async def meet_async(me: int, of: int) -> int:
    WAITING.add(me)
    while len(WAITING) < of:
        await asyncio.sleep(0)
    return me


WAITING: set[int] = set()


@workflow
def many_async() -> list[int]:
    return [meet_async(me=at, of=200) for at in range(200)]


def test_async_tasks_share_the_loop_and_no_thread_each() -> None:
    WAITING.clear()
    before = threading.active_count()
    assert many_async() == list(range(200))
    assert threading.active_count() <= before + 1


@task
async def wait_for_ever(a: int) -> int:
    await asyncio.Event().wait()
    return a


@task
def fails(a: int) -> int:
    raise ValueError("boom")


@task
def calls_inside(a: int) -> int:
    assert type(add(a=a)) is int
    return chain(a=add(a=a))


@workflow
def outer(a: int) -> tuple[int, int]:
    return calls_inside(a=a), calls_inside(a=a)


@pytest.mark.parametrize("executor", [None, "process"])
def test_a_task_that_calls_others_gets_values(executor: str | None) -> None:
    assert Runner(executor=executor).run(outer, a=1) == (3, 3)


@task
async def calls_a_workflow(a: int) -> int:
    return awaits(a=a)


@task
async def later(a: int) -> int:
    await asyncio.sleep(0)
    return a + 1


@workflow
def awaits(a: int) -> int:
    return later(a=later(a=a))


def test_an_async_task_may_call_a_workflow_of_async_tasks() -> None:
    @workflow
    def flow(a: int) -> tuple[int, int]:
        return calls_a_workflow(a=a), calls_a_workflow(a=a)

    assert flow(a=1) == (3, 3)
    assert asyncio.run(calls_a_workflow(a=1)) == 3


def test_events_tell_where_in_the_run_a_call_stands() -> None:
    @dynamic
    def inner(n: int) -> list[int]:
        return [add(a=at) for at in range(n)]

    @workflow
    def flow(n: int) -> list[int]:
        return inner(n=add(a=n))

    heard: list[Event] = []
    with observe(heard.append):
        assert flow(n=0) == [2, 3]
    ended = {event.path: event for event in heard if event.kind == "finished"}
    assert set(ended) == {"", "n0", "n1", "n1/dn0", "n1/dn1"}
    assert ended["n1"].upstream == ("n0",)
    assert (ended["n1"].what, ended[""].what) == ("dynamic", "workflow")
    assert ended["n1/dn0"].parent == ended["n1"].call
    assert [ended[path].depth for path in ("", "n1", "n1/dn1")] == [0, 1, 2]


def test_each_call_ends_exactly_once() -> None:
    heard: list[Event] = []
    with observe(heard.append), pytest.raises(ValueError, match="boom"):
        Runner().run(fails_many)
    begun = [event.call for event in heard if event.kind == "started"]
    ended = [event.call for event in heard if event.kind in ("finished", "failed", "cancelled")]
    assert sorted(begun) == sorted(ended)


@workflow
def fails_many() -> list[int]:
    return [*(wait_for_ever(a=at) for at in range(5)), fails(a=1)]


@dynamic
def branching(a: int) -> int:
    from fletching import conditional

    first = add(a=a)
    taken = conditional("c").if_(first > 3).then(add(a=first, b=100)).else_().then(add(a=first, b=-100))
    return add(a=taken, b=0)


def test_a_graph_that_was_built_in_another_process_runs_here() -> None:
    run = Runner(executor="process").run
    assert (run(branching, a=1), run(branching, a=2)) == (-97, 104)
    assert (branching(a=1), branching(a=2)) == (-97, 104)


@task(environment={"FLETCHING_WHO": "one"})
def one() -> str:
    return read_twice()


@task(environment={"FLETCHING_WHO": "two"})
def two() -> str:
    return read_twice()


def read_twice() -> str:
    first = os.environ["FLETCHING_WHO"]
    threading.Event().wait(0.05)  # long enough for another one to begin, if it may
    assert os.environ["FLETCHING_WHO"] == first
    return first


@workflow
def both() -> list[str]:
    return [one(), two(), one(), two(), one(), two()]


@pytest.mark.parametrize("executor", [None, "thread", "process"])
def test_each_attempt_sees_its_own_environment(executor: str | None) -> None:
    assert Runner(executor=executor).run(both) == ["one", "two"] * 3
