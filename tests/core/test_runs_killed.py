"""A workflow whose driver is killed at any moment goes on from what was recorded as finished.

Run as a program, this file makes the trials, in a process that has one thread and may fork.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from fletching import Cache, dynamic, task, workflow
from fletching.context import current_execution
from fletching.expansion import Outcome
from fletching.run.recording import Recorder
from fletching.run.runner import Runner
from fletching.run.store import RunStore
from fletching.run.store_schema import FINISHED

LOG = Path(os.devnull)
"""Where a task that runs leaves the path of its node; the trial names it."""


def leave_trace() -> None:
    execution = current_execution()
    assert execution is not None
    file = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{execution.path}\n".encode())
    os.close(file)


@task(retries=1)
def step(number: int, a: int, b: int) -> int:
    leave_trace()
    return a + b + number


@task
def write(number: int, a: int) -> str:
    leave_trace()
    return "x" * (a % 7 * 100_000)


@task(cache=Cache(version="1"))
def measure(number: int, text: str) -> int:
    leave_trace()
    return len(text)


@dynamic
def several(number: int, a: int) -> int:
    leave_trace()
    total = a
    for at in range(3):
        total = step(number=number + 1 + at, a=total, b=0)
    return total


@workflow
def part(number: int, a: int) -> int:
    return measure(number=number, text=write(number=number, a=a))


def made(seed: int) -> Any:
    """Return a workflow of some calls of any of these; each call has a number of its own, ten apart."""
    chance = random.Random(seed)
    kinds = [chance.choice("sssdpw") for _ in range(14)]
    inputs = [[chance.randrange(-1, at) for _ in range(2)] for at in range(len(kinds))]

    @workflow
    def flow(a: int) -> int:
        values = []
        for at, kind in enumerate(kinds):
            one, other = (a if each < 0 else values[each] for each in inputs[at])
            number = 10 * (at + 1)
            if kind == "s":
                values.append(step(number=number, a=one, b=other))
            elif kind == "d":
                values.append(several(number=number, a=one))
            elif kind == "p":
                values.append(measure(number=number, text=write(number=number + 1, a=one)))
            else:
                values.append(part(number=number, a=one))
        return step(number=0, a=values[-1], b=values[-2])

    return flow


def attempt(flow: Any, recover: str, folder: Path, executor: str | None) -> None:
    recorder = Recorder(recover=recover)
    inputs = flow.bind(a=3)
    recorder.begin(flow, inputs)
    value = Runner(executor=executor, recorder=recorder).run(flow, **inputs)
    (folder / "value").write_text(str(value))
    recorder.end(Outcome(value))


def whole(flow: Any) -> int:
    """Run a workflow to its end, without a thread that a fork would miss."""
    value: int = Runner(executor="inline").run(flow, a=3)
    return value


def trial(seed: int, folder: Path) -> dict[str, int]:
    """Kill a run wherever chance wants it, and recover it until it ends; return what happened."""
    global LOG
    os.environ["FLETCHING_HOME"] = str(folder)
    chance = random.Random(seed)
    flow = made(seed)
    executor = chance.choice([None, "inline", "thread"])
    kills = twice = 0
    recover = ""
    finished: set[str] = set()
    while True:
        kills += 1
        LOG = folder / f"log{kills}"
        # At first too early for any machine, at last late enough for a busy one.
        seconds = chance.uniform(0.0005, 0.002 * 1.6**kills)
        pid = os.fork()
        if pid == 0:
            # Not handled by Python: the process is gone between two instructions of whatever it does.
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, seconds)
            status = 1
            try:
                attempt(flow, recover, folder, executor)
                status = 0
            finally:
                sys.stderr.flush()
                os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert status in (0, -signal.SIGALRM), f"seed {seed}: status {status}"
        # What was recorded as finished before this run began did not run in it.
        twice += len(finished.intersection(LOG.read_text().splitlines() if LOG.exists() else []))
        with RunStore() as store:
            latest = store.runs(limit=1)
            if latest:
                recover = latest[0].id
                finished |= {node.path for node in store.nodes(recover) if node.status in FINISHED}
        if status == 0 or (latest and latest[0].status == "succeeded"):
            break
    expected = (folder / "value").read_text()
    os.environ["FLETCHING_HOME"] = str(folder / "other")
    LOG = Path(os.devnull)
    assert int(expected) == whole(flow), f"seed {seed}"
    return {"kills": kills - 1, "twice": twice, "finished": len(finished)}


def test_nothing_recorded_as_finished_runs_again(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, __file__, "20", str(tmp_path)], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert sum(one["kills"] for one in found) > 20
    assert [one["twice"] for one in found] == [0] * 20


if __name__ == "__main__":
    results = []
    os.environ["FLETCHING_HOME"] = str(Path(sys.argv[2], "first"))
    attempt(made(0), "", Path(sys.argv[2]), "inline")  # what is loaded here need not be in each child
    for number in range(int(sys.argv[1])):
        place = Path(sys.argv[2], str(number))
        place.mkdir()
        results.append(trial(number, place))
    print(json.dumps(results))
