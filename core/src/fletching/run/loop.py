"""The one event loop that is ours: a daemon thread, started when a sync caller first needs a coroutine's result."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine

__all__ = ["run_on_loop"]

R = TypeVar("R")

_lock = threading.Lock()
_loops: list[tuple[int, asyncio.AbstractEventLoop]] = []


def _loop() -> asyncio.AbstractEventLoop:
    import asyncio

    with _lock:
        # A forked child has the object and not its thread.
        if not _loops or _loops[-1][0] != os.getpid():
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="fletching-loop", daemon=True).start()
            _loops[:] = [(os.getpid(), loop)]
        return _loops[-1][1]


def run_on_loop(coroutine: Coroutine[Any, Any, R]) -> R:
    """Run a coroutine on our loop and block until it is done; also while the caller's own loop is running.

    Raises:
        RuntimeError: called on our own loop, where blocking would wait for itself.
    """
    import asyncio
    import contextvars

    loop = _loop()
    try:
        running = asyncio.get_running_loop()
    except RuntimeError:
        running = None
    if running is loop:
        coroutine.close()
        raise RuntimeError("a sync call of an async task from inside another one would wait for itself; use await")
    context = contextvars.copy_context()
    done: Any = None

    async def start() -> R:
        return await loop.create_task(coroutine, context=context)

    done = asyncio.run_coroutine_threadsafe(start(), loop)
    try:
        result: R = done.result()
    except BaseException:
        done.cancel()
        raise
    return result
