"""A terminal for tests: a real pty on one side, and what a screen would show on the other."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

__all__ = ["Recording", "Screen", "record"]

PARTS = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|\r\n|[\r\n\b]|[^\x1b\r\n\b]+|\x1b")


class Screen:
    """What a terminal shows: as much of its language as one needs that draws lines. Anything else is an error."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.lines: list[str] = [""]
        """All lines, also those that went out of sight; the last ``height`` can be reached."""
        self.row = self.column = 0
        self.most_lost = 0
        """How many lines up the program once wanted to go beyond the upper end."""

    def feed(self, text: str) -> None:
        """Show more."""
        for part in PARTS.finditer(text):
            whole, number, letter = part[0], part[1], part[2]
            if letter is not None:
                self._obey(letter, int(number) if number and number.isdigit() else 1, number)
            elif whole == "\r\n":
                self._down()
                self.column = 0
            elif whole == "\n":
                self._down()
            elif whole == "\r":
                self.column = 0
            else:
                self._type(whole)

    def _obey(self, letter: str, number: int, raw: str) -> None:
        if letter == "m":
            return
        if letter == "A":
            top = max(0, len(self.lines) - self.height)
            self.most_lost = max(self.most_lost, top - (self.row - number))
            self.row = max(top, self.row - number)
        elif letter == "J" and raw in ("", "0"):
            self.lines[self.row] = self.lines[self.row][: self.column]
            del self.lines[self.row + 1 :]
        else:
            raise AssertionError(f"the terminal does not know ESC [ {raw} {letter}")

    def _down(self) -> None:
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append("")

    def _type(self, text: str) -> None:
        for letter in text:
            if self.column == self.width:
                self._down()
                self.column = 0
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + letter + line[self.column + 1 :]
            self.column += 1

    @property
    def text(self) -> str:
        """Everything that is there, from the first line on."""
        return "\n".join(line.rstrip() for line in self.lines).rstrip() + "\n"


class Recording:
    """How a command ran on a terminal."""

    def __init__(self, returncode: int, raw: str, screen: Screen, stdout: str) -> None:
        self.returncode = returncode
        self.raw = raw
        """Every character the terminal got."""
        self.screen = screen
        """What it shows at the end."""
        self.stdout = stdout
        """What went to stdout, where that is no terminal."""


def record(
    command: Sequence[str],
    *,
    cwd: Path,
    size: tuple[int, int] = (80, 24),
    environment: Mapping[str, str] | None = None,
    stdout_too: bool = True,
    heard: Callable[[subprocess.Popen[bytes], str], None] | None = None,
    typed: Callable[[str], str] | None = None,
) -> Recording:
    """Run a command with a terminal as its stderr, and its stdout as well.

    Args:
        command: what is run.
        cwd: in which folder.
        size: columns and lines.
        environment: variables beside those that are there; an empty value takes one away.
        stdout_too: whether stdout is the terminal, too, or a pipe.
        heard: called after each piece of output, with the process and all that was shown so far.
        typed: called likewise; returns what somebody types then. Without it, stdin is no terminal.
    """
    primary, secondary = pty.openpty()
    fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    whole = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "", "LINES": "", **(environment or {})}
    process = subprocess.Popen(
        command,
        cwd=cwd,
        stdin=subprocess.DEVNULL if typed is None else secondary,
        stdout=secondary if stdout_too else subprocess.PIPE,
        stderr=secondary,
        env={name: value for name, value in whole.items() if value},
    )
    os.close(secondary)
    raw = b""
    while True:
        try:
            data = os.read(primary, 65536)
        except OSError:  # the other end is closed
            break
        if not data:
            break
        raw += data
        if heard is not None:
            heard(process, raw.decode("utf-8", "replace"))
        if typed is not None:
            os.write(primary, typed(raw.decode("utf-8", "replace")).encode())
    stdout = process.communicate()[0] or b""
    os.close(primary)
    screen = Screen(*size)
    text = raw.decode("utf-8")
    screen.feed(text)
    return Recording(process.returncode, text, screen, stdout.decode("utf-8"))
