"""What an eager task may await, and how asyncio's own tools go with it."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
import tracemalloc
from typing import Any

import pytest

from fletching import LaunchPlan, Runner, dynamic, task, workflow
from fletching.extend import observe
from fletching_eager import eager


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@task
async def later(a: int) -> int:
    await asyncio.sleep(0)
    return a + 1


@task
def fail(a: int) -> int:
    raise ValueError(f"no {a}")


@workflow
def flow(a: int) -> int:
    return add(a=later(a=a))


@dynamic
def fan(n: int) -> list[int]:
    return [add(a=at) for at in range(n)]


PLAN = LaunchPlan.create("plan_of_flow", flow, default_inputs={"a": 5})


@eager
async def other(a: int) -> int:
    return await add(a=a, b=100)


@eager
async def everything(a: int) -> list[int]:
    return [
        await add(a=a),
        await add(a, 7),
        await later(a=a),
        await other(a=a),
        await flow(a=a),
        await PLAN(),
        *await fan(n=2),
    ]


EVERYTHING = [2, 8, 2, 101, 3, 7, 1, 2]


@eager
async def everything_typed(a: int) -> list[int]:
    return [await add.aio(a=a), await add.aio(a, 7), await later.aio(a=a), await other.aio(a=a), await flow.aio(a=a)]


def test_aio_is_a_call_that_can_be_awaited_everywhere() -> None:
    async def main() -> list[int]:
        return [await add.aio(a=1), await later.aio(1), *await everything_typed.aio(a=1), await flow.aio(a=1)]

    assert asyncio.run(main()) == [2, 2, 2, 8, 2, 101, 3, 3]


def test_every_kind_of_call_can_be_awaited() -> None:
    assert asyncio.run(everything(a=1)) == EVERYTHING


@pytest.mark.parametrize("executor", [None, "thread", "process", "inline"])
def test_a_runner_runs_it_on_every_executor(executor: str | None) -> None:
    assert Runner(executor=executor).run(everything, a=1) == EVERYTHING


@workflow
def around(a: int) -> int:
    return add(a=other(a=a))


def test_it_is_a_node_of_a_workflow() -> None:
    assert around(a=1) == 102
    assert next(iter(around.nodes)).entity is other


@eager
async def through_a_workflow(a: int) -> int:
    return await around(a=a) + await other(a=a)


def test_a_workflow_with_an_eager_task_is_awaited_by_another() -> None:
    assert asyncio.run(through_a_workflow(a=1)) == 203


@eager
async def shapes(n: int) -> dict[str, list[int]]:
    got: dict[str, list[int]] = {"gather": list(await asyncio.gather(*(later(a=at) for at in range(n))))}
    async with asyncio.TaskGroup() as group:
        started = [group.create_task(add(a=at)) for at in range(n)]
    got["group"] = [each.result() for each in started]
    got["completed"] = sorted([await each for each in asyncio.as_completed([add(a=at) for at in range(n)])])
    async with asyncio.timeout(60):
        got["timeout"] = [await later(a=1)]
    got["wait_for"] = [await asyncio.wait_for(add(a=1), 60)]
    got["shield"] = [await asyncio.shield(later(a=1))]
    one = asyncio.create_task(add(a=1))
    done, _ = await asyncio.wait([one])
    got["wait"] = [each.result() for each in done]
    got["twice"] = [await one, await one]
    return got


def test_asyncio_s_own_tools() -> None:
    assert asyncio.run(shapes(n=3)) == {
        "gather": [1, 2, 3],
        "group": [1, 2, 3],
        "completed": [1, 2, 3],
        "timeout": [2],
        "wait_for": [2],
        "shield": [2],
        "wait": [2],
        "twice": [2, 2],
    }


RUNNING, MOST, WANTED = [0], [0], [0]


@task
async def counted(a: int) -> int:
    """Wait until as many as are wanted run at once, and a little longer."""
    RUNNING[0] += 1
    MOST[0] = max(MOST[0], RUNNING[0])
    for _ in range(60_000):
        if MOST[0] >= WANTED[0]:
            break
        await asyncio.sleep(0.001)
    for _ in range(3):
        await asyncio.sleep(0)
    RUNNING[0] -= 1
    return a


def want(count: int) -> None:
    MOST[0], WANTED[0] = 0, count


@eager
async def limited(n: int) -> int:
    room = asyncio.Semaphore(2)

    async def one(at: int) -> int:
        async with room:
            return await counted(a=at)

    return sum(await asyncio.gather(*(one(at) for at in range(n))))


def test_a_semaphore_limits_what_runs() -> None:
    want(2)
    assert asyncio.run(limited(n=8)) == 28
    assert MOST[0] == 2


@eager
async def unlimited(n: int) -> int:
    return sum(await asyncio.gather(*(counted(a=at) for at in range(n))))


def test_nothing_else_limits_it() -> None:
    want(200)
    asyncio.run(unlimited(n=200))
    assert MOST[0] == 200


def test_max_parallel_does() -> None:
    want(3)
    assert Runner(max_parallel=3).run(unlimited, n=20) == 190
    assert MOST[0] == 3


@task
async def waits(a: int) -> int:
    await asyncio.Event().wait()
    return a


@eager
async def patient() -> str:
    try:
        async with asyncio.timeout(0.01):
            await waits(a=1)
    except TimeoutError:
        return "timeout"
    return "none"


def test_a_child_can_be_awaited_with_a_timeout() -> None:
    assert asyncio.run(patient()) == "timeout"


@eager
async def one_inside(a: int) -> int:
    return await counted(a=a)


@eager
async def unlimited_inside(n: int) -> int:
    return sum(await asyncio.gather(*(one_inside(a=at) for at in range(n))))


def test_max_parallel_counts_what_stands_deeper_too() -> None:
    want(3)
    assert Runner(max_parallel=3).run(unlimited_inside, n=20) == 190
    assert MOST[0] == 3


def test_eager_tasks_take_nobody_s_room() -> None:
    want(0)
    assert asyncio.run(unlimited_inside(n=1500)) == sum(range(1500))  # more than the loop runs attempts at once


BARRIER = threading.Barrier(4)


@task
def meet(a: int) -> str:
    BARRIER.wait(timeout=60)
    return threading.current_thread().name


@eager
async def meeting() -> list[str]:
    return list(await asyncio.gather(*(meet(a=at) for at in range(4))))


def test_sync_tasks_run_at_the_same_time_and_off_the_loop() -> None:
    names = asyncio.run(meeting())
    assert len(set(names)) == 4
    assert threading.current_thread().name not in names


VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


@task
def read(a: int) -> str:
    return VARIABLE.get()


@task
async def read_later(a: int) -> str:
    return VARIABLE.get()


@eager
async def writes() -> str:
    VARIABLE.set("inner")
    return VARIABLE.get()


@eager
async def carries() -> list[str]:
    before = VARIABLE.get()
    VARIABLE.set("outer")
    seen = [before, await read(a=1), await read_later(a=1), await writes()]
    return [*seen, VARIABLE.get()]


def test_context_variables_go_in_and_come_back() -> None:
    async def main() -> tuple[list[str], str]:
        VARIABLE.set("caller")
        return await carries(), VARIABLE.get()

    assert asyncio.run(main()) == (["caller", "outer", "outer", "inner", "inner"], "inner")


@eager
async def threads() -> list[int]:
    def sync() -> int:
        return add(a=add(a=1))  # type: ignore[no-any-return]  # in a thread a call blocks, as it may there

    async def awaiting() -> int:
        return await later(a=1)

    return [await asyncio.to_thread(sync), await asyncio.to_thread(lambda: asyncio.run(awaiting()))]


def test_threads_of_the_body_may_call_too() -> None:
    assert asyncio.run(threads()) == [3, 2]


@task
def nested_call(a: int) -> int:
    return add(a=a)  # a call in a task's own body runs at once, as everywhere


@eager
async def calls_nested() -> int:
    return await nested_call(a=1)


def test_a_call_inside_a_task_runs_at_once() -> None:
    assert asyncio.run(calls_nested()) == 2


@eager
async def deep(n: int) -> int:
    return 0 if n == 0 else 1 + await deep(n=n - 1)


def test_a_hundred_deep() -> None:
    assert asyncio.run(deep(n=100)) == 100
    assert Runner().run(deep, n=100) == 100


@eager
async def many(n: int) -> int:
    return sum(await asyncio.gather(*(later(a=at) for at in range(n))))


def test_ten_thousand_at_once() -> None:
    assert asyncio.run(many(n=10_000)) == sum(range(1, 10_001))


@eager
async def one_by_one(n: int) -> int:
    for at in range(n):
        await later(a=at)
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def test_a_finished_child_leaves_nothing_behind() -> None:
    async def held(n: int) -> int:
        tracemalloc.start()
        try:
            return await one_by_one(n=n)
        finally:
            tracemalloc.stop()

    asyncio.run(one_by_one(n=10))
    few, lots = asyncio.run(held(500)), asyncio.run(held(3000))
    assert lots < few + 2500 * 20  # bytes: less than any object that would be kept for each


def test_events_say_what_stands_in_what() -> None:
    events: list[Any] = []
    with observe(events.append):
        assert Runner().run(through_a_workflow, a=1) == 203
    numbers = {event.call: event for event in events}
    tree = {event.path: numbers[event.parent].path if event.parent else None for event in events}
    flow_path = next(path for path in tree if path.startswith("around-") and "/" not in path)
    assert tree[""] is None
    assert tree[flow_path] == ""
    assert tree[f"{flow_path}/n0"] == flow_path
    inner = next(path for path in tree if path.startswith(f"{flow_path}/n0/add-"))
    assert tree[inner] == f"{flow_path}/n0"
    assert {event.kind for event in events} == {"started", "attempt", "finished"}
    assert {event.what for event in events} == {"eager", "workflow", "task"}


def test_two_loops_run_two_eager_tasks() -> None:
    results: dict[int, list[int]] = {}

    def run(number: int) -> None:
        results[number] = asyncio.run(everything(a=number))

    running = [threading.Thread(target=run, args=(number,)) for number in (1, 1, 1)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    assert results == {1: EVERYTHING}
