"""Ctrl-C twice: the first one lets what runs come to its end, the second one stops it."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fletching.run.machine import Machine

__all__ = ["gently"]


@contextmanager
def gently(machine: Machine) -> Iterator[None]:
    """Have the first Ctrl-C in the block interrupt a run gently; every other one does what it did before.

    Only where Python itself would raise ``KeyboardInterrupt``: whoever has another handler keeps it.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is not signal.default_int_handler:
        yield
        return

    def first(number: int, frame: Any) -> None:
        signal.signal(signal.SIGINT, before)
        machine.interrupt()
        if sys.stderr is not None:
            sys.stderr.write("\nstopping when what runs now has ended; Ctrl-C again stops it at once\n")

    signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
