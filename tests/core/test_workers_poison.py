"""Tasks that ruin the process they run in, while others run in other workers at the same moment."""

from __future__ import annotations

import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from fletching.errors import WorkerDiedError
from fletching.run import workers
from fletching.run.workers import run_in_worker
from worker_tasks import echo, execution, mistreat

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs signals, forks and /proc")

SIGNALLED = {"reads no memory": "SIGSEGV", "aborts": "SIGABRT", "is killed": "SIGKILL"}
EXITED = {"leaves": 3, "closes everything": 1}
OTHERS = ("writes everywhere", "leaves a child with the socket", "recurses", "exits")
WAYS = (*SIGNALLED, *EXITED, *OTHERS)


def outcome(how: str) -> Any:
    try:
        return run_in_worker(execution(mistreat), {"how": how})
    except (Exception, SystemExit) as error:
        return error


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose task closed everything may take its time to end by itself, on a busy machine."""
    monkeypatch.setattr(workers, "LAST_SECONDS", 60.0)


def test_the_neighbours_of_poisoned_tasks_do_not_notice() -> None:
    with ThreadPoolExecutor(6) as pool:
        bad = [pool.submit(outcome, how) for how in (*WAYS, *WAYS)]
        good = [pool.submit(run_in_worker, execution(echo), {"x": x}) for x in range(60)]
        assert [each.result() for each in good] == list(range(60))
        found = dict(zip(WAYS, [each.result() for each in bad], strict=False))
    for how, signal in SIGNALLED.items():
        assert (found[how].signal, found[how].exit_code, found[how].system) == (signal, None, signal == "SIGKILL")
    for how, code in EXITED.items():
        assert (found[how].signal, found[how].exit_code, found[how].system) == (None, code, False)
    for how in set(WAYS) - {"recurses", "exits"}:
        assert isinstance(found[how], WorkerDiedError), how
    assert isinstance(found["recurses"], (WorkerDiedError, RecursionError))  # 3.12 counts calls of C functions
    assert isinstance(found["exits"], SystemExit)


def test_a_worker_that_died_is_noticed_though_a_child_has_its_socket() -> None:
    with pytest.raises(WorkerDiedError, match="was killed by SIGSEGV before it gave a result"):
        run_in_worker(execution(mistreat), {"how": "leaves a child with the socket"})


def test_how_a_worker_died_survives_a_journey() -> None:
    error = pickle.loads(pickle.dumps(outcome("is killed")))
    assert str(error) == f"the worker process of task {mistreat.name!r} was killed by SIGKILL before it gave a result"
    assert (error.signal, error.exit_code, error.system) == ("SIGKILL", None, True)
    error = pickle.loads(pickle.dumps(outcome("leaves")))
    assert (error.signal, error.exit_code, error.system) == (None, 3, False)
