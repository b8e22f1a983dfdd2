"""What becomes of an attempt that is told to stop while it is on its way, and of the run around it."""

from __future__ import annotations

import sys
import threading
from contextvars import copy_context

from fletching import task
from fletching.errors import RunCancelledError
from fletching.extend import Attempt, Execution, Outcome, executor_named

RAN: list[int] = []


@task
def noted(a: int) -> int:
    RAN.append(a)
    return a


def test_an_attempt_that_was_stopped_before_its_thread_began_never_runs() -> None:
    outcomes: list[Outcome] = []
    ended = threading.Event()

    def done(outcome: Outcome) -> None:
        outcomes.append(outcome)
        ended.set()

    executor = executor_named("thread")
    attempt = Attempt(execution=Execution(noted), inputs={"a": 1}, timeout=None, context=copy_context())
    before = sys.getswitchinterval()
    sys.setswitchinterval(60)  # its thread cannot begin before this one waits
    try:
        executor.submit(attempt, done).cancel()
    finally:
        sys.setswitchinterval(before)
    assert ended.wait(60)
    assert isinstance(outcomes[0].error, RunCancelledError)
    assert RAN == []
    assert len(outcomes) == 1
