"""Attempts that are stopped from outside: at any moment, with all they started, and nobody else's."""

from __future__ import annotations

import random
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from fletching.errors import TaskTimeoutError
from fletching.run.workers import AttemptStoppedError, Stoppable, run_in_worker
from worker_tasks import echo, execution, gone, lasts, until_there, wait_until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs signals, forks and /proc")

HOW = [
    "loops",
    "holds the lock of the interpreter",
    "starts a child",
    "starts a session",
    "starts a daemon",
    "forks",
]


@pytest.mark.parametrize("how", HOW)
def test_a_stopped_attempt_leaves_nothing_running(how: str, tmp_path: Path) -> None:
    file = tmp_path / "pids"

    def stop_when_it_runs(attempt: Stoppable) -> None:
        def wait() -> None:
            wait_until(file.exists)
            attempt.stop()

        threading.Thread(target=wait).start()

    with pytest.raises(AttemptStoppedError, match=f"the attempt of task {lasts.name!r} was stopped"):
        run_in_worker(execution(lasts), {"how": how, "file": str(file)}, running=stop_when_it_runs)
    pids = [int(pid) for pid in file.read_text().split()]
    assert len(pids) == (1 if how in HOW[:2] else 2)
    wait_until(lambda: all(map(gone, pids)))


@pytest.mark.parametrize("how", ["starts a session", "starts a daemon"])
def test_a_deadline_ends_what_left_the_workers_session(how: str, tmp_path: Path) -> None:
    def stopped(seconds: int) -> None:
        with pytest.raises(TaskTimeoutError):
            run_in_worker(execution(lasts), {"how": how, "file": str(tmp_path / "pids")}, seconds)

    pids = until_there(tmp_path / "pids", stopped)
    assert len(pids) == 2
    wait_until(lambda: all(map(gone, pids)))


def test_an_attempt_that_is_stopped_before_it_began_never_runs(tmp_path: Path) -> None:
    with pytest.raises(AttemptStoppedError):
        run_in_worker(execution(lasts), {"how": "", "file": str(tmp_path / "pids")}, running=lambda run: run.stop())
    assert not (tmp_path / "pids").exists()


def test_to_stop_what_has_ended_stops_nobody_else() -> None:
    ended: list[Stoppable] = []
    for x in range(20):
        assert run_in_worker(execution(echo), {"x": x}, running=ended.append) == x
        for each in ended:
            each.stop()


def test_an_attempt_may_be_stopped_at_any_moment() -> None:
    seeded = random.Random(11)

    def attempt(x: int) -> Any:
        timers: list[threading.Timer] = []

        def later(run: Stoppable) -> None:
            after = seeded.choice([0, 0.0002, 0.001, 0.3]) * seeded.random()
            timers.append(threading.Timer(after, lambda: [run.stop(), run.stop()]))
            timers[0].start()

        try:
            return run_in_worker(execution(echo), {"x": x}, running=later)
        except AttemptStoppedError:
            return None
        finally:
            timers[0].join()

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(attempt, range(60)))
    assert all(value in (None, x) for x, value in enumerate(found))
    assert None in found
    assert run_in_worker(execution(echo), {"x": 7}) == 7
