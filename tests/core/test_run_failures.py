"""What becomes of a run when an attempt fails, is killed, or takes too long."""

from __future__ import annotations

import asyncio
import os
import threading
from operator import call
from pathlib import Path

import pytest

from fletching import NonRecoverableError, RecoverableError, Runner, dynamic, task, workflow
from fletching.errors import ExecutionWarning, TaskTimeoutError, WorkerDiedError
from fletching.extend import observe
from fletching.run import machine
from worker_tasks import gone, wait_until


@task
def add(a: int, b: int = 2) -> int:
    return a + b


@task(retries=2)
def flaky(file: str, times: int) -> int:
    with open(file, "a") as stream:
        stream.write("x")
    tried = os.path.getsize(file)
    if tried <= times:
        raise RecoverableError(f"attempt {tried}")
    return tried


@workflow
def flaky_flow(file: str, times: int) -> int:
    return flaky(file=file, times=times)


@pytest.mark.parametrize("executor", [None, "inline", "thread", "process"])
def test_retries_are_kept_on_every_executor(executor: str | None, tmp_path: Path) -> None:
    assert Runner(executor=executor).run(flaky_flow, file=str(tmp_path / "a"), times=2) == 3
    with pytest.raises(RecoverableError, match="attempt 3") as failed:
        Runner(executor=executor).run(flaky_flow, file=str(tmp_path / "b"), times=9)
    assert any("attempt 3 of 3" in note for note in failed.value.__notes__)
    assert (tmp_path / "b").stat().st_size == 3


def test_a_nodes_own_retries_count_instead_of_the_tasks(tmp_path: Path) -> None:
    @workflow
    def fewer(file: str) -> int:
        return flaky(file=file, times=9).with_overrides(retries=0)

    with pytest.raises(RecoverableError, match="attempt 1") as failed:
        fewer(file=str(tmp_path / "a"))
    assert (tmp_path / "a").stat().st_size == 1
    assert flaky.metadata.retries == 2
    assert not any("of 3" in note for note in failed.value.__notes__)


@task(retries=5)
def hopeless(file: str) -> int:
    with open(file, "a") as stream:
        stream.write("x")
    raise NonRecoverableError("never again")


def test_what_cannot_recover_is_not_repeated(tmp_path: Path) -> None:
    @workflow
    def flow(file: str) -> int:
        return hopeless(file=file)

    with pytest.raises(NonRecoverableError):
        flow(file=str(tmp_path / "a"))
    assert (tmp_path / "a").stat().st_size == 1


@task
def killed(file: str, times: int) -> int:
    with open(file, "a") as stream:
        stream.write("x")
    if os.path.getsize(file) <= times:
        os.kill(os.getpid(), 9)
    return os.path.getsize(file)


@workflow
def killed_flow(file: str, times: int) -> int:
    return killed(file=file, times=times)


def test_a_worker_killed_from_outside_costs_no_retry(tmp_path: Path) -> None:
    run = Runner(executor="process").run
    assert run(killed_flow, file=str(tmp_path / "a"), times=2) == 3
    with pytest.raises(WorkerDiedError, match="SIGKILL"):
        run(killed_flow, file=str(tmp_path / "b"), times=99)
    assert (tmp_path / "b").stat().st_size == 4


@task
def spin(file: str) -> int:
    Path(file).write_text(str(os.getpid()))
    a = 1
    while True:
        a = a * 3 % 1000003


@task
def fails_after(file: str) -> int:
    while not (os.path.exists(file) and Path(file).read_text()):
        pass
    raise ValueError("boom")


@workflow
def fails_beside(file: str) -> tuple[int, int]:
    return spin(file=file), fails_after(file=file)


@pytest.mark.parametrize("executor", [None, "process"])
def test_a_failure_stops_what_runs_beside_it(executor: str | None, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    with pytest.raises(ValueError, match="boom"):
        Runner(executor=executor).run(fails_beside, file=str(file))
    if executor == "process":
        wait_until(lambda: gone(int(file.read_text())))


INSIDE, RELEASE = threading.Lock(), threading.Lock()


@task
def stuck(a: int) -> int:
    # One call of C code, which says that it has begun: no line of Python comes by before it ends.
    return len([*map(call, [INSIDE.release, RELEASE.acquire, RELEASE.release])])


@task
def fails(a: int) -> int:
    assert INSIDE.acquire(timeout=60)
    raise ValueError("boom")


@workflow
def stuck_beside(a: int) -> tuple[int, int]:
    return stuck(a=a), fails(a=a)


def test_a_thread_that_cannot_be_stopped_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "GRACE", 0.1)
    INSIDE.acquire(blocking=False)  # held already if this ran before
    expected = r"stuck' was told to stop .* executor 'process' it would be killed"
    with RELEASE, pytest.raises(ValueError, match="boom"), pytest.warns(ExecutionWarning, match=expected):
        stuck_beside(a=1)


@task(timeout=1)
def too_slow(a: int) -> int:
    while True:
        a = a * 3 % 1000003


@task(timeout=1)
async def too_slow_async(a: int) -> int:
    await asyncio.Event().wait()
    return a


@pytest.mark.parametrize("slow", [too_slow, too_slow_async])
def test_a_deadline_is_kept_in_a_graph(slow: object) -> None:
    @workflow
    def flow(a: int) -> tuple[int, int]:
        return slow(a=a), add(a=a)  # type: ignore[operator]

    with pytest.raises(TaskTimeoutError, match="timeout of 1 s"):
        flow(a=1)


@dynamic(timeout=1)
def endless(a: int) -> int:
    return wait_for_ever(a=a)


@task
async def wait_for_ever(a: int) -> int:
    await asyncio.Event().wait()
    return a


def test_the_deadline_of_a_dynamic_task_holds_for_what_it_calls() -> None:
    with pytest.raises(TaskTimeoutError, match=r"endless.* timeout of 1 s"):
        endless(a=1)


def test_what_never_begins_is_told() -> None:
    @workflow
    def flow(a: int) -> int:
        first = fails_first(a=a)
        return add(a=add(a=first))

    heard: list[tuple[str, str]] = []
    with observe(lambda event: heard.append((event.kind, event.path))), pytest.raises(ValueError, match="boom"):
        flow(a=1)
    assert [each for each in heard if each[0] == "skipped"] == [("skipped", "n1"), ("skipped", "n2")]


@task
def fails_first(a: int) -> int:
    raise ValueError("boom")
