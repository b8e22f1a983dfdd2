"""Calls that run at once, in the caller's own process, or beside it where a deadline has to be kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fletching.execution import run_attempt, run_attempt_async
from fletching.run.call import Outcome, Wait, call_plan, repeatable
from fletching.run.gate import open_gate_if_unused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fletching.context import Execution

__all__ = ["run_call", "run_call_async"]


def run_call(task: Any, inputs: Mapping[str, Any]) -> Any:
    """Run one call of a sync task and return what the caller sees.

    Args:
        task: the task.
        inputs: every input by name, as the caller gave them.
    """
    open_gate_if_unused()
    _warn_if_deprecated(task)
    inputs = repeatable(task, inputs)
    plan = call_plan(task, inputs)
    try:
        step = next(plan)
        while True:
            if isinstance(step, Wait):
                time.sleep(step.seconds)
                outcome = Outcome()
            else:
                try:
                    outcome = Outcome(_attempt(step, inputs))
                except BaseException as error:  # noqa: BLE001 - the plan decides, then it is raised
                    outcome = Outcome(error=error)
            step = plan.send(outcome)
    except StopIteration as done:
        ended: Outcome = done.value
    finally:
        plan.close()
    return _result(ended)


async def run_call_async(task: Any, inputs: Mapping[str, Any]) -> Any:
    """Run one call of an async task on the running loop; the twin of `run_call`."""
    import asyncio

    open_gate_if_unused()
    _warn_if_deprecated(task)
    inputs = repeatable(task, inputs)
    plan = call_plan(task, inputs)
    try:
        step = next(plan)
        while True:
            if isinstance(step, Wait):
                await asyncio.sleep(step.seconds)
                outcome = Outcome()
            else:
                try:
                    outcome = Outcome(await _attempt_async(step, inputs))
                except BaseException as error:  # noqa: BLE001 - the plan decides, then it is raised
                    outcome = Outcome(error=error)
            step = plan.send(outcome)
    except StopIteration as done:
        ended: Outcome = done.value
    finally:
        plan.close()
    return _result(ended)


def _result(outcome: Outcome) -> Any:
    if outcome.error is not None:
        raise outcome.error
    return outcome.value


def _attempt(execution: Execution, inputs: Mapping[str, Any]) -> Any:
    timeout = execution.task.metadata.timeout
    if not timeout:
        return run_attempt(execution, inputs)
    from fletching.run.deadline import run_with_deadline

    return run_with_deadline(execution, inputs, timeout.total_seconds())


async def _attempt_async(execution: Execution, inputs: Mapping[str, Any]) -> Any:
    timeout = execution.task.metadata.timeout
    if not timeout:
        return await run_attempt_async(execution, inputs)
    import asyncio

    from fletching.run.deadline import timed_out

    scope = asyncio.timeout(timeout.total_seconds())
    try:
        async with scope:
            return await run_attempt_async(execution, inputs)
    except TimeoutError as error:
        # The task's own TimeoutError is the user's; only the deadline's becomes ours.
        if scope.expired():
            raise timed_out(execution, timeout.total_seconds()) from error
        raise


def _warn_if_deprecated(task: Any) -> None:
    if task.metadata.deprecated:
        import warnings

        from fletching.errors import TaskDeprecatedWarning
        from fletching.frames import caller_level

        message = f"task {task.name!r} is deprecated: {task.metadata.deprecated}"
        warnings.warn(message, TaskDeprecatedWarning, stacklevel=caller_level())
