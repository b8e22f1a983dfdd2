"""A caller that is killed, at whatever point: nothing that it started goes on running."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from worker_tasks import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")

TRIALS = 50
SUPPORT = str(Path(__file__).parent.parent / "support")
HOW = [
    "loops",
    "holds the lock of the interpreter",
    "starts a child",
    "starts a session",
    "starts a daemon",
    "forks",
]

DRIVER = """
import os, sys, threading, time
sys.path.insert(0, sys.argv[1])
from fletching.run.workers import run_in_worker, warm
from worker_tasks import execution, lasts
folder, kinds = sys.argv[2], sys.argv[3:]
print("imported", flush=True)
warm(1)
print("warm", flush=True)
for number, how in enumerate(kinds):
    inputs = {"how": how, "file": os.path.join(folder, str(number))}
    threading.Thread(target=run_in_worker, args=(execution(lasts), inputs), daemon=True).start()
    print("begun", flush=True)
waiting = set(range(len(kinds)))
while waiting:
    for number in [number for number in waiting if os.path.exists(os.path.join(folder, str(number)))]:
        waiting.remove(number)
        print("running", flush=True)
    time.sleep(0.001)
threading.Event().wait()
"""


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


def kill_at(point: int, kinds: list[str], mark: str, folder: Path) -> int:
    """Kill a driver after it said ``point`` things; return how many processes of its were there."""
    folder.mkdir()
    command = [sys.executable, "-c", DRIVER, SUPPORT, str(folder), *kinds]
    with subprocess.Popen(command, env={**os.environ, "MARK_OF_TRIAL": mark}, stdout=subprocess.PIPE) as driver:
        assert driver.stdout is not None
        for _ in range(point):
            driver.stdout.readline()
        before = len(marked(mark))
        driver.kill()
    return before


def test_no_orphan_survives_a_killed_caller(tmp_path: Path) -> None:
    seeded = random.Random(3)
    chosen: list[tuple[int, list[str]]] = []
    for _ in range(TRIALS):
        kinds = seeded.choices(HOW, k=seeded.randint(1, 3))
        chosen.append((max(seeded.randint(0, 2 + 2 * len(kinds)) for _ in range(2)), kinds))

    def trial(number: int) -> tuple[str, int]:
        mark = f"trial-{os.getpid()}-{number}"
        before = kill_at(*chosen[number], mark, tmp_path / str(number))
        return mark, before

    with ThreadPoolExecutor(3) as pool:
        trials = list(pool.map(trial, range(TRIALS)))
    for mark, _ in trials:
        wait_until(lambda: not marked(mark))  # noqa: B023 - asked before the next one comes
    assert sum(before > 2 for _, before in trials) > TRIALS // 4


def test_no_orphan_survives_a_killed_caller_and_its_guardian(tmp_path: Path) -> None:
    mark, folder = f"guardian-{os.getpid()}", tmp_path / "files"
    folder.mkdir()
    command = [sys.executable, "-c", DRIVER, SUPPORT, str(folder), "loops", "holds the lock of the interpreter"]
    with subprocess.Popen(command, env={**os.environ, "MARK_OF_TRIAL": mark}, stdout=subprocess.PIPE) as driver:
        try:
            assert driver.stdout is not None
            assert [driver.stdout.readline() for _ in range(6)][-1] == b"running\n"
            ours = marked(mark)
            below = [name for name in filter(str.isdecimal, os.listdir("/proc")) if parent(name) == driver.pid]
            [guardian] = {int(name) for name in below} - set(ours)
            os.kill(guardian, 9)
            assert len(ours) == 3
        finally:
            driver.kill()
    wait_until(lambda: not marked(mark))


def test_a_worker_whose_caller_was_gone_before_it_looked_ends() -> None:
    ours, theirs = socket.socketpair()  # stays open, as if there were still jobs in it
    watched, alive = os.pipe()
    os.close(alive)
    with ours, theirs, open(watched) as pipe:
        numbers = theirs.fileno(), pipe.fileno()
        command = [sys.executable, "-c", "from fletching.run.worker import main; main()", *map(str, numbers)]
        subprocess.run(command, pass_fds=numbers, timeout=60, check=True)


def parent(pid: str) -> int:
    try:
        return int(Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
