"""What runs at the same time, where, and what becomes of it when something fails."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from fletching import NonRecoverableError, RecoverableError, Runner, dynamic, task, workflow
from fletching.errors import ExecutionWarning, TaskTimeoutError, WorkerDiedError
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


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize("executor", [None, "process"])
def test_a_failure_stops_what_runs_beside_it(executor: str | None, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    with pytest.raises(ValueError, match="boom"):
        Runner(executor=executor).run(fails_beside, file=str(file))
    if executor == "process":
        for _ in range(1000):
            if gone(int(file.read_text())):
                break
            threading.Event().wait(0.01)
        assert gone(int(file.read_text()))


RELEASE = threading.Event()


@task
def stuck(a: int) -> int:
    RELEASE.wait(60)  # in C code: no line of Python comes by
    return a


@task
def fails(a: int) -> int:
    raise ValueError("boom")


@workflow
def stuck_beside(a: int) -> tuple[int, int]:
    return stuck(a=a), fails(a=a)


def test_a_thread_that_cannot_be_stopped_is_named() -> None:
    expected = r"stuck' was told to stop .* executor 'process' it would be killed"
    with pytest.raises(ValueError, match="boom"), pytest.warns(ExecutionWarning, match=expected):
        stuck_beside(a=1)
    RELEASE.set()


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
