"""The event loops that are ours: daemon threads, started when a sync caller first needs a coroutine's result."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from fletching.errors import RunCancelledError
from fletching.expansion import Outcome

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine, Iterator
    from contextvars import Context

__all__ = ["blocking", "run_on_loop", "start_on_loop"]

R = TypeVar("R")

_lock = threading.Lock()
_loops: list[tuple[asyncio.AbstractEventLoop, threading.Thread]] = []
"""Loop and its thread. A second one is there only if somebody blocks the first: see `blocking`."""
_blocked: list[int] = []
"""Threads of loops of ours whose code waits for another coroutine."""


def _forget_threads() -> None:
    """Have a forked child make loops of its own: it has the objects, and of the threads only the one that forked."""
    global _lock
    _lock = threading.Lock()
    _loops.clear()
    _blocked[:] = [each for each in _blocked if each == threading.get_ident()]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)


def _loop() -> asyncio.AbstractEventLoop:
    """Return a loop of ours that runs: not one whose own code waits for us."""
    import asyncio

    with _lock:
        for loop, thread in _loops:
            if thread.ident not in _blocked:
                return loop
        loop = asyncio.new_event_loop()
        name = "fletching-loop" if not _loops else f"fletching-loop-{len(_loops) + 1}"
        thread = threading.Thread(target=loop.run_forever, name=name, daemon=True)
        thread.start()
        _loops.append((loop, thread))
        return loop


@contextmanager
def blocking() -> Iterator[None]:
    """Tell that the calling thread waits while the block runs: coroutines started meanwhile go to another loop."""
    me = threading.get_ident()
    _blocked.append(me)
    try:
        yield
    finally:
        _blocked.remove(me)


def run_on_loop(coroutine: Coroutine[Any, Any, R]) -> R:
    """Run a coroutine on a loop of ours and block until it is done; also while the caller's own loop is running."""
    import asyncio
    import contextvars

    context = contextvars.copy_context()

    with blocking():
        loop = _loop()

        async def start() -> R:
            return await loop.create_task(coroutine, context=context)

        done = asyncio.run_coroutine_threadsafe(start(), loop)
        try:
            result: R = done.result()
        except BaseException:
            done.cancel()
            raise
    return result


def start_on_loop(
    coroutine: Coroutine[Any, Any, Any], context: Context, done: Callable[[Outcome], None]
) -> Callable[[], None]:
    """Start a coroutine on a loop of ours and return what cancels it; ``done`` is called on the loop's thread."""
    loop = _loop()
    started: list[asyncio.Task[Outcome]] = []
    cancelled: list[bool] = []

    async def run() -> Outcome:
        try:
            return Outcome(await coroutine)
        except BaseException as error:  # noqa: BLE001 - handed on; a SystemExit would end the loop for everybody
            return Outcome(error=error)

    def ended(task: asyncio.Task[Outcome]) -> None:
        coroutine.close()  # it may have been cancelled before its first line
        done(Outcome(error=RunCancelledError("cancelled before it began")) if task.cancelled() else task.result())

    def start() -> None:
        task = loop.create_task(run(), context=context)
        task.add_done_callback(ended)
        started.append(task)
        if cancelled:
            task.cancel()

    def cancel() -> None:
        cancelled.append(True)
        loop.call_soon_threadsafe(lambda: started[0].cancel() if started else None)

    loop.call_soon_threadsafe(start)
    return cancel
