"""A thread that notices when an event loop with an eager task cannot go on, and says which line holds it up."""

from __future__ import annotations

import asyncio
import os
import sys
import sysconfig
import threading
import warnings
from typing import TYPE_CHECKING

import fletching
from fletching.errors import ExecutionWarning

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["Watched", "release", "watch"]

PARTS = 4
"""In so many parts the limit is watched: a loop is held up when it did nothing in all of them."""

NOT_THE_USERS = (
    *(os.path.abspath(sysconfig.get_path(name)) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    os.path.dirname(os.path.abspath(fletching.__file__)) + os.sep,
    os.path.dirname(os.path.abspath(__file__)) + os.sep,
    "<call of ",
    "<frozen",
)
ASYNCIO = os.path.dirname(os.path.abspath(asyncio.__file__)) + os.sep


class Watched:
    """A loop that runs an eager task."""

    def __init__(self, loop: asyncio.AbstractEventLoop, task: str, limit: float) -> None:
        self.loop = loop
        self.thread = threading.get_ident()
        self.limit = limit
        self.count = 0
        """Grows with everything that happens on the loop."""
        self.users = 0
        self.task = task
        self._seen = -1
        self._still = 0
        self._holding: FrameType | None = None
        self._asked = False
        self._told: set[tuple[str, int]] = set()

    def _beat(self) -> None:
        self._asked = False
        self.count += 1

    def look(self) -> None:
        """Look whether anything happened since the last time, and say so if nothing did for long."""
        if not self._asked:
            self._asked = True
            try:
                self.loop.call_soon_threadsafe(self._beat)
            except RuntimeError:
                return  # it was closed meanwhile
        frame = None if self.count != self._seen else sys._current_frames().get(self.thread)
        inner, outer = (None, None) if frame is None else users_frames(frame)
        # Many short callbacks in a row are no reason for a warning: it is one and the same that has to last.
        self._still = self._still + 1 if outer is not None and outer is self._holding else 0
        self._seen, self._holding = self.count, outer
        if self._still == PARTS - 1 and inner is not None:
            self._tell(inner)

    def _tell(self, frame: FrameType) -> None:
        code, line = frame.f_code, frame.f_lineno or 0
        if (code.co_filename, line) in self._told:
            return
        self._told.add((code.co_filename, line))
        message = (
            f"{code.co_filename}:{line} in {code.co_name} held up the event loop of eager task {self.task!r} for more "
            f"than {self.limit:g} s: nothing else that it awaits can go on; make what blocks a @task, or use "
            "asyncio.to_thread"
        )
        try:
            warnings.warn_explicit(message, ExecutionWarning, code.co_filename, line)
        except ExecutionWarning as error:  # a filter makes errors of warnings; this thread has nobody to raise it to
            sys.stderr.write(f"{type(error).__name__}: {error}\n")


def users_frames(frame: FrameType) -> tuple[FrameType | None, FrameType | None]:
    """Return the innermost and the outermost frame that are the user's, of what the loop calls now; None if none is."""
    inner: FrameType | None = None
    outer: FrameType | None = None
    at: FrameType | None = frame
    while at is not None:
        file = at.f_code.co_filename
        if file.startswith(ASYNCIO):
            return inner, outer
        if not file.startswith(NOT_THE_USERS):
            outer = at
            inner = inner or at
        at = at.f_back
    return None, None  # no loop calls it


_lock = threading.Lock()
_watched: dict[asyncio.AbstractEventLoop, Watched] = {}
_stop: list[threading.Event] = []


def watch(loop: asyncio.AbstractEventLoop, task: str, limit: float | None) -> Watched:
    """Watch a loop while an eager task runs on it; a limit of None only counts."""
    if limit is None:
        return Watched(loop, task, 0.0)
    with _lock:
        found = _watched.get(loop)
        if found is None:
            found = _watched[loop] = Watched(loop, task, limit)
        found.users += 1
        if not _stop:
            stop = threading.Event()
            _stop.append(stop)
            threading.Thread(target=_run, args=(stop,), name="fletching-eager-watch", daemon=True).start()
    return found


def release(watched: Watched) -> None:
    """Watch no more for one eager task."""
    if not watched.users:
        return
    with _lock:
        watched.users -= 1
        if not watched.users:
            _watched.pop(watched.loop, None)
        if not _watched and _stop:
            _stop.pop().set()


def _run(stop: threading.Event) -> None:
    while True:
        with _lock:
            watched = list(_watched.values())
        pause = min((each.limit for each in watched), default=0.1) / PARTS
        if stop.wait(pause):
            return
        for each in watched:
            each.look()
