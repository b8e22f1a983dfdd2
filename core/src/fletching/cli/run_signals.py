"""What ends a run from outside: Ctrl-C is counted, and a process that is told to end stops its run before it does."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["interrupts", "told_to_end"]

ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def interrupts() -> Iterator[Callable[[], int]]:
    """Count how often Ctrl-C comes while the block runs: a task may raise KeyboardInterrupt by itself."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: 0
        return
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)

    def count() -> int:
        with suppress(BlockingIOError):
            return os.read(reading, 4096).count(signal.SIGINT)
        return 0

    try:
        yield count
    finally:
        signal.set_wakeup_fd(before, warn_on_full_buffer=False)
        os.close(reading)
        os.close(writing)


@contextmanager
def told_to_end() -> Iterator[list[int]]:
    """Have SIGTERM and SIGHUP in the block stop the run at once instead of the process.

    The run is recorded as cancelled instead of lost, its tasks get their moment to clean up, and our own folders go.
    A second signal ends the process where it is. Whoever has a handler of their own keeps it.

    Yields:
        The signals that came: the process is to end with 128 and the first one's number, as shells have it.
    """
    came: list[int] = []
    ours = []

    def stop(number: int, frame: Any) -> None:
        signal.signal(number, signal.SIG_DFL)
        came.append(number)
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        ours = [number for number in ENDING if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, stop)
    try:
        yield came
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)
