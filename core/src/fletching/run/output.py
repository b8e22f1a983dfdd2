"""What a task prints in a worker: where the caller's prints go, and line by line to the log of its attempt."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from fletching.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["drop_unwritten", "logged"]


class Doubled:
    """A text stream that also appends each whole line to a file, at once: what a killed task said is kept."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._lock = threading.RLock()
        self._begun = ""
        self._file = -1

    def write(self, text: str) -> int:
        """Write to the stream, and the lines that it ends to the file."""
        if self._file >= 0:
            with self._lock:
                lines, end, begun = (self._begun + text).rpartition("\n")
                self._begun = begun
                self._append(lines + end)
        if self._stream is not None:
            with self._kept():
                self._stream.write(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush the stream; the file has every whole line already."""
        if self._stream is not None:
            with self._kept():
                self._stream.flush()

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """Let the attempt go on where nobody reads what it prints any more, or the disk is full: it is in the log."""
        try:
            yield
        except OSError:
            if self._file < 0:
                raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def open_log(self, file: int) -> None:
        """Append to this open file from now on; ``-1`` ends it."""
        with self._lock:
            self._append(self._begun)
            self._begun, self._file = "", file

    def _append(self, text: str) -> None:
        if text and self._file >= 0:
            with suppress(OSError):  # a full disk must not fail the task
                os.write(self._file, redact(text).encode("utf-8", "backslashreplace"))


_doubled: dict[str, Doubled] = {}


def _double(name: str) -> Doubled:
    """Return the stream that stands in for ``sys.stdout`` or ``sys.stderr``: the same one for each attempt.

    A log handler may have been made with it while a module was imported.
    """
    found = _doubled.get(name)
    stream = getattr(sys, name)
    if found is None or stream is not found:
        found = _doubled[name] = Doubled(stream)
        setattr(sys, name, found)
    return found


@contextmanager
def logged(log: str) -> Iterator[None]:
    """Append what is printed inside to the file ``log``; nothing if that is empty or cannot be written to."""
    file = -1
    if log:
        try:
            os.makedirs(os.path.dirname(log), exist_ok=True)
            file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            with suppress(Exception):
                sys.stderr.write(f"fletching: what this attempt prints is not kept: {error}\n")
    if file < 0:
        yield
        return
    streams = [_double("stdout"), _double("stderr")]
    for stream in streams:
        stream.open_log(file)
    try:
        yield
    finally:
        for stream in streams:
            stream.open_log(-1)
        os.close(file)


def drop_unwritten(stream: Any) -> None:
    """Drop what a stream cannot write: Python would try again at its end, and complain."""
    try:
        stream.flush()
    except ValueError:  # somebody closed it
        return
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
