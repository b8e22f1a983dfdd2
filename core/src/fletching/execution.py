"""One attempt of one task: enter its context, carry the inputs, run it, carry the outputs, leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from fletching.context import STATE
from fletching.errors import ConversionError, add_note
from fletching.expansion import Expansion

if TYPE_CHECKING:
    from collections.abc import Callable

    from fletching.context import Execution

__all__ = ["Crossing", "around", "note_attempt", "run_attempt", "run_attempt_async"]


class Crossing(Protocol):
    """How values get into an attempt and out of it."""

    @property
    def carry_inputs(self) -> Callable[[Any], dict[str, Any]]:
        """Takes the inputs, gives the values that the task sees, by name."""
        ...

    @property
    def carry_outputs(self) -> Callable[[Any], Any]:
        """Takes what the task returned, gives what the attempt gives."""
        ...


def run_attempt(execution: Execution, inputs: Any, crossing: Crossing | None = None) -> Any:
    """Run one attempt of a sync task and return its outputs as the caller sees them.

    Args:
        execution: which task, which attempt.
        inputs: the arguments as the caller gave them. Each attempt carries them anew, so that one attempt never
            sees what another did to its inputs.
        crossing: how they come in, and the outputs out; without one, from a caller of this process and back to it.
    """
    task = execution.task
    token = STATE.set(execution)
    try:
        with around(execution):
            crossing = crossing or task.compiled
            native = _prepare(execution, inputs, crossing)
            return _finish(execution, task.execute(**native), crossing)
    except BaseException as error:
        note_attempt(execution, error)
        raise
    finally:
        STATE.reset(token)
        execution.end()


async def run_attempt_async(execution: Execution, inputs: Any, crossing: Crossing | None = None) -> Any:
    """Run one attempt of an async task on the running loop; the twin of `run_attempt`."""
    task = execution.task
    token = STATE.set(execution)
    try:
        with around(execution):
            crossing = crossing or task.compiled
            native = _prepare(execution, inputs, crossing)
            return _finish(execution, await task.async_execute(**native), crossing)
    except BaseException as error:
        note_attempt(execution, error)
        raise
    finally:
        STATE.reset(token)
        execution.end()


def _prepare(execution: Execution, inputs: Any, crossing: Crossing) -> dict[str, Any]:
    task = execution.task
    # Before the inputs are carried: a transformer may need what it sets up.
    parameters = task.pre_execute(execution.parameters)
    if parameters is not None:
        execution.parameters = parameters
    return crossing.carry_inputs(inputs)


def _finish(execution: Execution, value: Any, crossing: Crossing) -> Any:
    task = execution.task
    if isinstance(value, Expansion):
        return value  # the work goes on in calls of others, and what they give is carried where it is given
    return crossing.carry_outputs(task.post_execute(execution.parameters, value))


def note_attempt(execution: Execution, error: BaseException) -> None:
    """Add to the user's own exception which task and attempt it left, and nothing else."""
    if isinstance(error, ConversionError) and error.task == execution.task.short_name:
        return  # its message says so already
    attempts = execution.metadata.retries + 1
    which = f", attempt {execution.attempt + 1} of {attempts}" if attempts > 1 else ""
    add_note(error, f"in task {execution.task_name!r}{which}")


class _Around:
    """What `around` gives. Not a generator: contextlib sets attributes of the error, and a frozen one refuses."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution
        self._entered: list[Any] = []

    def __enter__(self) -> None:
        from fletching.plugins import manager

        task = self._execution.task
        try:
            if task.environment or task.security_context:
                from fletching.environment import task_environment

                environment = task_environment(task)
                if environment is not None:
                    environment.__enter__()
                    self._entered.append(environment)
            if manager().has_hooks("fletching_around_execution"):
                for each in manager().around_execution(self._execution):
                    each.__enter__()
                    self._entered.append(each)
        except BaseException as error:
            _leave(self._entered, error)
            raise

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        _leave(self._entered, error)


def around(execution: Execution) -> _Around:
    """Enter what hooks put around an attempt, and the task's environment; leave in reverse order.

    A context manager sees the attempt's error and cannot swallow it. One that fails itself stops the attempt.
    """
    return _Around(execution)


def _leave(entered: list[Any], failure: BaseException | None) -> None:
    broken: BaseException | None = None
    for each in reversed(entered):
        try:
            if failure is None:
                each.__exit__(None, None, None)
            else:
                each.__exit__(type(failure), failure, failure.__traceback__)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the others are still left
            if error is failure:
                continue
            if failure is None:
                failure = broken = error
            else:
                # The task's own error is what the user has to see first; nothing is lost.
                add_note(failure, f"while leaving a hook's context manager: {type(error).__name__}: {error}")
    if broken is not None:
        raise broken
