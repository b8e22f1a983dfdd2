"""Threads that a task leaves running: they may end, and the container does not stay for one that doesn't."""

from __future__ import annotations

import os
import sys
from _thread import (  # threading takes longer to import than all of this module
    TIMEOUT_MAX,
    allocate_lock,
    start_new_thread,
)
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Thread

__all__ = ["end_in_time"]

LINGER_VARIABLE = "FLETCHING_LINGER_SECONDS"
LINGER = 60.0
"""As long as an upload in the background may take; a thread that never ends would cost as long as nobody looks."""
QUIET = 1.0
"""What has ended by then, such as the idle threads of a pool, is not worth a word."""


def end_in_time(code: int, *, say: Callable[[str], None], flush: Callable[[], None]) -> None:
    """Have the process end with ``code``, as it is about to, also if threads of the task go on.

    Python waits at its end for every thread that is no daemon. It still does, but not for ever.

    Args:
        code: the exit code.
        say: tells whoever reads the log.
        flush: writes what was printed.
    """
    if _left():
        # It waits for no thread that was started like this.
        start_new_thread(_stand_by, (code, say, flush))


def _stand_by(code: int, say: Callable[[str], None], flush: Callable[[], None]) -> None:
    limit = _limit()
    pause = allocate_lock()
    pause.acquire()
    for wait, told in (
        (
            min(QUIET, limit),
            f"the task has ended, and {{}} goes on: it has {limit:g} seconds ({LINGER_VARIABLE}) to end",
        ),
        (max(limit - QUIET, 0), "the container ends without waiting for {}"),
    ):
        pause.acquire(timeout=wait)
        left = _left()
        if not left:
            return  # Python is at its end, or waits for something else
        names = ", ".join(repr(thread.name) for thread in left)
        say(told.format(f"thread {names}" if len(left) == 1 else f"each of {len(left)} threads {names}"))
    flush()
    os._exit(code)


def _left() -> list[Thread]:
    """Return the threads for which Python waits."""
    threading = sys.modules.get("threading")
    if threading is None:
        return []
    main = threading.main_thread()
    return [thread for thread in threading.enumerate() if thread is not main and not thread.daemon]


def _limit() -> float:
    try:
        return min(max(0.0, float(os.environ.get(LINGER_VARIABLE, LINGER))), TIMEOUT_MAX)
    except ValueError:
        return LINGER
