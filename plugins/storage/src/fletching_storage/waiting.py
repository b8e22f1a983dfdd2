"""Waiting for the network without being deaf to Ctrl-C, and doing many things at a time."""

from __future__ import annotations

import threading
from queue import Queue
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["each", "interruptible"]

R = TypeVar("R")

_this_thread = threading.local()
_END = object()


def interruptible(work: Callable[[], R]) -> R:
    """Do the work and return what it returns; on the main thread, a signal is heard meanwhile.

    The library looks for no signals while it waits. So another thread waits in its place, and a program that is told to
    end does not wait for that one either.
    """
    if threading.current_thread() is not threading.main_thread():
        return work()
    given_up, done = threading.Event(), threading.Lock()
    results: list[R] = []
    errors: list[BaseException] = []

    def run() -> None:
        _this_thread.given_up = given_up
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - it is raised by who waits
            errors.append(error)
        finally:
            done.release()

    done.acquire()
    threading.Thread(target=run, name="fletching-storage", daemon=True).start()
    try:
        done.acquire()
    except BaseException:
        given_up.set()
        raise
    if errors:
        raise errors.pop()
    return results[0]


def each(work: Callable[[Any], None], items: Iterable[Any], at_once: int) -> None:
    """Do the work for each item on threads; the first error ends it, and few items wait in memory."""
    given_up = getattr(_this_thread, "given_up", None)
    todo: Queue[Any] = Queue(at_once)
    errors: list[BaseException] = []
    threads: list[threading.Thread] = []

    def run() -> None:
        while (item := todo.get()) is not _END:
            if not errors:
                try:
                    work(item)
                except BaseException as error:  # noqa: BLE001 - it is raised by who waits
                    errors.append(error)

    try:
        for item in items:
            if errors or (given_up is not None and given_up.is_set()):
                break
            if len(threads) < at_once:
                threads.append(threading.Thread(target=run, name="fletching-storage", daemon=True))
                threads[-1].start()
            todo.put(item)
    finally:
        for _ in threads:
            todo.put(_END)
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]
