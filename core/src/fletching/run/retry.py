"""When a failed attempt is repeated, and after how long."""

from __future__ import annotations

from typing import Any

from fletching.errors import ConversionError, NonRecoverableError

__all__ = ["delay", "may_repeat"]

FIRST, LONGEST = 0.1, 30.0
"""Seconds before the second attempt, and the most before any."""


def may_repeat(task: Any, error: BaseException) -> bool:
    """Whether another attempt could help: not after an interrupt, and not where the same inputs must fail again."""
    if not isinstance(error, Exception) or isinstance(error, NonRecoverableError):
        return False
    # A value of this task that doesn't fit its type; another task's error, raised inside, may pass.
    return not (isinstance(error, ConversionError) and error.task == task.short_name)


def delay(attempt: int) -> float:
    """Return the seconds to wait after attempt number ``attempt`` failed.

    They double, and are spread so that many tasks that failed together do not come back together.
    """
    import random

    # An instance of our own: user code that seeds the global generator must not synchronise the waits.
    return min(LONGEST, FIRST * 2.0**attempt) * random.Random().uniform(0.5, 1.0)  # noqa: S311 - not a secret
