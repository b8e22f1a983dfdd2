"""The lower end of a terminal: lines that are drawn again and again, and text that goes above them and stays."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Above", "Screen", "can_redraw", "is_colored", "speaks_unicode", "terminal_size"]


CALM = 0.05
"""Seconds without a drawing after which a text is shown at once."""


class Screen:
    """Draws lines in place of those that it drew before.

    What rich's ``Live`` does, without laying every line out anew ten times a second: these are cut to fit already.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._lock = threading.RLock()  # a signal's handler may print while the screen is drawn
        self._lines: Sequence[str] = ()
        self._waiting: list[str] = []
        self._written = 0.0
        self.asking: threading.Thread | None = None
        """Who wrote a line without an end and waits for an answer: nothing is drawn meanwhile."""
        self._question = ""

    def draw(self, lines: Sequence[str]) -> None:
        """Show these lines, none of which is wider than the terminal, and which are fewer than it has."""
        with self._lock:
            shown = "".join(self._waiting)
            self._waiting.clear()
            if self.asking is not None:
                if shown:
                    self._write(f"\r\x1b[J{shown}{self._question}")
                return
            self._write(self._erase() + shown + "".join(f"{line}\n" for line in lines))
            self._lines = lines

    def above(self, text: str) -> None:
        """Write a text that ends with a newline above the lines; if much is written, at the next drawing."""
        with self._lock:
            self._waiting.append(text)
            if time.monotonic() - self._written > CALM:
                self.draw(self._lines)

    def ask(self, text: str) -> None:
        """Write the beginning of a line for the calling thread, and draw nothing until the line has an end."""
        with self._lock:
            self.draw(())
            self.asking = threading.current_thread()
            self.go_on(text)

    def go_on(self, text: str) -> None:
        """Write more for the thread that asks; a line's end lets the drawing go on."""
        with self._lock:
            self._write(text)
            self._question = (self._question + text).rpartition("\n")[2]
            if not self._question:
                self.answered()

    def answered(self) -> None:
        """Let the drawing go on: whoever gave the answer has ended the line."""
        with self._lock:
            self.asking, self._question = None, ""

    def _erase(self) -> str:
        return f"\r\x1b[{len(self._lines)}A\x1b[J" if self._lines else ""

    def _write(self, text: str) -> None:
        self._written = time.monotonic()
        with suppress(OSError, ValueError):  # the terminal may be gone, and the run goes on
            self._stream.write(text)
            self._stream.flush()


class Above:
    """Stands in for a stream that goes to the same terminal: whole lines are written above what is drawn."""

    keeps_lines = True

    def __init__(self, stream: Any, screen: Screen) -> None:
        self._stream = stream
        self._screen = screen
        self._lock = threading.RLock()
        self._begun: dict[int, str] = {}
        """What each thread wrote since its last newline: the lines of two threads are not mixed."""

    def write(self, text: str) -> int:
        """Write the lines that a text ends."""
        with self._lock:
            if self._screen.asking is threading.current_thread():
                self._screen.go_on(text)
                return len(text)
            thread = threading.get_ident()
            lines, end, begun = (self._begun.pop(thread, "") + text).rpartition("\n")
            if begun:
                self._begun[thread] = begun
            if end:
                self._screen.above(lines + end)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Show a line that has no end, if somebody may have to answer it: whole lines are there already."""
        with self._lock:
            begun = self._begun.get(threading.get_ident())
            if begun and self._screen.asking is None and can_answer():
                del self._begun[threading.get_ident()]
                self._screen.ask(begun)

    def finish(self) -> None:
        """Write what has no end."""
        with self._lock:
            for text in self._begun.values():
                self._screen.above(f"{text}\n")
            self._begun.clear()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def can_answer() -> bool:
    """Whether somebody sits in front of a terminal."""
    try:
        return sys.stdin is not None and sys.stdin.isatty()
    except ValueError:  # it was closed
        return False


def can_redraw(stream: Any) -> bool:
    """Whether a stream goes to a terminal that can move its cursor."""
    if stream is None or os.environ.get("TERM", "").lower() in ("", "dumb", "unknown"):
        return False
    try:
        return bool(stream.isatty())
    except ValueError:  # it was closed
        return False


def is_colored(stream: Any) -> bool:
    """Whether colors are wanted: on a terminal, unless ``NO_COLOR`` is set."""
    return not os.environ.get("NO_COLOR") and can_redraw(stream)


def speaks_unicode(stream: Any) -> bool:
    """Whether a stream takes more than ASCII."""
    return str(getattr(stream, "encoding", "") or "").lower().replace("-", "").startswith("utf")


def terminal_size(stream: Any) -> tuple[int, int]:
    """Return columns and lines; 80 and 24 where nobody knows."""
    width, height = (_number(os.environ.get(name, "")) for name in ("COLUMNS", "LINES"))
    if not (width and height):
        with suppress(OSError, ValueError):
            size = os.get_terminal_size(stream.fileno())
            width, height = width or size.columns, height or size.lines
    return width or 80, height or 24


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
