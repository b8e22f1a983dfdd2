"""Whether a call may skip the state machine, in a module so small that a first call loads nothing else of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from fletching.run.events import Event

__all__ = ["GATE", "LISTENERS", "close_gate", "open_gate_if_unused"]


class Gate:
    """Whether a task with nothing of its own to do around its function may skip the state machine."""

    __slots__ = ("slow",)

    def __init__(self) -> None:
        self.slow = True
        """True until we know that no hook and no listener wants to hear of every call."""


GATE = Gate()
LISTENERS: list[Callable[[Event], None]] = []
"""Who hears of every call; `fletching.run.events` adds and removes."""
_watching: list[bool] = []


def close_gate() -> None:
    """Send the next call round the state machine, which finds out whether that is still needed."""
    GATE.slow = True


def open_gate_if_unused() -> None:
    """Let calls through if nobody wants to hear of them."""
    from fletching.plugins import manager, on_change

    if not _watching:
        _watching.append(True)
        on_change(close_gate)
    GATE.slow = bool(LISTENERS) or manager().has_hooks("fletching_around_execution")
