"""Whether a call may skip the state machine, in a module so small that a first call loads nothing else of it."""

from __future__ import annotations

from _thread import allocate_lock  # threading costs a first call half a millisecond
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from fletching.run.events import Event

__all__ = ["GATE", "LISTENERS", "RECORDING", "begin_recording", "close_gate", "end_recording", "open_gate_if_unused"]


class Gate:
    """Whether a task with nothing of its own to do around its function may skip the state machine."""

    __slots__ = ("slow",)

    def __init__(self) -> None:
        self.slow = True
        """True until we know that no hook, no listener and no graph being built wants to hear of every call."""


GATE = Gate()
LISTENERS: list[Callable[[Event], None]] = []
"""Who hears of every call; `fletching.run.events` adds and removes."""
RECORDING: list[object] = []
"""The graphs that are being built, in whatever thread; a call there is recorded and not run."""
_watching: list[bool] = []
_lock = allocate_lock()


def close_gate() -> None:
    """Send the next call round the state machine, which finds out whether that is still needed."""
    GATE.slow = True


def open_gate_if_unused() -> None:
    """Let calls through if nobody wants to hear of them."""
    from fletching.plugins import manager, on_change

    if not _watching:
        _watching.append(True)
        on_change(close_gate)
    hooked = manager().has_hooks("fletching_around_execution")
    # Under a lock with those who close it: what was true a moment ago must not open it after them.
    with _lock:
        GATE.slow = hooked or bool(LISTENERS) or bool(RECORDING)


def begin_recording(graph: object) -> None:
    """Keep the gate closed until `end_recording`: calls are recorded."""
    with _lock:
        RECORDING.append(graph)
        GATE.slow = True


def end_recording(graph: object) -> None:
    """Take back `begin_recording`."""
    with _lock:
        RECORDING.remove(graph)
