"""Workers that wait: started ahead, used again, ended with the program; async tasks run in them, too."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fletching.errors import TaskTimeoutError
from fletching.run import workers
from fletching.run.killable import living
from fletching.run.workers import run_in_worker, warm
from worker_tasks import about, echo, echo_async, execution, gone, open_files, tell, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")

SUPPORT = str(Path(__file__).parent.parent / "support")


def test_an_async_task_runs_in_a_worker() -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda x: run_in_worker(execution(echo_async), {"x": x}, 30), range(12)))
    assert found == list(range(12))


def test_workers_started_ahead_are_those_that_work() -> None:
    workers._end_all()
    warm(3)
    started = {worker.process.pid for worker in living}
    warm(2)
    assert len(started) == 3
    assert {worker.process.pid for worker in living} == started
    assert run_in_worker(execution(tell), {"name": "ANY"})[3] in started


def test_no_more_are_kept_than_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    workers._end_all()
    monkeypatch.setattr(workers, "IDLE_LIMIT", 2)
    warm(50)
    assert len(living) == 2
    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(lambda x: run_in_worker(execution(echo), {"x": x}), range(20))) == list(range(20))
    assert len(living) == 2


def test_what_happened_to_idle_workers_harms_no_attempt() -> None:
    warm(3)
    for worker in list(living):
        worker.process.kill()
        wait_until(lambda: gone(worker.process.pid))  # noqa: B023 - asked before the next one comes
    assert [run_in_worker(execution(echo), {"x": x}) for x in range(4)] == [0, 1, 2, 3]


def test_a_program_ends_with_its_workers_and_says_nothing() -> None:
    script = (
        f"import sys; sys.path.insert(0, {SUPPORT!r})\n"
        "from fletching.run.killable import living\n"
        "from fletching.run.workers import run_in_worker, warm\n"
        "from worker_tasks import echo, execution\n"
        "warm(3)\n"
        "assert run_in_worker(execution(echo), {'x': 1}) == 1\n"
        "print(*[worker.process.pid for worker in living])\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    pids = list(map(int, done.stdout.split()))
    assert len(pids) == 3
    wait_until(lambda: all(map(gone, pids)))


def test_a_pipe_that_nobody_reads_does_not_end_the_caller() -> None:
    script = (
        f"import signal, sys, os; sys.path.insert(0, {SUPPORT!r})\n"
        "signal.signal(signal.SIGPIPE, signal.SIG_DFL)\n"
        "from fletching.errors import WorkerDiedError\n"
        "from fletching.run.killable import living\n"
        "from fletching.run.workers import run_in_worker\n"
        "from worker_tasks import execution, keep, mistreat\n"
        "for how in ('leaves', 'closes everything'):\n"
        "    try:\n"
        "        run_in_worker(execution(mistreat), {'how': how})\n"
        "    except WorkerDiedError:\n"
        "        print(how)\n"
        "run_in_worker(execution(keep), {'value': 1})\n"
        "from fletching.run import workers\n"
        "workers.Worker.ended_within = lambda self, seconds: False\n"
        "for worker in list(living):\n"
        "    worker.process.kill(); worker.process.wait()\n"
        "try:\n"
        "    run_in_worker(execution(keep), {'value': b'x' * 10_000_000})\n"
        "except WorkerDiedError:\n"
        "    print('sent to nobody')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "leaves\ncloses everything\nsent to nobody\n")


def test_a_deadline_counts_from_when_the_task_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slow_to_import.py").write_text(
        "import os, time\n"
        "from fletching import task\n"
        "time.sleep(float(os.environ['SECONDS_TO_IMPORT']))\n"
        "@task\n"
        "def f(x: int) -> int: return x\n"
        "@task\n"
        "def g(x: int) -> int: return sum(range(10**13))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("SECONDS_TO_IMPORT", "0")
    module: Any = __import__("slow_to_import")

    def is_in_time(seconds: float) -> bool:
        monkeypatch.setenv("SECONDS_TO_IMPORT", str(seconds))
        workers._end_all()  # one that imports it has yet to start
        try:
            return bool(run_in_worker(execution(module.f), {"x": 1}, seconds) == 1)
        except TaskTimeoutError:
            return False

    # The task itself may take longer than the shortest of them, on a busy machine.
    assert any(is_in_time(seconds) for seconds in (0.3, 1, 5, 20))
    with pytest.raises(TaskTimeoutError, match=r"after its timeout of 0.1 s"):
        run_in_worker(execution(module.g), {"x": 1}, 0.1)


def test_a_thread_of_attempts_leaves_no_file_open() -> None:
    def burst() -> None:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda x: run_in_worker(execution(echo), {"x": x}), range(16)))
        workers._end_all()

    burst()
    before = open_files()
    burst()
    assert open_files() == before
    assert run_in_worker(execution(about), {"text": ""}) == ""
