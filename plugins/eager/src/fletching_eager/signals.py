"""Ending in good order when the process is told to: what was started elsewhere is stopped first."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

__all__ = ["ending_gracefully", "run_to_end"]


@contextmanager
def ending_gracefully() -> Iterator[None]:
    """On SIGTERM cancel the running asyncio task, and end by the signal once the block is left.

    Whoever has a handler of his own, such as a web server, keeps it.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    told: list[bool] = []

    def stop() -> None:
        told.append(True)
        if task is not None:
            task.cancel()

    try:
        loop.add_signal_handler(signal.SIGTERM, stop)
    except (NotImplementedError, RuntimeError):  # Windows; a loop that cannot
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
        if told:
            os.kill(os.getpid(), signal.SIGTERM)


def run_to_end(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine on a loop of its own and return what it gives; also where a loop is running already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    from concurrent.futures import ThreadPoolExecutor
    from contextvars import copy_context

    with ThreadPoolExecutor(1, "fletching-eager-run") as pool:
        return pool.submit(copy_context().run, asyncio.run, coroutine).result()
