"""What becomes of an attempt that is told to stop while it is on its way, and of the run around it."""

from __future__ import annotations

import subprocess
import sys
import threading
from contextvars import copy_context
from typing import TYPE_CHECKING

from fletching import task
from fletching.errors import RunCancelledError
from fletching.extend import Attempt, Execution, Outcome, executor_named

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

RAN: list[int] = []


@task
def noted(a: int) -> int:
    RAN.append(a)
    return a


def test_an_attempt_that_was_stopped_before_its_thread_began_never_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes: list[Outcome] = []
    ended = threading.Event()

    def done(outcome: Outcome) -> None:
        outcomes.append(outcome)
        ended.set()

    executor = executor_named("thread")
    attempt = Attempt(execution=Execution(noted), inputs={"a": 1}, timeout=None, context=copy_context())
    late: list[threading.Thread] = []

    def start(thread: threading.Thread) -> None:
        late.append(thread)

    with monkeypatch.context() as patch:
        patch.setattr("fletching.run.threads._pools", [])  # no thread waits for work
        patch.setattr(threading.Thread, "start", start)
        executor.submit(attempt, done).cancel()
    for thread in late:
        thread.start()
    assert ended.wait(60)
    assert isinstance(outcomes[0].error, RunCancelledError)
    assert RAN == []
    assert (len(late), len(outcomes)) == (1, 1)


TRACED = """
import sys, threading
from fletching import task, workflow

started = threading.Event()

@task
def goes_on(a: int) -> int:
    started.set()
    while True:
        a = a * 3 % 1000003

@task
def fails(a: int) -> int:
    started.wait()
    raise KeyError("boom")

@workflow
def flow(a: int) -> tuple[int, int]:
    return goes_on(a=a), fails(a=a)

def answer() -> int:
    return 42

try:
    flow(a=1)
except KeyError:
    sys.settrace(lambda *event: None)
    print(answer())
"""


def test_a_debugger_can_go_on_after_an_attempt_was_stopped(tmp_path: Path) -> None:
    (tmp_path / "traced.py").write_text(TRACED, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "traced.py"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.stdout, done.stderr) == ("42\n", "")
