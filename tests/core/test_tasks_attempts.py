"""Retries and timeouts: what is repeated, and what really stops."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from fletching import FlyteFile, current_context, task
from fletching.errors import (
    NonRecoverableError,
    SerializationError,
    TaskTimeoutError,
    WorkerDiedError,
)
from worker_tasks import gone, lasts, until_there, wait_until

RUNS: list[Any] = []


@pytest.fixture(autouse=True)
def _forget_runs() -> None:
    RUNS.clear()


class Pair(NamedTuple):
    total: int
    label: str


def test_a_failed_attempt_is_repeated_with_fresh_inputs() -> None:
    @task(retries=2)
    def f(x: list[int]) -> int:
        x.append(0)
        RUNS.append(list(x))
        if len(RUNS) < 3:
            raise ValueError("again")
        return len(RUNS)

    assert f([1]) == 3
    assert RUNS == [[1, 0]] * 3


def test_the_last_error_comes_out_and_names_its_attempt() -> None:
    @task(retries=1)
    def f() -> int:
        RUNS.append(current_context().attempt)
        raise ValueError(len(RUNS))

    with pytest.raises(ValueError, match="2") as caught:
        f()
    assert RUNS == [0, 1]
    assert caught.value.__notes__ == [f"in task {f.name!r}, attempt 2 of 2"]


@pytest.mark.parametrize("error", [NonRecoverableError("no"), KeyboardInterrupt(), SystemExit(3)])
def test_what_must_not_be_repeated_is_not(error: BaseException) -> None:
    @task(retries=5)
    def f() -> int:
        RUNS.append(1)
        raise error

    with pytest.raises(type(error)):
        f()
    assert RUNS == [1]


def test_a_value_that_does_not_fit_is_not_tried_again() -> None:
    @task(retries=5)
    def f(a: int) -> int:
        RUNS.append(1)
        return "x"  # type: ignore[return-value]

    with pytest.raises(TypeError):
        f("x")  # type: ignore[arg-type]
    assert RUNS == []
    with pytest.raises(TypeError):
        f(1)
    assert RUNS == [1]


def test_a_checkpoint_goes_from_one_attempt_to_the_next() -> None:
    @task(retries=3)
    def f() -> int:
        checkpoint = current_context().checkpoint
        done = int(checkpoint.read() or b"0")
        checkpoint.write(str(done + 1).encode())
        if done < 2:
            raise ValueError("not yet")
        return done

    assert f() == 2
    assert f() == 2  # a new call starts anew


def test_async_attempts_are_repeated_too() -> None:
    @task(retries=2)
    async def f() -> int:
        RUNS.append(1)
        await asyncio.sleep(0)
        if len(RUNS) < 3:
            raise ValueError("again")
        return len(RUNS)

    assert asyncio.run(f()) == 3


@pytest.mark.parametrize("how", ["loops", "starts a child"])
def test_a_timeout_stops_the_work_for_good(how: str, tmp_path: Path) -> None:
    file = tmp_path / "pids"

    def stopped(seconds: int) -> None:
        never = task(lasts.task_function, timeout=seconds)
        with pytest.raises(TaskTimeoutError) as caught:
            never(how, str(file))
        assert str(caught.value) == (
            f"task {never.name!r} was stopped after its timeout of {seconds} s; raise timeout= or make it faster"
        )
        assert isinstance(caught.value, TimeoutError)

    worker, *started = until_there(file, stopped)
    assert not Path(f"/proc/{worker}").exists()
    assert len(started) == (how == "starts a child")
    wait_until(lambda: all(map(gone, started)))  # killed; at most a zombie until init collects it


def test_a_killed_caller_leaves_no_worker_behind(tmp_path: Path) -> None:
    (tmp_path / "spinning.py").write_text(
        "import os, sys\n"
        "from fletching import task\n"
        "@task(timeout=600)\n"
        "def spin(file: str) -> int:\n"
        "    with open(file + '.part', 'w') as out:\n"
        "        out.write(str(os.getpid()))\n"
        "    os.rename(file + '.part', file)\n"
        "    return sum(range(10**13))\n"
        "if __name__ == '__main__':\n"
        "    spin(sys.argv[1])\n"
    )
    file = tmp_path / "pid"
    with subprocess.Popen([sys.executable, str(tmp_path / "spinning.py"), str(file)]) as driver:
        try:
            wait_until(file.exists)
            worker = int(file.read_text())
            assert not gone(worker)
        finally:
            driver.kill()
    wait_until(lambda: gone(worker))


def test_in_time_everything_comes_back_as_without_a_timeout(tmp_path: Path) -> None:
    @task(timeout=30)
    def f(a: list[int]) -> Pair:
        current_context().checkpoint.write(b"x")
        a.append(1)
        return Pair(sum(a), f"{current_context().task_name} {os.environ['MARK']}")

    @task(timeout=30)
    def write(text: str) -> FlyteFile:
        path = os.path.join(current_context().working_directory, "x.txt")
        Path(path).write_text(text)
        return FlyteFile(path)

    os.environ["MARK"] = "m"
    try:
        result = f([1, 2])
    finally:
        del os.environ["MARK"]
    assert result == Pair(4, f"{f.name} m")
    assert type(result) is Pair
    assert Path(write("hello")).read_text() == "hello"


def test_an_error_inside_the_worker_comes_out_unchanged() -> None:
    class Own(Exception):
        def __init__(self, code: int, text: str) -> None:
            super().__init__(text)
            self.code = code

        def __reduce__(self) -> Any:
            return type(self), (self.code, str(self))

    @task(timeout=30)
    def f() -> int:
        raise Own(7, "seven")

    with pytest.raises(Own) as caught:
        f()
    assert caught.value.code == 7
    assert f"in task {f.name!r}" in caught.value.__notes__
    assert any("raised in a worker process" in note and "raise Own(7" in note for note in caught.value.__notes__)


def test_a_worker_that_dies_is_an_error_with_its_signals_name() -> None:
    @task(timeout=30)
    def f() -> int:
        os.kill(os.getpid(), 9)
        return 1

    with pytest.raises(WorkerDiedError) as caught:
        f()
    assert str(caught.value) == f"the worker process of task {f.name!r} was killed by SIGKILL before it gave a result"


def test_what_cannot_travel_is_refused_before_anything_runs() -> None:
    lock = threading.Lock()

    @task(timeout=30)
    def f() -> int:
        with lock:
            return 1

    with pytest.raises(SerializationError, match="has a timeout, so it runs in a process of its own"):
        f()


def test_an_async_attempt_is_stopped_at_its_deadline() -> None:
    @task(timeout=1)
    async def f() -> int:
        try:
            await asyncio.sleep(1000)
        finally:
            RUNS.append("cleaned up")
        return 1

    with pytest.raises(TaskTimeoutError):
        asyncio.run(f())
    assert RUNS == ["cleaned up"]


def test_the_tasks_own_timeout_error_is_left_alone() -> None:
    own = TimeoutError("mine")

    @task(timeout=30)
    async def f() -> int:
        raise own

    with pytest.raises(TimeoutError) as caught:
        asyncio.run(f())
    assert caught.value is own


def test_an_error_whose_class_takes_something_else_than_it_holds_comes_out_unchanged() -> None:
    class Told(Exception):
        def __init__(self, code: int, *, text: str = "unknown") -> None:
            super().__init__(f"{code}: {text}")
            self.code = code

    class Missing(KeyError):
        def __init__(self, name: str, known: tuple[str, ...]) -> None:
            super().__init__(name)
            self.known = known

    @task(timeout=30)
    def f(which: str) -> int:
        if which == "told":
            raise Told(7, text="seven")
        if which == "missing":
            raise Missing("a", ("b",))
        if which == "group":
            raise ExceptionGroup("all", [Told(1), OSError(2, "no", "file"), Told(2, text="x")])
        b"\xff".decode()
        return 1

    with pytest.raises(Told) as told:
        f("told")
    assert (str(told.value), told.value.code) == ("7: seven", 7)
    with pytest.raises(Missing) as missing:
        f("missing")
    assert (missing.value.args, missing.value.known) == (("a",), ("b",))
    with pytest.raises(ExceptionGroup) as group:
        f("group")
    assert [str(each) for each in group.value.exceptions] == ["1: unknown", "[Errno 2] no: 'file'", "2: x"]
    with pytest.raises(UnicodeDecodeError) as decoding:
        f("text")
    assert (decoding.value.start, decoding.value.encoding) == (0, "utf-8")
