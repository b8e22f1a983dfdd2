"""Calls for code that awaits them: the same plans as in a graph, and nothing that outlives the one who asked."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from fletching import Cache, Runner, dynamic, task, workflow
from fletching.errors import RunCancelledError, TaskTimeoutError
from fletching.extend import Event, Supervisor, observe
from worker_tasks import wait_until


@task
def add(a: int, b: int = 2) -> int:
    return a + b


@task
async def later(a: int) -> int:
    await asyncio.sleep(0)
    return a + 1


@workflow
def flow(a: int) -> int:
    return add(a=later(a=a))


@dynamic
def fan(n: int) -> list[int]:
    return [add(a=at) for at in range(n)]


def asked(supervisor: Supervisor, entity: Any, path: str = "", **inputs: Any) -> Any:
    return supervisor.call(entity, entity.bind(**inputs), lambda: path or entity.short_name)


def test_every_kind_of_call_can_be_awaited() -> None:
    async def main() -> list[Any]:
        supervisor = Supervisor()
        calls = [(add, {"a": 1}), (later, {"a": 1}), (flow, {"a": 1}), (fan, {"n": 3})]
        return await asyncio.gather(*(asked(supervisor, entity, **inputs) for entity, inputs in calls))

    assert asyncio.run(main()) == [3, 2, 4, [2, 3, 4]]


MET = threading.Barrier(4)


@task
def meet(a: int) -> int:
    MET.wait(timeout=60)
    return a


def test_sync_tasks_run_at_the_same_time_and_off_the_loop() -> None:
    async def main() -> list[int]:
        supervisor = Supervisor()
        return await asyncio.gather(*(asked(supervisor, meet, a=at) for at in range(4)))

    assert asyncio.run(main()) == [0, 1, 2, 3]


NOW, MOST = [0], [0]
LOCK = threading.Lock()
TWO = threading.Barrier(2)


@task
def counted(a: int) -> int:
    with LOCK:
        NOW[0] += 1
        MOST[0] = max(MOST[0], NOW[0])
    TWO.wait(timeout=60)
    with LOCK:
        NOW[0] -= 1
    return a


@task
async def awaits_many(n: int) -> list[int]:
    supervisor = Supervisor()
    return await asyncio.gather(*(asked(supervisor, counted, a=at) for at in range(n)))


def test_the_limits_of_the_run_hold_below_a_task() -> None:
    MOST[0] = 0
    assert Runner(max_parallel=2).run(awaits_many, n=8) == list(range(8))
    assert MOST[0] == 2


@task(retries=2, cache=Cache(version="1"))
def flaky(file: str) -> int:
    with open(file, "a") as stream:
        stream.write("x")
    if os.path.getsize(file) < 3:
        raise RuntimeError("not yet")
    return os.path.getsize(file)


def test_metadata_means_what_it_means_everywhere(tmp_path: Path) -> None:
    async def main() -> list[int]:
        supervisor = Supervisor()
        return [await asked(supervisor, flaky, file=str(tmp_path / "a")) for _ in range(2)]

    heard: list[Event] = []
    with observe(heard.append):
        assert asyncio.run(main()) == [3, 3]
    assert [event.kind for event in heard] == [
        *["started", "attempt", "retrying", "attempt", "retrying", "attempt", "finished"],
        *["started", "cached"],
    ]


@task(timeout=1)
def spin(a: int) -> int:
    while True:
        a = a * 3 % 1000003


@task
def spin_on(file: str) -> int:
    Path(file).write_text(str(os.getpid()))
    a = 1
    while True:
        a = a * 3 % 1000003


def test_a_deadline_is_kept() -> None:
    async def main() -> int:
        return int(await asked(Supervisor(), spin, a=1))

    with pytest.raises(TaskTimeoutError, match="timeout of 1 s"):
        asyncio.run(main())


@task
async def starts_and_leaves(file: str) -> int:
    supervisor = Supervisor()
    forgotten = asyncio.create_task(asked(supervisor, spin_on, file=file))
    while not (os.path.exists(file) and Path(file).read_text()):
        await asyncio.sleep(0.01)
    await supervisor.close()
    assert forgotten.cancelled()
    return int(Path(file).read_text())


@pytest.mark.parametrize("executor", [None, "process"])
def test_nothing_goes_on_after_the_end(executor: str | None, tmp_path: Path) -> None:
    # Where the attempt itself is in a process, what it asks for runs beside it there.
    pid = Runner(executor=executor).run(starts_and_leaves, file=str(tmp_path / "pid"))
    if pid != os.getpid():
        wait_until(lambda: idle(pid))


def idle(pid: int) -> bool:
    """Whether a process is there, and every thread of it waits for something."""
    states = [stat.read_text().rpartition(")")[2].split()[0] for stat in Path(f"/proc/{pid}/task").glob("*/stat")]
    return bool(states) and set(states) == {"S"}


@workflow
def endless(file: str) -> int:
    return spin_on(file=file)


def test_a_graph_that_is_not_wanted_any_more_is_stopped(tmp_path: Path) -> None:
    file = tmp_path / "pid"

    async def main() -> None:
        supervisor = Supervisor()
        running = asyncio.create_task(asked(supervisor, endless, file=str(file)))
        while not file.exists():
            await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    heard: list[str] = []
    with observe(lambda event: heard.append(event.kind)):
        asyncio.run(main())
    assert heard.count("cancelled") == 2  # the graph, and the task in it


def test_after_the_end_nothing_can_be_called() -> None:
    async def main() -> None:
        supervisor = Supervisor()
        await supervisor.close()
        await asked(supervisor, add, a=1)

    with pytest.raises(RunCancelledError, match=r"add.* after the task that calls it had ended"):
        asyncio.run(main())


@task
async def parent(a: int) -> int:
    supervisor = Supervisor()
    return int(await asked(supervisor, add, "child", a=a))


def test_calls_stand_below_the_one_that_asked() -> None:
    @workflow
    def around(a: int) -> int:
        return parent(a=add(a=a))

    heard: list[Event] = []
    with observe(heard.append):
        assert around(a=1) == 5
    ended = {event.path: event for event in heard if event.kind == "finished"}
    assert set(ended) == {"", "n0", "n1", "n1/child"}
    assert ended["n1/child"].parent == ended["n1"].call
    assert ended["n1/child"].depth == 2
