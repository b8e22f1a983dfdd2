"""Calls that run at once: a single one on the caller's own thread or loop, one that consists of others by a machine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fletching.context import RECORDER, Execution
from fletching.execution import run_attempt, run_attempt_async
from fletching.expansion import Outcome
from fletching.gate import open_gate_if_unused
from fletching.run.call import Wait, begin_attempt, call_plan, new_call, repeatable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fletching.expansion import Expansion
    from fletching.run.call import Call

__all__ = [
    "attempt_async",
    "run_call",
    "run_call_async",
    "run_expansion",
    "run_expansion_async",
    "warn_if_deprecated",
]


def run_call(entity: Any, inputs: Mapping[str, Any]) -> Any:
    """Run one call of what is not async and return what the caller sees.

    Args:
        entity: a task, a workflow, anything executable.
        inputs: every input by name, as the caller gave them.
    """
    call = _opened(entity, inputs)
    plan = call_plan(call)
    try:
        step = next(plan)
        while True:
            if isinstance(step, Wait):
                time.sleep(step.seconds)
                outcome = Outcome()
            elif isinstance(step, Execution):
                try:
                    outcome = Outcome(_attempt(call, step))
                except BaseException as error:  # noqa: BLE001 - the plan decides, then it is raised
                    outcome = Outcome(error=error)
            else:
                outcome = run_expansion(call, step)
            step = plan.send(outcome)
    except StopIteration as done:
        ended: Outcome = done.value
    finally:
        plan.close()
    return _result(ended)


async def run_call_async(entity: Any, inputs: Mapping[str, Any]) -> Any:
    """Run one call on the running loop; the twin of `run_call`."""
    import asyncio

    call = _opened(entity, inputs)
    plan = call_plan(call)
    try:
        step = next(plan)
        while True:
            if isinstance(step, Wait):
                await asyncio.sleep(step.seconds)
                outcome = Outcome()
            elif isinstance(step, Execution):
                try:
                    outcome = Outcome(await _attempt_async(call, step))
                except BaseException as error:  # noqa: BLE001 - the plan decides, then it is raised
                    outcome = Outcome(error=error)
            else:
                outcome = await run_expansion_async(call, step)
            step = plan.send(outcome)
    except StopIteration as done:
        ended: Outcome = done.value
    finally:
        plan.close()
    return _result(ended)


def run_expansion(call: Call, expansion: Expansion) -> Outcome:
    """Run the calls that are the work of ``call``, and return how they ended together."""
    from fletching.run.machine import Machine

    return Machine(call.options).run_inside(call, expansion)


async def run_expansion_async(call: Call, expansion: Expansion) -> Outcome:
    """Run the calls that are the work of ``call`` by a machine on a thread of its own; cancelled, it stops them."""
    import asyncio
    from contextvars import copy_context
    from functools import partial

    from fletching.run.machine import Machine
    from fletching.run.threads import run_in_thread

    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Outcome] = loop.create_future()
    context = copy_context()
    context.run(RECORDER.set, None)
    machine = Machine(call.options, may_be_inline=False)

    def done(outcome: Outcome) -> None:
        if outcome.error is None:
            outcome = outcome.value  # the machine's own
        try:
            loop.call_soon_threadsafe(hear, outcome)
        except RuntimeError:
            pass  # the loop was closed meanwhile: nobody waits

    def hear(outcome: Outcome) -> None:
        if not ended.done():
            ended.set_result(outcome)

    run_in_thread(partial(context.run, machine.run_inside, call, expansion), done)
    try:
        return await asyncio.shield(ended)
    except asyncio.CancelledError:
        machine.stop()
        await asyncio.wait([ended])
        raise


def _opened(entity: Any, inputs: Mapping[str, Any]) -> Call:
    open_gate_if_unused()
    metadata = entity.metadata
    if metadata.deprecated:
        warn_if_deprecated(entity)
    return new_call(entity, repeatable(entity, inputs, metadata))


def _result(outcome: Outcome) -> Any:
    if outcome.error is not None:
        raise outcome.error
    return outcome.value


def _attempt(call: Call, execution: Execution) -> Any:
    timeout: Any = call.metadata.timeout
    begin_attempt(call, execution, "process" if timeout else "inline")
    if not timeout:
        return run_attempt(execution, call.inputs)
    from fletching.run.deadline import run_with_deadline

    return run_with_deadline(execution, call.inputs, timeout.total_seconds())


async def _attempt_async(call: Call, execution: Execution) -> Any:
    timeout: Any = call.metadata.timeout
    begin_attempt(call, execution, "loop")
    return await attempt_async(execution, call.inputs, timeout.total_seconds() if timeout else None)


async def attempt_async(execution: Execution, inputs: Mapping[str, Any], timeout: float | None) -> Any:
    """Run one attempt of an async task on the running loop, cancelled when its timeout, in seconds, is over."""
    if not timeout:
        return await run_attempt_async(execution, inputs)
    import asyncio

    from fletching.run.deadline import timed_out

    scope = asyncio.timeout(timeout)
    try:
        async with scope:
            return await run_attempt_async(execution, inputs)
    except TimeoutError as error:
        # The task's own TimeoutError is the user's; only the deadline's becomes ours.
        if scope.expired():
            raise timed_out(execution, timeout) from error
        raise


def warn_if_deprecated(entity: Any) -> None:
    """Give the warning of a task that should not be called any more."""
    import warnings

    from fletching.errors import TaskDeprecatedWarning
    from fletching.frames import caller_level

    message = f"task {entity.name!r} is deprecated: {entity.metadata.deprecated}"
    warnings.warn(message, TaskDeprecatedWarning, stacklevel=caller_level())
