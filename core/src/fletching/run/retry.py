"""When a failed attempt is repeated, and after how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.errors import ConversionError, NonRecoverableError, RunCancelledError, WorkerDiedError

if TYPE_CHECKING:
    from fletching.run.call import Call

__all__ = ["SYSTEM_RETRIES", "Budget", "delay", "may_repeat"]

FIRST, LONGEST = 0.1, 30.0
"""Seconds before the second attempt, and the most before any."""

SYSTEM_RETRIES = 3
"""How many attempts may be repeated because of what is nobody's fault: the process was killed from outside.
They do not count as the user's ``retries``."""


class Budget:
    """What is left of a call's retries: the user's own, and those for failures of the system."""

    def __init__(self, call: Call) -> None:
        self._entity = call.entity
        self._user = call.metadata.retries
        self._system = SYSTEM_RETRIES

    def allows_another(self, error: BaseException) -> bool:
        """Take one retry for an error, and tell whether there was one."""
        if not may_repeat(self._entity, error):
            return False
        if is_system_failure(error) and self._system:
            self._system -= 1
            return True
        if self._user:
            self._user -= 1
            return True
        return False


def is_system_failure(error: BaseException) -> bool:
    """Whether an attempt ended for a reason outside of it, such as a process killed by the operating system."""
    return isinstance(error, WorkerDiedError) and bool(getattr(error, "system", False))


def may_repeat(task: Any, error: BaseException) -> bool:
    """Whether another attempt could help: not after an interrupt, and not where the same inputs must fail again."""
    if not isinstance(error, Exception) or isinstance(error, (NonRecoverableError, RunCancelledError)):
        return False
    # A value of this task that doesn't fit its type; another task's error, raised inside, may pass.
    return not (isinstance(error, ConversionError) and error.task == task.short_name)


def delay(attempt: int) -> float:
    """Return the seconds to wait after attempt number ``attempt`` failed.

    They double, and are spread so that many tasks that failed together do not come back together.
    """
    import random

    # An instance of our own: user code that seeds the global generator must not synchronise the waits.
    return min(LONGEST, FIRST * 2.0 ** min(attempt, 30)) * random.Random().uniform(0.5, 1.0)  # noqa: S311 - not a secret
