"""Recorder: what a run tells whoever keeps it, and what it may ask of an earlier one."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from fletching.expansion import Outcome
    from fletching.run.cache import Found
    from fletching.run.call import Call

__all__ = ["Batching", "Recorder", "Shared"]


class Recorder(Protocol):
    """Hears of every step of a run, in order, one step at a time."""

    def recall(self, call: Call) -> Found | None:
        """Return what an earlier run recorded as the outputs of this very call, or None."""
        ...

    def started(self, call: Call) -> None:
        """A call begins."""
        ...

    def attempt(self, call: Call, number: int, executor: str) -> None:
        """An attempt of it begins."""
        ...

    def attempt_failed(self, call: Call, number: int, error: BaseException) -> None:
        """An attempt failed, and another one follows."""
        ...

    def ended(self, call: Call, outcome: Outcome, state: str) -> None:
        """A call ended: ``succeeded``, ``failed``, ``cached``, ``recovered`` or ``cancelled``."""
        ...

    def log_path(self, call: Call, number: int) -> str:
        """Return the file that what an attempt prints goes to as well, or an empty string."""
        ...

    def flush(self) -> None:
        """Make what was told durable."""
        ...


class Batching(Recorder, Protocol):
    """A recorder that can make several things durable at once."""

    def begin_batch(self) -> None:
        """Have what ends until `flush` made durable together."""
        ...


SOON = 0.02
"""Seconds after which what has ended is durable at the latest, however long the next call takes."""


IDLE = 1.0
"""Seconds without anything to write after which the thread that writes ends."""


class Shared:
    """A recorder that several drivers of one run tell things, each on its own thread.

    What ends within a moment is made durable together, since a commit may take longer than a small task.
    """

    def __init__(self, recorder: Batching) -> None:
        self._recorder = recorder
        self._lock = threading.RLock()
        self._waits = False
        self._wake = threading.Event()
        self._flusher: threading.Thread | None = None

    def recall(self, call: Call) -> Found | None:
        """Return what an earlier run recorded as the outputs of this very call, or None."""
        with self._lock:
            return self._recorder.recall(call)

    def started(self, call: Call) -> None:
        """A call begins."""
        with self._lock:
            self._recorder.started(call)

    def attempt(self, call: Call, number: int, executor: str) -> None:
        """An attempt of it begins."""
        with self._lock:
            self._recorder.attempt(call, number, executor)

    def attempt_failed(self, call: Call, number: int, error: BaseException) -> None:
        """An attempt failed, and another one follows."""
        with self._lock:
            self._recorder.attempt_failed(call, number, error)

    def ended(self, call: Call, outcome: Outcome, state: str) -> None:
        """A call ended."""
        with self._lock:
            if not self._waits:
                self._waits = True
                self._recorder.begin_batch()
                self._wake.set()
                if self._flusher is None:
                    self._flusher = threading.Thread(target=self._flush_soon, name="fletching-record", daemon=True)
                    self._flusher.start()
            self._recorder.ended(call, outcome, state)

    def log_path(self, call: Call, number: int) -> str:
        """Return the file that what an attempt prints goes to as well, or an empty string."""
        with self._lock:
            return self._recorder.log_path(call, number)

    def flush(self) -> None:
        """Make what was told durable; nothing of it is written by another thread after this."""
        with self._lock:
            self._waits = False
            self._recorder.flush()

    def _flush_soon(self) -> None:
        """Flush a moment after something ended, on one thread as long as that happens: each has its own connection."""
        while self._wake.wait(IDLE):
            self._wake.clear()
            time.sleep(SOON)
            with self._lock:
                if self._waits:  # else it is durable, and the recorder may be closed by now
                    self.flush()
        with self._lock:
            self._flusher = None
            if self._waits:  # it came between the wait and the lock
                self.flush()
