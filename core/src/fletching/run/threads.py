"""Threads that wait for work, and can be asked to stop in the middle of it.

Those of `concurrent.futures` are joined when the interpreter ends, so a task that hangs would keep a program from ever
ending; and they cannot be interrupted.
"""

from __future__ import annotations

import os
import queue
import threading
from typing import TYPE_CHECKING, Any

from fletching.errors import RunCancelledError
from fletching.expansion import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ThreadJob", "run_in_thread"]

IDLE_SECONDS = 10.0
"""How long a thread waits for more before it ends."""


class StopAttempt(RunCancelledError):
    """Raised inside a thread whose work is not wanted any more."""


class ThreadJob:
    """Work for a thread, while it waits, runs and has ended; whatever stops it, and when, ``done`` is told once."""

    __slots__ = ("_asked", "_done", "_ended", "_lock", "_thread", "_work")

    def __init__(self, work: Callable[[], Any], done: Callable[[Outcome], None]) -> None:
        self._work = work
        self._done = done
        self._lock = threading.Lock()
        self._thread: int | None = None
        self._asked = self._ended = False

    def run(self) -> None:
        """Do the work on the calling thread."""
        try:
            outcome = self._outcome()
        except StopAttempt as stop:
            outcome = Outcome(error=stop)  # it came beside the work, between two lines of ours
        # What was asked after the last line of the work comes here. It is not taken back: Python 3.11 would look for it
        # forever, which makes every call slower, and never get beyond the next one that a debugger or coverage traces.
        try:
            _stand_still()
        except StopAttempt:
            pass
        self._done(outcome)

    def _outcome(self) -> Outcome:
        with self._lock:
            if self._asked:
                return Outcome(error=StopAttempt("stopped before it began"))
            self._thread = threading.get_ident()
        try:
            return Outcome(self._work())
        except BaseException as error:  # noqa: BLE001 - handed on as the outcome
            return Outcome(error=error)
        finally:
            with self._lock:
                self._ended = True

    def stop(self) -> None:
        """Have the work end with `StopAttempt`, at its next line of Python; in the middle of C code, after that."""
        with self._lock:
            if self._thread is not None and not (self._asked or self._ended):
                _raise_in(self._thread, StopAttempt)
            self._asked = True


def _raise_in(thread: int, error: type[BaseException]) -> None:
    import ctypes

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))


def _stand_still() -> None:
    """Do nothing; as any call, it begins with a look at what this thread is to raise."""


class _Pool:
    """Starts a thread when there is work and no thread waits for it; the caller decides how many run at once."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.waiting: queue.SimpleQueue[ThreadJob] = queue.SimpleQueue()
        self.idle = 0
        self.started = 0
        self.lock = threading.Lock()

    def submit(self, job: ThreadJob) -> None:
        with self.lock:
            if self.idle:
                self.idle -= 1
            else:
                self.started += 1
                name = f"fletching-thread-{self.started}"
                threading.Thread(target=self._serve, name=name, daemon=True).start()
        self.waiting.put(job)

    def _serve(self) -> None:
        while True:
            try:
                job = self.waiting.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                with self.lock:
                    if self.idle:
                        self.idle -= 1
                        return
                continue  # work that is on its way counts on this thread
            job.run()
            del job  # its values must not live until the next one comes
            with self.lock:
                self.idle += 1


_pools: list[_Pool] = []


def run_in_thread(work: Callable[[], Any], done: Callable[[Outcome], None]) -> ThreadJob:
    """Have a thread do some work, now; ``done`` is called there with how it ended."""
    # A forked child has the object and not its threads.
    if not _pools or _pools[-1].pid != os.getpid():
        _pools[:] = [_Pool()]
    job = ThreadJob(work, done)
    _pools[-1].submit(job)
    return job
