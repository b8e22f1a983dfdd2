"""Whether a call may skip the state machine, in a module so small that a first call loads nothing else of it."""

from __future__ import annotations

from _thread import allocate_lock  # threading costs a first call half a millisecond
from typing import TYPE_CHECKING, Any, Protocol

from fletching.context import RECORDER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fletching.run.events import Event

__all__ = ["GATE", "LISTENERS", "MOCKS", "RECORDING", "CallTaker", "close_gate", "open_gate_if_unused", "recording"]


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
MOCKS: dict[int, Any] = {}
"""By the ``id()`` of an entity that a test mocks: what is called in its place, wherever it is called."""
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
        GATE.slow = hooked or bool(LISTENERS) or bool(RECORDING) or bool(MOCKS)


class CallTaker(Protocol):
    """Who takes the calls made in a block, instead of having them run; see `recording`."""

    def call(self, entity: Any, inputs: Mapping[str, Any]) -> Any:
        """Return what the caller of ``entity`` gets.

        Args:
            entity: what is called.
            inputs: every input by name, as the caller gave it, defaults filled in.
        """
        ...


class recording:  # noqa: N801 - a context manager; one made of a generator would cost contextlib's import
    """Have ``taker`` take every call made in the block, in this thread or asyncio task and those started from it.

    A call of a task, a workflow or a launch plan then gives what `CallTaker.call` returns: a promise while a graph is
    being built, something to await in an eager task.
    """

    __slots__ = ("_taker", "_token")

    def __init__(self, taker: CallTaker) -> None:
        self._taker = taker
        self._token: Any = None

    def __enter__(self) -> None:
        with _lock:
            RECORDING.append(self._taker)
            GATE.slow = True
        self._token = RECORDER.set(self._taker)

    def __exit__(self, *_: object) -> None:
        try:
            RECORDER.reset(self._token)
        except ValueError:
            pass  # a coroutine that is thrown away may be closed in another context, where there is nothing to restore
        with _lock:
            RECORDING.remove(self._taker)
