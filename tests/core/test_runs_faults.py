"""The run store when processes are killed, disks are full, files are damaged: nothing that counted is lost.

Run as a program, this file makes the trials, in a process that has one thread and may fork.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fletching import task
from fletching.errors import RunStoreError, RunStoreWarning
from fletching.expansion import Outcome
from fletching.run.recording import Recorder
from fletching.run.store import RunStore


@task
def number(a: int) -> int:
    return a + 1


@task
def text(a: int) -> str:
    return "x" * SIZES[a % len(SIZES)]


SIZES = (1, 5_000, 300_000)
"""A text in the node's row, one in a row of its own, one in a file."""
NODES = 12


def call(entity: Any, inputs: Mapping[str, Any], path: str) -> Any:
    return SimpleNamespace(entity=entity, inputs=inputs, path=path, parent=None, upstream=(), entry=None)


def work(recorder: Recorder, tell: Any, together: int = 1) -> int:
    """A run of a chain: each node has two numbers from the one before; ``tell`` hears what ran and what counts."""
    total, waiting = 0, []
    recorder.begin(number, {"a": 0})
    for at in range(NODES):
        if not waiting and together > 1:
            recorder.begin_batch()
        entity = text if at % 3 == 2 else number
        one = call(entity, {"a": total}, f"n{at}")
        recorder.started(one)
        found = recorder.recall(one)
        if found is None:
            tell("ran", at)
            recorder.attempt(one, 0, "inline")
            value = entity.task_function(total)
        else:
            value = found.value
        recorder.ended(one, Outcome(value), "succeeded" if found is None else "recovered")
        waiting.append(at)
        if len(waiting) >= together or at == NODES - 1:
            if together > 1:
                recorder.flush()
            for each in waiting:
                tell("counts", each)
            waiting.clear()
        total += value if isinstance(value, int) else len(value)
    recorder.end(Outcome(total))
    return total


def forked(work: Any) -> int:
    """Run ``work`` in a child and return its status; negative for a signal."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def killed_trial(seed: int, folder: Path) -> dict[str, int]:
    """Kill a run wherever chance wants it, and recover it until it ends; return what happened."""
    chance = random.Random(seed)
    log = folder / "log"
    path = str(folder / "runs.db")
    kills = again = 0
    expected = None
    while True:
        steps = chance.randrange(1, 60 + 50 * kills)
        together = chance.choice([1, 1, 3, 5])

        def attempt(steps: int = steps, together: int = together) -> None:
            left = iter(range(steps))

            def step(*_: object) -> None:
                if next(left, None) is None:
                    os.kill(os.getpid(), signal.SIGKILL)

            def tell(what: str, at: int) -> None:
                step()
                with open(log, "a") as file:
                    file.write(f"{what} {at}\n")
                step()

            store = RunStore(path)
            recover = store.runs()[0].id if store.runs() else ""
            # Whatever it asks SQLite to do, and whatever is between, may be the last thing it does.
            store.connection().set_trace_callback(step)
            total = work(Recorder(store, recover=recover), tell, together)
            (folder / "total").write_text(str(total))

        status = forked(attempt)
        with RunStore(path) as store:
            (sound,) = store.connection().execute("PRAGMA integrity_check").fetchone()
            assert sound == "ok", sound
            latest = store.runs(limit=1)
            if status == 0:
                break
            assert status == -signal.SIGKILL, f"seed {seed}: status {status}"
            kills += 1
            assert not latest or latest[0].status in ("lost", "succeeded"), latest
            if latest and latest[0].status == "succeeded":
                break  # killed after all was said
    counted: set[str] = set()
    for line in log.read_text().splitlines():
        what, at = line.split()
        again += what == "ran" and at in counted
        if what == "counts":
            counted.add(at)
    assert len(counted) == NODES
    if (folder / "total").exists():
        expected = int((folder / "total").read_text())
        assert expected == TOTAL, expected
    return {"kills": kills, "twice": again}


def writers_trial(folder: Path) -> dict[str, int]:
    """Let processes write runs at the same time, into a store that none of them has made yet."""
    path = str(folder / "runs.db")

    def write() -> None:
        warnings.simplefilter("error")
        for _ in range(20):
            work(Recorder(RunStore(path)), lambda *_: None)

    pids = []
    for _ in range(3):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                write()
                status = 0
            finally:
                os._exit(status)
        pids.append(pid)
    failed = sum(os.waitpid(pid, 0)[1] != 0 for pid in pids)
    with RunStore(path) as store:
        runs = store.runs(limit=None, status="succeeded")
        nodes = sum(len(store.nodes(run.id)) for run in runs)
    return {"failed": failed, "runs": len(runs), "nodes": nodes}


def full_trial(seed: int, folder: Path) -> dict[str, int]:
    """Forbid files of more than some bytes while a run is recorded; return what was recorded and what ran again."""
    limit = random.Random(seed).choice([100_000, 400_000]) * random.Random(seed + 1).random()
    path = str(folder / "runs.db")
    with RunStore(path) as store:
        work(Recorder(store), lambda *_: None)
    ran: list[int] = []
    counts = folder / "counts"

    def full() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            store = RunStore(path)
            recorder = Recorder(store, name="full")
            assert work(recorder, lambda *_: None) == TOTAL
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert all(one.category is RunStoreWarning for one in told)
        counts.write_text(str(len(told)))

    assert forked(full) == 0
    with RunStore(path) as store:
        (sound,) = store.connection().execute("PRAGMA integrity_check").fetchone()
        assert sound == "ok"
        runs = store.runs(name="full")
        finished = [node for run in runs for node in store.nodes(run.id) if node.outputs]
        if runs and runs[0].status == "succeeded":
            return {"warned": int(counts.read_text()), "finished": len(finished), "ran": NODES - len(finished)}
        if runs:
            work(Recorder(store, recover=runs[0].id), lambda what, at: ran.append(at) if what == "ran" else None)
    return {"warned": int(counts.read_text()), "finished": len(finished), "ran": len(ran) if runs else NODES}


def fork_trial(folder: Path) -> dict[str, int]:
    """Use a store in a child that was opened by its parent, while the parent goes on using it."""
    store = RunStore(str(folder / "runs.db"))
    for _ in range(5):
        work(Recorder(RunStore(store.path)), lambda *_: None)
        mine = store.connection()

        def child(mine: sqlite3.Connection = mine) -> None:
            assert store.connection() is not mine
            assert len(store.runs()) > 0
            store.close()
            work(Recorder(store), lambda *_: None)

        assert forked(child) == 0
        assert store.connection() is mine
    runs = len(store.runs(status="succeeded"))
    store.close()
    return {"runs": runs}


def total_of_a_whole_run() -> int:
    total = 0
    for at in range(NODES):
        total += SIZES[total % 3] if at % 3 == 2 else total + 1
    return total


TOTAL = total_of_a_whole_run()


def trials(kind: str, count: int, folder: Path) -> list[dict[str, int]]:
    work(Recorder(RunStore(str(folder / "first.db"))), lambda *_: None)  # what is loaded here need not be in each child
    found = []
    for seed in range(count):
        place = folder / str(seed)
        place.mkdir()
        if kind == "killed":
            found.append(killed_trial(seed, place))
        elif kind == "writers":
            found.append(writers_trial(place))
        elif kind == "forked":
            found.append(fork_trial(place))
        else:
            found.append(full_trial(seed, place))
    return found


def ask(kind: str, count: int, folder: Path) -> list[dict[str, int]]:
    done = subprocess.run(
        [sys.executable, __file__, kind, str(count), str(folder)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: list[dict[str, int]] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_nothing_that_counted_runs_again_after_a_kill(tmp_path: Path) -> None:
    found = ask("killed", 50, tmp_path)
    assert sum(one["kills"] for one in found) > 50
    assert [one["twice"] for one in found] == [0] * 50


def test_processes_that_write_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    assert ask("writers", 1, tmp_path) == [{"failed": 0, "runs": 60, "nodes": 60 * NODES}]


def test_a_store_survives_a_fork(tmp_path: Path) -> None:
    assert ask("forked", 1, tmp_path) == [{"runs": 10}]


def test_a_full_disk_costs_a_warning_and_no_run(tmp_path: Path) -> None:
    found = ask("full", 30, tmp_path)
    assert any(one["warned"] for one in found)
    assert all(one["warned"] <= 1 for one in found)
    # What was told to be finished is not run again, and what could not be written is.
    assert all(one["finished"] + one["ran"] == NODES for one in found)
    assert any(0 < one["finished"] < NODES for one in found)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore(str(tmp_path / "runs.db")) as made:
        yield made


def content(store: RunStore) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in Path(store.folder).iterdir() if each.is_file()}


@pytest.mark.parametrize("damage", ["text", "middle"])
def test_a_damaged_file_is_named(store: RunStore, damage: str) -> None:
    place = Path(store.path)
    if damage == "middle":
        for _ in range(30):
            work(Recorder(store), lambda *_: None)
        data = bytearray(place.read_bytes())
        data[4096:] = random.Random(1).randbytes(len(data) - 4096)  # some bytes look like a page, these don't
        place.write_bytes(data)
    else:
        place.write_bytes(b"this is no database, and it is long enough not to look like an empty one" * 99)
    before = place.read_bytes()
    with pytest.raises(
        RunStoreError, match=r"the run store '.*runs.db' cannot be used: .*; it is damaged: move it away"
    ):
        store.nodes(store.runs()[0].id)
    store.close()
    with pytest.warns(RunStoreWarning, match=r"runs.db.*it goes on"):
        assert work(Recorder(store), lambda *_: None) == TOTAL
    assert place.read_bytes() == before


def test_a_store_of_a_later_version_is_left_alone(store: RunStore) -> None:
    work(Recorder(store), lambda *_: None)
    with sqlite3.connect(store.path) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    before = content(store)
    with pytest.raises(RunStoreError, match=r"by a later version of Fletching .* version 99.*; upgrade fletching"):
        store.runs()
    with pytest.warns(RunStoreWarning, match="version 99"):
        assert work(Recorder(store), lambda *_: None) == TOTAL
    assert content(store) == before


def test_a_store_that_another_process_holds_costs_a_warning(store: RunStore) -> None:
    store.connection(patience=0.05)
    recorder = Recorder(store)
    recorder.begin(number, {"a": 0})
    one = call(number, {"a": 1}, "n0")
    recorder.started(one)  # is written at once if nothing was for a while
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.warns(RunStoreWarning, match="locked"):
        recorder.ended(one, Outcome(2), "succeeded")
    recorder.ended(call(number, {"a": 2}, "n1"), Outcome(3), "succeeded")  # and no second warning
    other.execute("ROLLBACK")
    other.close()
    recorder.end(Outcome(error=ValueError()))
    # What could not be written waited, and was written when that was possible again.
    assert [node.status for node in store.nodes(store.runs()[0].id)] == ["succeeded"] * 2


def test_threads_have_connections_of_their_own(store: RunStore) -> None:
    ids: list[str] = []

    def run() -> None:
        recorder = Recorder(RunStore(store.path))
        run_id = recorder.begin(number, {"a": 0})
        recorder.end(Outcome(1))
        ids.append(run_id)
        ids.append(store.run(run_id).status)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(set(ids)) == 5
    assert len(store.runs(limit=None)) == 4


if __name__ == "__main__":
    print(json.dumps(trials(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))))
