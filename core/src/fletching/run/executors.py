"""Executor: runs one attempt of one task somewhere; core's own, and how one is found by name."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from fletching.errors import ExecutorError, text_of
from fletching.expansion import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextvars import Context

    from fletching.context import Execution

__all__ = [
    "OWN",
    "Attempt",
    "Executor",
    "Inline",
    "Loop",
    "Process",
    "Running",
    "Thread",
    "checked_outcome",
    "close_executor",
    "executor_named",
    "executor_names",
    "stop_running",
    "warn_of_executor",
]


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt, as an executor gets it."""

    execution: Execution
    """Which task, which attempt; `Execution.metadata` and `Execution.overrides` are what counts for it."""
    inputs: Mapping[str, Any]
    """Every input by name, as the caller gave it: the attempt itself carries them."""
    timeout: float | None
    """Seconds after which it has to be stopped, or None."""
    context: Context
    """The context variables it runs with, if it runs in this process."""


class Running(Protocol):
    """An attempt that an executor has taken on."""

    def cancel(self) -> None:
        """Stop it as soon as possible; it still ends by calling ``done``. Doing so twice, or too late, does nothing."""
        ...


@runtime_checkable
class Executor(Protocol):
    """What an entry point of the group ``fletching.executors`` gives when it is called without arguments."""

    name: str
    """Its name in the group."""

    honours: frozenset[str]
    """Which fields of a task's metadata and resources it can keep; see `fletching.run.fields.FIELDS`."""

    slots: int
    """How many attempts it runs at once, where the user says nothing else."""

    def submit(self, attempt: Attempt, done: Callable[[Outcome], None]) -> Running:
        """Begin an attempt and return at once; call ``done`` when it ended, on whatever thread.

        The outcome's value is what `fletching.execution.run_attempt` gives. An error that is the executor's own
        doing, such as a machine that died, is a `WorkerDiedError`, which costs none of the task's retries.
        """
        ...

    def close(self) -> None:
        """Let go of everything; no attempt is running any more."""
        ...


SCHEDULED = frozenset(
    {
        "cache",
        "cache_serialize",
        "cache_version",
        "cache_ignore_input_vars",
        "retries",
        "deprecated",
        "interruptible",
        "environment",
        "secrets",
    }
)
"""What the scheduler, and an attempt itself, keep on every executor of this machine. None of them ever pre-empts an
attempt, so both answers of ``interruptible`` are kept."""


class _Here:
    """What the executors of this process share."""

    name: str
    honours: frozenset[str] = SCHEDULED

    def close(self) -> None:
        """Nothing is kept."""


class _Ended:
    """An attempt that ended before anybody could cancel it."""

    def cancel(self) -> None:
        """Too late."""


class Inline(_Here):
    """One attempt at a time, on the thread that runs the graph."""

    name = "inline"
    slots = 1

    def submit(self, attempt: Attempt, done: Callable[[Outcome], None]) -> Running:
        from fletching.execution import run_attempt

        try:
            outcome = Outcome(run_attempt(attempt.execution, attempt.inputs))
        except BaseException as error:  # noqa: BLE001 - the plan decides what becomes of it
            outcome = Outcome(error=error)
        done(outcome)
        return _Ended()


class Thread(_Here):
    """Attempts on threads of this process."""

    name = "thread"

    def __init__(self) -> None:
        self.slots = min(32, (os.cpu_count() or 1) + 4)

    def submit(self, attempt: Attempt, done: Callable[[Outcome], None]) -> Running:
        from fletching.execution import run_attempt
        from fletching.run.threads import run_in_thread

        work = partial(attempt.context.run, run_attempt, attempt.execution, attempt.inputs)
        return _Stoppable(run_in_thread(work, done).stop)


class Process(_Here):
    """Attempts in processes of their own, which can be stopped and may die without hurting another."""

    name = "process"
    honours = SCHEDULED | {"timeout"}

    def __init__(self) -> None:
        self.slots = os.cpu_count() or 1

    def submit(self, attempt: Attempt, done: Callable[[Outcome], None]) -> Running:
        from fletching.run.call import replayed_inputs
        from fletching.run.threads import run_in_thread
        from fletching.run.workers import run_in_worker

        execution = attempt.execution
        stoppable = _Stoppable()

        def work() -> Any:
            inputs = replayed_inputs(execution.task, attempt.inputs)
            return run_in_worker(execution, inputs, attempt.timeout, running=stoppable.adopt)

        run_in_thread(partial(attempt.context.run, work), done)
        return stoppable


class Loop(_Here):
    """Attempts of async tasks, all on one event loop."""

    name = "loop"
    honours = SCHEDULED | {"timeout"}
    slots = 1000

    def submit(self, attempt: Attempt, done: Callable[[Outcome], None]) -> Running:
        from fletching.run.local import attempt_async
        from fletching.run.loop import start_on_loop

        return _Stoppable(
            start_on_loop(attempt_async(attempt.execution, attempt.inputs, attempt.timeout), attempt.context, done)
        )


class _Stoppable:
    """An attempt and the function that stops it, which may be known only later."""

    def __init__(self, stop: Callable[[], None] | None = None) -> None:
        self._stop = stop
        self._asked = False

    def adopt(self, stoppable: Any) -> None:
        """Take over what stops the attempt, and use it at once if it was asked for already."""
        self._stop = stoppable.stop
        if self._asked:
            stoppable.stop()

    def cancel(self) -> None:
        """Stop it."""
        self._asked = True
        if self._stop is not None:
            self._stop()


OWN: dict[str, type[Any]] = {"inline": Inline, "process": Process, "thread": Thread}
"""The executors that core brings."""


def executor_names() -> tuple[str, ...]:
    """Return the names of every executor that can be asked for; imports none of them."""
    from fletching.plugins import manager

    return tuple(sorted({*OWN, *manager().names("executors")}))


def executor_named(name: str) -> Executor:
    """Return a new executor of a name.

    Raises:
        ExecutorError: there is none of that name, or what a plugin gives is none.
    """
    if name in OWN:
        made: Executor = OWN[name]()
        return made
    from fletching.errors import UnknownPluginError, close_match
    from fletching.plugins import manager

    try:
        found = manager().load("executors", name)
    except UnknownPluginError as error:
        known = executor_names()
        raise ExecutorError(f"{error}{close_match(name, known)}; there is: {', '.join(known)}") from error
    try:
        executor = found()
    except Exception as error:
        raise ExecutorError(
            f"the plugin's executor {name!r} cannot be made: {type(error).__name__}: {text_of(error)}"
        ) from error
    return checked_executor(name, executor)


def checked_executor(name: str, executor: Any) -> Executor:
    """Return what a plugin gives as its executor, if it is one."""
    if not isinstance(executor, Executor):
        raise ExecutorError(f"the plugin's executor {name!r} gave {executor!r}, which lacks a part of an Executor")
    slots: object = executor.slots
    if not isinstance(slots, int) or slots < 1:
        raise ExecutorError(
            f"the plugin's executor {name!r} has slots={slots!r}; it is a number of attempts, 1 or more"
        )
    if not isinstance(executor.honours, Collection):
        raise ExecutorError(f"the plugin's executor {name!r} has honours={executor.honours!r}; it is a set of names")
    return executor


def checked_outcome(executor: Executor, outcome: object) -> Outcome:
    """Return what an executor says came of an attempt; an error in its place if it says nothing that makes sense."""
    if isinstance(outcome, Outcome) and (outcome.error is None or isinstance(outcome.error, BaseException)):
        return outcome
    return Outcome(error=ExecutorError(f"executor {executor.name!r} ended an attempt with {outcome!r}, not an Outcome"))


def stop_running(executor: Executor, running: Running | None) -> None:
    """Tell an attempt to stop; an executor that cannot even be told is warned of, and stops nothing else."""
    if running is not None:
        try:
            running.cancel()
        except Exception as error:  # noqa: BLE001 - a plugin's
            warn_of_executor(
                f"executor {executor.name!r} failed to stop an attempt: {type(error).__name__}: {text_of(error)}"
            )


def close_executor(executor: Executor) -> None:
    """Let go of an executor; one that fails to end is warned of, and takes nothing from what it has done."""
    try:
        executor.close()
    except Exception as error:  # noqa: BLE001 - a plugin's
        warn_of_executor(f"executor {executor.name!r} failed to close: {type(error).__name__}: {text_of(error)}")


def warn_of_executor(message: str) -> None:
    """Warn of what an executor does, where the user's own code called."""
    import warnings

    from fletching.errors import ExecutionWarning
    from fletching.frames import caller_level

    warnings.warn(message, ExecutionWarning, stacklevel=caller_level())
