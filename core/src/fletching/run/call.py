"""What a call goes through: cache, attempts, waits, events; one state machine for sync and async callers alike."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from fletching.context import Execution, current_execution
from fletching.run import events
from fletching.run.retry import delay, may_repeat

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

__all__ = ["Outcome", "Wait", "call_plan", "repeatable"]

_numbers = itertools.count(1)


class Outcome(NamedTuple):
    """What a step gave: a value, or an error that is not None."""

    value: Any = None
    error: BaseException | None = None


class Wait(NamedTuple):
    """Asks the driver to do nothing for a while."""

    seconds: float


class Reporter:
    """Tells the events of one call."""

    def __init__(self, task: Any) -> None:
        outer = current_execution()
        self.task = task
        self.call = next(_numbers)
        self.started = time.perf_counter()
        self.depth = 0 if outer is None else outer.depth + 1

    def __call__(self, kind: events.Kind, attempt: int = 0, error: BaseException | None = None) -> None:
        if events.observed():
            seconds = time.perf_counter() - self.started
            events.emit(
                events.Event(
                    kind=kind,
                    task=self.task.name,
                    call=self.call,
                    at=events.now(),
                    attempt=attempt,
                    seconds=seconds,
                    error=error,
                    depth=self.depth,
                )
            )


def repeatable(task: Any, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the inputs with lists for iterators where they are read more than once.

    That is to make a key of them, for a second attempt, and to send them to another process.
    """
    metadata = task.metadata
    if not (inputs and (metadata.cache or metadata.retries or metadata.timeout)):
        return inputs
    from fletching.types.iterators import holds_iterator, replayed

    kinds = task.python_interface.inputs
    return {name: replayed(value) if holds_iterator(kinds[name]) else value for name, value in inputs.items()}


def call_plan(task: Any, inputs: Mapping[str, Any]) -> Generator[Execution | Wait, Outcome, Outcome]:
    """Yield the steps of one call and return how it ended.

    The driver runs each yielded `Execution` as one attempt, sleeps for each `Wait`, and sends the `Outcome` in.
    Errors travel as values: an exception thrown through a generator could not be a ``StopIteration``.
    """
    report = Reporter(task)
    report("started")
    entry = None
    if task.metadata.cache:
        from fletching.run.cache import open_entry

        entry = open_entry(task, inputs)
    try:
        if entry is not None:
            while task.metadata.cache_serialize and not entry.try_lock():
                yield Wait(0.02)
            found = entry.read()
            if found is not None:
                report("cached")
                return Outcome(found.value)
        outcome = yield from _attempts(task, report)
        if entry is not None and outcome.error is None:
            outcome = Outcome(entry.write(outcome.value))
    finally:
        if entry is not None:
            entry.unlock()
    report("finished" if outcome.error is None else "failed", error=outcome.error)
    return outcome


def _attempts(task: Any, report: Reporter) -> Generator[Execution | Wait, Outcome, Outcome]:
    execution = Execution(task)
    execution.depth = report.depth
    retries = task.metadata.retries
    for attempt in itertools.count():
        report("attempt", attempt)
        outcome = yield execution
        if outcome.error is None or attempt >= retries or not may_repeat(task, outcome.error):
            return outcome
        report("retrying", attempt, outcome.error)
        yield Wait(delay(attempt))
        following = Execution(task, attempt + 1, execution.executor, execution.folder)
        following.depth = execution.depth
        execution = following
    raise AssertionError("unreachable: the loop above only ends by returning")
