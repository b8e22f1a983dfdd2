"""Being told to end: a task gets its chance to clean up, and what happened is written down before time is up."""

from __future__ import annotations

import atexit
import os
import signal
from _thread import (  # threading takes longer to import than all of this module
    allocate_lock,
    get_ident,
    start_new_thread,
)
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["TOLD", "Ending", "TerminatedError"]

GRACE_VARIABLE = "FLETCHING_GRACE_SECONDS"
GRACE = 20.0
"""Kubernetes kills a container 30 seconds after it told it to end."""


TOLD = "the container was told to end while the task ran"


class TerminatedError(BaseException):
    """Raised at the line that a task is at when its container is told to end.

    No `Exception`, so that code which handles errors and goes on does not handle this one by mistake.
    """


_current: list[Ending] = []
"""The one that listens in this process, if any."""


class Ending:
    """What this process does when it gets SIGTERM, and who may still write its result then.

    The main thread raises `TerminatedError` where it is, so that ``finally`` blocks and context managers run. A thread
    waits beside it: where the task sits in C code or goes on all the same, it calls ``last_words`` in the end and ends
    the process.
    """

    def __init__(self, last_words: Callable[[], int]) -> None:
        self.told = False
        """Whether somebody wants this process to end."""
        self._last_words = last_words
        self._pid = os.getpid()
        self._right = allocate_lock()
        self._ended = allocate_lock()
        self._ended.acquire()
        self._loop: Any = None
        self._task: Any = None
        self._pipe = (-1, -1)

    def watch(self) -> None:
        """Begin to listen; SIGUSR1 prints where every thread is."""
        import faulthandler

        faulthandler.register(signal.SIGUSR1, file=2, all_threads=True)
        # Written to by the signal itself, also while the main thread is in a C loop.
        reading, writing = self._pipe = os.pipe()
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._on_signal)
        atexit.register(self._ignore)
        _current.append(self)
        start_new_thread(self._stand_by, (reading,))

    def stop(self, code: int) -> None:
        """Listen no more: the result is written, and the process is to end with ``code``."""
        if os.getpid() != self._pid:
            return
        self._ended.release()
        # Nothing is left to interrupt but threads that the task did not end.
        self._leave(lambda *_: os._exit(code))
        with suppress(OSError):  # a task that closes every descriptor it can think of closed this one
            os.close(self._pipe[1])
        _current.remove(self)

    def _ignore(self) -> None:
        """Ignore SIGTERM for the rest: Python takes our handler away, and an exit code would deny a written result."""
        if os.getpid() == self._pid:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def _leave(self, handler: Any) -> None:
        signal.set_wakeup_fd(-1)
        if signal.getsignal(signal.SIGTERM) == self._on_signal:
            signal.signal(signal.SIGTERM, handler)

    def claim(self) -> bool:
        """Take the right to write the result, which exists once; from then on the process is not interrupted."""
        return self._right.acquire(blocking=False)

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine to its end on a loop of its own, and cancel it when the process is to end."""
        import asyncio

        async def body() -> Any:
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
            try:
                return await coroutine
            finally:
                self._loop = self._task = None

        return asyncio.run(body())

    def _on_signal(self, number: int, frame: object) -> None:
        if self.told or self._right.locked():
            return
        self.told = True
        if self._loop is None:
            raise TerminatedError(TOLD)
        from asyncio import current_task

        running = current_task(self._loop)
        if running is not self._task:
            self._loop.call_soon_threadsafe(self._task.cancel)
        if running is not None:
            raise TerminatedError(TOLD)  # a coroutine that does not await would not notice that it is cancelled

    def leave_to_parent(self) -> None:
        """In a process that the task forked: SIGTERM is its end, and no news for us."""
        self._leave(signal.SIG_DFL)

    def _stand_by(self, pipe: int) -> None:
        told = b""
        while signal.SIGTERM not in told:
            told = os.read(pipe, 4096)
            if not told:
                with suppress(OSError):
                    os.close(pipe)
                return
        if signal.getsignal(signal.SIGTERM) != self._on_signal:
            return  # the task handles it in its own way
        if self._ended.acquire(timeout=_grace()):
            with suppress(OSError):
                os.close(pipe)
            return
        code = 1
        if self.claim():
            with suppress(BaseException):  # this is the end, whatever it is; the exit code tells of it
                code = self._last_words()
        os._exit(code)


_masks: dict[int, set[signal.Signals]] = {}
"""What each thread blocks that is about to fork."""


def _before_fork() -> None:
    # A signal for the child waits until it means to it what it means to any process.
    if _current:
        _masks[get_ident()] = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # type: ignore[assignment]


def _after_fork() -> None:
    mask = _masks.pop(get_ident(), None)
    if mask is not None:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _in_child() -> None:
    for each in _current:
        each.leave_to_parent()
    _after_fork()


if hasattr(os, "register_at_fork"):  # where containers run
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_in_child)


def _grace() -> float:
    try:
        return max(0.0, float(os.environ.get(GRACE_VARIABLE, GRACE)))
    except ValueError:
        return GRACE
