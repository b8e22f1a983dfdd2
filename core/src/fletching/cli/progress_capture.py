"""What processes write to a terminal that we draw on: read first, so that it appears above what is drawn."""

from __future__ import annotations

import codecs
import os
import select
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fletching.cli.progress_screen import Above

__all__ = ["capture", "own_stream"]


@contextmanager
def own_stream(out: Any) -> Iterator[Any]:
    """Give a second stream to where ``out`` goes, which stays there while `capture` holds the first."""
    try:
        number = os.dup(out.fileno())
    except (OSError, ValueError):  # it is no file
        yield out
        return
    with os.fdopen(number, "w", encoding=out.encoding, errors="replace") as made:
        yield made


@contextmanager
def capture(target: Above) -> Iterator[None]:
    """Have what is written to file descriptors 1 and 2, if they are terminals, handed to ``target`` instead.

    Worker processes and whatever a task starts inherit them; what they wrote themselves would be drawn over.
    """
    held = {number: os.dup(number) for number in (1, 2) if os.isatty(number)}
    if not held:
        yield
        return
    reading, writing = os.pipe()
    over, end = os.pipe()
    pump = threading.Thread(target=_pump, args=(reading, over, target), name="fletching-terminal", daemon=True)
    pump.start()
    for number in held:
        os.dup2(writing, number)
    try:
        yield
    finally:
        for number, before in held.items():
            os.dup2(before, number)
            os.close(before)
        # Not the end of the pipe: a worker that waits for more work still holds it.
        os.close(end)
        pump.join()
        target.finish()
        for number in (reading, writing, over):
            os.close(number)


def _pump(reading: int, over: int, target: Above) -> None:
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    os.set_blocking(reading, False)
    while True:
        ready = select.select([reading, over], [], [])[0]
        try:
            data = os.read(reading, 65536)
        except BlockingIOError:
            data = b""
        if data:
            target.write(decode(data))
        elif over in ready:
            return
