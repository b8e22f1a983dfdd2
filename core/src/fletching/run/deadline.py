"""Attempts with a deadline: they run in a process of their own, because nothing else can really be stopped.

A thread in a C loop cannot be interrupted, so an attempt of a sync task that has a ``timeout`` gets a worker
process. At the deadline the worker's whole process group is killed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.errors import ExecutionWarning, TaskTimeoutError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fletching.context import Execution

__all__ = ["run_with_deadline", "timed_out", "without_process"]


def timed_out(execution: Execution, seconds: float) -> TaskTimeoutError:
    """Return the error of an attempt that was stopped at its deadline."""
    return TaskTimeoutError(
        f"task {execution.task_name!r} was stopped after its timeout of {seconds:g} s; raise timeout= or make it faster"
    )


def run_with_deadline(execution: Execution, inputs: Mapping[str, Any], seconds: float) -> Any:
    """Run one attempt in a worker process and stop it for good after ``seconds``.

    Raises:
        TaskTimeoutError: it was stopped.
        WorkerDiedError: the process ended without a result.
    """
    from fletching.run.workers import run_in_worker

    return run_in_worker(execution, inputs, seconds)


def without_process(execution: Execution, inputs: Mapping[str, Any], seconds: float | None) -> Any:
    """Run one attempt here, where the platform knows no processes that can be killed with all they started."""
    import warnings

    from fletching.execution import run_attempt, run_attempt_async
    from fletching.frames import caller_level

    if seconds is not None:
        message = "this platform cannot stop a running task: its timeout is not kept"
        warnings.warn(message, ExecutionWarning, stacklevel=caller_level())
    if getattr(execution.task, "is_async", False):
        import asyncio

        return asyncio.run(run_attempt_async(execution, inputs))
    return run_attempt(execution, inputs)
