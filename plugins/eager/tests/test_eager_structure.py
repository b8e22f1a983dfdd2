"""Nothing that an eager task started outlives it: not when it ends, fails, is cancelled, or is killed."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from fletching import Runner, task
from fletching.errors import RunCancelledError, TaskTimeoutError
from fletching_eager import eager

STATE: list[str] = []


@pytest.fixture(autouse=True)
def fresh() -> None:
    STATE.clear()


@task
async def lasts(a: int) -> int:
    STATE.append(f"began {a}")
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0)  # it may take its time to clean up
        STATE.append(f"stopped {a}")
    return a


@task
def busy(a: int) -> int:
    STATE.append(f"began {a}")
    try:
        while True:
            time.sleep(0.001)
    finally:
        STATE.append(f"stopped {a}")


@task
async def quick(a: int) -> int:
    await asyncio.sleep(0)
    return a


async def begun(count: int) -> None:
    while sum(each.startswith("began") for each in STATE) < count:
        await asyncio.sleep(0.001)


KEPT: list[asyncio.Task[Any]] = []


def leaves(kind: str, entity: Any) -> Any:
    """Return an eager task that starts two calls, and then ends in one of several ways."""

    async def helper() -> int:
        return 1 + await entity(a=2)

    async def body() -> int:
        KEPT[:] = [asyncio.create_task(entity(a=1)), asyncio.create_task(helper())]
        await begun(2)
        if kind == "fails":
            raise KeyError("mine")
        if kind == "waits":
            await asyncio.Event().wait()
        return 7

    return eager(body)


@pytest.mark.parametrize("entity", [lasts, busy], ids=["async", "sync"])
def test_calls_that_are_forgotten_end_with_it(entity: Any) -> None:
    assert asyncio.run(leaves("ends", entity)()) == 7
    assert sorted(STATE) == ["began 1", "began 2", "stopped 1", "stopped 2"]


@pytest.mark.parametrize("entity", [lasts, busy], ids=["async", "sync"])
def test_calls_end_when_it_fails(entity: Any) -> None:
    with pytest.raises(KeyError, match="mine"):
        asyncio.run(leaves("fails", entity)())
    assert sorted(STATE) == ["began 1", "began 2", "stopped 1", "stopped 2"]


@pytest.mark.parametrize("entity", [lasts, busy], ids=["async", "sync"])
def test_calls_end_when_it_is_cancelled(entity: Any) -> None:
    async def main() -> None:
        running = asyncio.create_task(leaves("waits", entity)())
        await begun(2)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert sorted(STATE) == ["began 1", "began 2", "stopped 1", "stopped 2"]

    asyncio.run(main())


@eager(timeout=1)
async def late() -> int:
    return await lasts(a=1)


def test_calls_end_when_its_time_is_over() -> None:
    for _ in range(10):
        with pytest.raises(TaskTimeoutError, match="late"):
            asyncio.run(late())
        if STATE:
            break  # and was not over before it called anything, as it may be on a busy machine
    assert STATE == ["began 1", "stopped 1"]


@eager
async def lets_a_helper_go_on() -> int:
    async def helper() -> None:
        await quick(a=1)
        try:
            await asyncio.sleep(3600)
        finally:
            STATE.append("helper stopped")

    KEPT[:] = [asyncio.create_task(helper())]
    for _ in range(10):
        await asyncio.sleep(0)
    return await quick(a=2)


def test_helpers_that_called_end_with_it() -> None:
    assert asyncio.run(lets_a_helper_go_on()) == 2
    assert STATE == ["helper stopped"]


LATE: list[Any] = []


@eager
async def lends_its_calls() -> int:
    LATE[:] = [quick(a=1)]
    return await quick(a=2)


def test_a_call_cannot_be_awaited_when_its_task_has_ended() -> None:
    async def main() -> None:
        assert await lends_its_calls() == 2
        with pytest.raises(RunCancelledError, match="was called after the task that calls it had ended"):
            await LATE[0]

    asyncio.run(main())


@eager
async def nests(depth: int) -> int:
    if depth:
        return await nests(depth=depth - 1)
    await asyncio.gather(lasts(a=1), lasts(a=2), fails_when_they_run(a=3))
    return 0


@task
async def fails_when_they_run(a: int) -> int:
    await begun(2)
    raise ValueError(f"no {a}")


def test_what_stands_deep_inside_ends_as_well() -> None:
    with pytest.raises(ValueError, match="no 3"):
        asyncio.run(nests(depth=5))
    assert sorted(STATE) == ["began 1", "began 2", "stopped 1", "stopped 2"]


def test_no_loop_and_no_thread_stays() -> None:
    def alive() -> set[threading.Thread]:
        # Those of core wait for more work, for some seconds; there are no more of them than ran at once.
        return {each for each in threading.enumerate() if not each.name.startswith("fletching-thread")}

    def both() -> None:
        asyncio.run(nested_quick())
        Runner().run(nested_quick)

    both()
    before = alive()
    for _ in range(3):
        both()
    for each in alive() - before:
        each.join(timeout=60)
    assert alive() <= before
    for each in threading.enumerate():
        if "eager" in each.name:
            each.join(timeout=60)
            assert not each.is_alive()


@eager
async def nested_quick() -> int:
    return await quick(a=1) + await asyncio.to_thread(lambda: 1)


# Killed

DRIVER = """
import asyncio, os, sys, threading, time
from fletching import Runner, task, workflow
from fletching_eager import LocalBackend, eager

folder, how = sys.argv[1], sys.argv[2]

def running(number):
    open(os.path.join(folder, str(number)), "w").close()

@task
def loops(number: int) -> int:
    running(number)
    while True:
        pass

@task(timeout=3600)
def timed(number: int) -> int:
    running(number)
    while True:
        pass

@task
def starts(number: int) -> int:
    import subprocess
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"]) as child:
        running(number)
        return child.wait()

@workflow
def flow(number: int) -> int:
    return timed(number=number)

@eager
async def inner(number: int) -> int:
    return await timed(number=number)

@eager
async def main() -> int:
    kinds = {"process": [loops, starts, inner, flow], "backend": [loops, starts, inner, timed],
             "plain": [timed, flow, inner, timed]}[how]
    watch = asyncio.create_task(tells(len(kinds)))
    await asyncio.gather(*(kind(number=number) for number, kind in enumerate(kinds)))
    return 0

async def tells(count):
    waiting = set(range(count))
    while waiting:
        for number in [each for each in waiting if os.path.exists(os.path.join(folder, str(each)))]:
            waiting.remove(number)
            print("running", flush=True)
        await asyncio.sleep(0.005)

if __name__ == "__main__":
    print("begun", flush=True)
    if how == "process":
        Runner(executor="process", max_parallel=8).run(main)
    elif how == "backend":
        main.run(LocalBackend(max_parallel=8))
    else:
        Runner(max_parallel=8).run(main)
"""
TRIALS = 4


def marked(mark: str) -> list[int]:
    """Return the processes that run and have ``mark`` in their environment."""
    found = []
    for name in filter(str.isdecimal, os.listdir("/proc")):
        try:
            state = Path("/proc", name, "stat").read_text().rpartition(")")[2].split()[0]
            if state not in "ZX" and mark.encode() in Path("/proc", name, "environ").read_bytes():
                found.append(int(name))
        except OSError:
            continue
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("how", ["process", "backend", "plain"])
def test_kill_minus_nine_leaves_no_orphan(how: str, tmp_path: Path) -> None:
    script = tmp_path / "orphan_driver.py"
    script.write_text(DRIVER)
    for trial in range(TRIALS):
        point = random.Random(f"{how} {trial}").randrange(6) if trial else 5
        folder, mark = tmp_path / str(trial), f"EAGER-{os.getpid()}-{how}-{trial}"
        folder.mkdir()
        command = [sys.executable, str(script), str(folder), how]
        with subprocess.Popen(command, env={**os.environ, "MARK_OF_TRIAL": mark}, stdout=subprocess.PIPE) as driver:
            assert driver.stdout is not None
            for _ in range(point):
                assert driver.stdout.readline(), f"the driver of trial {trial} ended"
            there = len(marked(mark))
            driver.kill()
        assert there > 1 or point < 5, "nothing was there to be orphaned"
        end = time.monotonic() + 60
        while left := marked(mark):
            assert time.monotonic() < end, f"{how}, trial {trial}, killed after {point} lines: {left} are left"
            time.sleep(0.01)
