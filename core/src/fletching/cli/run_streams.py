"""What is printed during ``fletch run``: shown as it always was, and kept in the log of the attempt that printed it."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from fletching.cli.output import OutputLostError
from fletching.context import current_execution
from fletching.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Teed", "beneath", "repair_streams", "teed"]

OPEN = 32
"""So many logs are kept open; a run may have any number of attempts that print."""


class Logs:
    """The logs of the attempts that print in this process."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal's handler may print while a task does
        self._files: dict[str, int] = {}
        self._begun: dict[str, str] = {}

    def add(self, log: str, text: str) -> None:
        """Append the lines that a text ends: what a secret is can be told of a whole line."""
        with self._lock:
            lines, end, begun = (self._begun.pop(log, "") + text).rpartition("\n")
            if begun:
                self._begun[log] = begun
            if lines or end:
                self._append(log, lines + end)

    def close(self) -> None:
        """Append what ended without a newline, and close every file."""
        with self._lock:
            for log, text in self._begun.items():
                self._append(log, text)
            self._begun.clear()
            for file in self._files.values():
                os.close(file)
            self._files.clear()

    def _append(self, log: str, text: str) -> None:
        with suppress(OSError):  # a full disk must not fail the task
            file = self._files.pop(log, -1)
            if file < 0:
                if len(self._files) >= OPEN:
                    os.close(self._files.pop(next(iter(self._files))))
                os.makedirs(os.path.dirname(log), exist_ok=True)
                file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            self._files[log] = file  # as the one that was used last
            os.write(file, redact(text).encode("utf-8", "backslashreplace"))


class Teed:
    """A text stream that also hands what a task prints to the log of its attempt, and keeps its lines whole.

    ``print`` writes a line in pieces: those of tasks that print at the same time would be mixed.
    """

    def __init__(self, stream: Any, logs: Logs) -> None:
        self.below = stream
        """Where it all goes; whoever draws on the terminal puts itself here, with ``keeps_lines`` if it does that."""
        self._logs = logs
        self._lock = threading.RLock()  # as that of the logs
        self._begun: dict[int, str] = {}

    def write(self, text: str) -> int:
        """Write to the stream, and to the log of the attempt that runs here."""
        execution = current_execution()
        if execution is not None and execution.log:
            self._logs.add(execution.log, text)
        if execution is None or getattr(self.below, "keeps_lines", False):
            self.let_go()
            self._put(text)
            return len(text)
        thread = threading.get_ident()
        with self._lock:
            lines, end, begun = (self._begun.pop(thread, "") + text).rpartition("\n")
            if begun:
                self._begun[thread] = begun
            if end:
                self._put(lines + end)
        return len(text)

    def flush(self) -> None:
        """Write the line that was begun here as far as it goes."""
        with self._lock:
            if begun := self._begun.pop(threading.get_ident(), ""):
                self._put(begun)
            with suppress(OutputLostError, OSError):
                self.below.flush()

    def let_go(self) -> None:
        """Write every line that was begun."""
        with self._lock:
            while self._begun:
                self._put(self._begun.pop(next(iter(self._begun))))

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each."""
        for line in lines:
            self.write(line)

    def _put(self, text: str) -> None:
        # A full disk, or a reader that is gone, is told at the end, and the run goes on.
        with suppress(OutputLostError, OSError):
            self.below.write(text)

    def __iter__(self) -> Iterator[str]:
        return iter(self.below)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.below, name)


@contextmanager
def teed() -> Iterator[None]:
    """Have ``sys.stdout`` and ``sys.stderr`` be `Teed` while the block runs."""
    logs = Logs()
    before = sys.stdout, sys.stderr
    made = [Teed(stream, logs) for stream in before]
    sys.stdout, sys.stderr = made
    try:
        yield
    finally:
        if sys.stdout is made[0]:
            sys.stdout = before[0]
        if sys.stderr is made[1]:
            sys.stderr = before[1]
        for stream in made:
            stream.let_go()
        logs.close()


def beneath(stream: Any) -> Any:
    """Return the stream that is beneath a `Teed`, for what is no task's: progress."""
    return stream.below if isinstance(stream, Teed) else stream


def repair_streams() -> None:
    """Open what the caller closed of stdin, stdout and stderr on nothing.

    Otherwise the next file that is opened gets the number of a stream, and what is printed goes into a database.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
            os.set_inheritable(number, True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", encoding="utf-8", closefd=False))  # noqa: SIM115 - stays open
