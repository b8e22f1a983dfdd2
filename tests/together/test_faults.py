"""Faults at random points: nothing that was recorded as finished is lost, and nothing of it is executed twice.

``FLETCHING_FAULT_TRIALS=200 pytest tests/together/test_faults.py -s`` makes as many trials of each kind and prints
how often what happened.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from fault_flow import EXPECTED
from fletching.run.store import RunStore
from repository import ROOT

TRIALS = int(os.environ.get("FLETCHING_FAULT_TRIALS", "6"))
FLOW = ROOT / "tests" / "support" / "fault_flow.py"
EXECUTORS = ["none", "thread", "process", "inline"]


class Trial:
    """One seeded trial in a folder of its own."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.seed = seed
        self.random = random.Random(seed)
        self.executor = EXECUTORS[seed % len(EXECUTORS)]
        self.journal = folder / "journal"
        self.result = folder / "result"

    def start(self, flow: str = "flow", recover: str = "", **variables: str) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "FLETCHING_HOME": str(self.folder / "home"),
            "FAULT_JOURNAL": str(self.journal),
            "FAULT_RESULT": str(self.result),
            "FAULT_SEED": str(self.seed),
            **variables,
        }
        command = [sys.executable, str(FLOW), self.executor, flow, recover]
        with open(self.folder / "said", "ab") as said:
            return subprocess.Popen(command, env=environment, stderr=said, stdout=said, start_new_session=True)

    def lines(self) -> list[str]:
        return self.journal.read_text().splitlines() if self.journal.exists() else []

    def begun(self) -> Counter[str]:
        return Counter(line.split()[1] for line in self.lines() if line.startswith("begin"))

    def wait_for_lines(self, count: int, process: subprocess.Popen[bytes]) -> None:
        """Wait until the run has come so far, and a random moment longer."""
        while len(self.lines()) < count and process.poll() is None:
            time.sleep(0.002)
        time.sleep(self.random.uniform(0, 0.01))

    def processes(self) -> list[int]:
        """Return the driver and what it started: they have the folder in their environment."""
        mark = f"FAULT_JOURNAL={self.journal}\0".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                if state not in "ZX" and mark in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
        return found

    def wait_for_others(self) -> None:
        """Wait until what a driver that has ended had started has ended, too."""
        end = time.monotonic() + 60
        while left := self.processes():
            assert time.monotonic() < end, f"seed {self.seed}: processes {left} were left behind; {self.said()}"
            time.sleep(0.01)

    def status(self) -> str:
        """Return the status of the latest run, or an empty string if none is recorded."""
        file = self.folder / "home" / "data" / "runs" / "runs.db"
        if not file.exists():
            return ""
        with RunStore(str(file)) as store:
            return next((run.status for run in store.runs(limit=1)), "")

    def finished(self) -> set[str]:
        """Return the names of the steps whose nodes are recorded as finished."""
        file = self.folder / "home" / "data" / "runs" / "runs.db"
        if not file.exists():
            return set()
        with RunStore(str(file)) as store:
            runs = store.runs(limit=1)
            nodes = store.nodes(runs[0].id) if runs else []
            return {NAMES[node.path] for node in nodes if node.path in NAMES and node.status in FINISHED}

    def said(self) -> str:
        return (self.folder / "said").read_text()


FINISHED = {"succeeded", "cached", "recovered"}
NAMES = {
    "n0": "first",
    "n1": "left",
    "n2": "right",
    **{f"n{3 + at}": f"chain-{at}" for at in range(4)},
    **{f"n7/dn{at}": f"fan-{at}" for at in range(5)},
    "n8": "join",
    "n9": "total",
}
"""Which step each node is."""

COUNTS: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def counts() -> object:
    yield
    print("\nfault trials:", ", ".join(f"{name} {count}" for name, count in sorted(COUNTS.items())))


def recovered(trial: Trial, before: set[str], ran: Counter[str]) -> None:
    """Go on from the trial's latest run, and check that nothing finished ran again and the result is right."""
    if trial.status() == "succeeded":
        assert before == set(NAMES.values())  # it came too late: there is nothing to go on from
        COUNTS["too late"] += 1
        return
    done = trial.start(recover="trial" if before or trial.lines() else "")
    assert done.wait(120) == 0, trial.said()
    again = trial.begun() - ran
    assert not set(again) & before, f"seed {trial.seed}: {set(again) & before} ran again; {trial.said()}"
    assert trial.result.read_text() == str(EXPECTED)
    COUNTS["nodes found finished"] += len(before)


@pytest.mark.parametrize("seed", range(TRIALS))
def test_a_killed_driver(seed: int, tmp_path: Path) -> None:
    trial = Trial(tmp_path, seed)
    process = trial.start()
    trial.wait_for_lines(trial.random.randint(1, 26), process)
    process.kill()  # if it has not ended
    process.wait()
    trial.wait_for_others()
    recovered(trial, trial.finished(), trial.begun())
    COUNTS["drivers killed"] += 1


@pytest.mark.parametrize("seed", range(TRIALS))
def test_a_killed_worker(seed: int, tmp_path: Path) -> None:
    trial = Trial(tmp_path, seed)
    trial.executor = "process"
    process = trial.start()
    trial.wait_for_lines(trial.random.randint(1, 24), process)
    workers = [pid for pid in trial.processes() if pid != process.pid]
    if workers and process.poll() is None:
        try:
            os.kill(trial.random.choice(workers), signal.SIGKILL)
            COUNTS["workers killed"] += 1
        except ProcessLookupError:
            pass
    assert process.wait(120) == 0, trial.said()
    assert trial.result.read_text() == str(EXPECTED)
    assert max(trial.begun().values()) <= 2
    assert trial.finished() == set(NAMES.values())


@pytest.mark.parametrize("seed", range(TRIALS))
def test_a_full_disk(seed: int, tmp_path: Path) -> None:
    trial = Trial(tmp_path, seed)
    size = trial.random.randint(20, 400) * 1024
    done = trial.start(FAULT_FILE_SIZE=str(size))
    assert done.wait(120) == 0, trial.said()
    assert trial.result.read_text() == str(EXPECTED), "the run itself needs no disk"
    before = trial.finished()
    assert set(trial.begun().values()) == {1}
    COUNTS["disks full"] += 1
    trial.result.unlink()
    ran = trial.begun()
    recover = trial.status() not in ("", "succeeded")
    again = trial.start(recover="trial" if recover else "")
    assert again.wait(120) == 0, trial.said()
    if recover:
        assert not set(trial.begun() - ran) & before
        COUNTS["nodes found finished"] += len(before)
    assert trial.result.read_text() == str(EXPECTED)


@pytest.mark.parametrize("seed", range(TRIALS))
def test_two_drivers_that_share_a_cache(seed: int, tmp_path: Path) -> None:
    trial = Trial(tmp_path, seed)
    both = [trial.start("sharing"), trial.start("sharing")]
    killed = seed % 3 == 0
    if killed:
        trial.wait_for_lines(trial.random.randint(1, 10), both[0])
        both[0].kill()
    assert both[1].wait(120) == 0, trial.said()
    assert both[0].wait(120) == (-signal.SIGKILL if both[0].returncode else 0)
    assert trial.result.read_text() == str([at * 2 for at in range(6)])
    ended = Counter(line.split()[1] for line in trial.lines() if line.startswith("end"))
    # What was running when its driver was killed has told nobody of what it did, and runs again in the other.
    assert max(trial.begun().values()) <= (2 if killed else 1)
    assert set(ended) == {f"shared-{at}" for at in range(6)}
    COUNTS["caches shared"] += 1


@pytest.mark.parametrize("seed", range(TRIALS))
def test_ctrl_c(seed: int, tmp_path: Path) -> None:
    trial = Trial(tmp_path, seed)
    process = trial.start()
    trial.wait_for_lines(trial.random.randint(1, 26), process)
    process.send_signal(signal.SIGINT)
    if seed % 2:
        time.sleep(trial.random.uniform(0, 0.01))
        process.send_signal(signal.SIGINT)
    assert process.wait(120) in (130, 0, -signal.SIGINT), trial.said()
    trial.wait_for_others()
    recovered(trial, trial.finished(), trial.begun())
    COUNTS["interrupts"] += 1
