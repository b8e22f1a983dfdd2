"""What happens to a call, told to whoever listens: progress lines, timings, a run store."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fletching.gate import LISTENERS, close_gate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Event", "emit", "new_event", "observe", "observed"]

Kind = Literal["started", "attempt", "retrying", "finished", "failed", "cached", "recovered", "skipped", "cancelled"]


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happened to a call of a task."""

    kind: Kind
    """``started`` once, ``attempt`` before each attempt, ``retrying`` after one that failed and will be repeated,
    then one of ``finished``, ``failed``, ``cached`` (taken from the cache), ``recovered`` (from an earlier run) and
    ``cancelled`` (stopped, because something else failed or somebody said so). ``skipped`` stands alone: a node that
    never starts, because one that it needs has failed."""
    task: str
    """Full name of the task."""
    call: int
    """Number of the call in this process; the events of one call share it."""
    at: float
    """When, in seconds since the epoch."""
    attempt: int = 0
    """Number of the attempt, from 0."""
    seconds: float = 0.0
    """Since the call started."""
    error: BaseException | None = None
    """What went wrong, for ``retrying`` and ``failed``."""
    depth: int = 0
    """How many calls this call stands inside of."""
    path: str = ""
    """Where in its run it stands: ``n0``, ``n2/dn1``; empty for the call that the run is of."""
    parent: int = 0
    """Number of the call around it; 0 if there is none."""
    upstream: tuple[str, ...] = ()
    """Paths of the calls whose outputs it uses."""
    executor: str = ""
    """Name of the executor, for ``attempt``."""
    what: str = "task"
    """What is called: ``task``, ``workflow``, ``branch``, ``map``, …"""
    size: int | None = None
    """How many calls it is going to make, for ``started``, where its ``call_count`` tells."""


def new_event(**fields: Any) -> Event:
    """Return an event.

    A frozen dataclass sets its fields one by one, in five times as long; each node of a run has three events.
    """
    made = object.__new__(Event)
    made.__dict__.update(fields)
    return made


def observed() -> bool:
    """Whether anybody listens."""
    return bool(LISTENERS)


def emit(event: Event) -> None:
    """Tell every listener. One that raises stops the run: it was asked for by name."""
    for listener in tuple(LISTENERS):
        listener(event)


def now() -> float:
    """Return seconds since the epoch."""
    return time.time()


@contextmanager
def observe(callback: Callable[[Event], None]) -> Iterator[None]:
    """Have ``callback`` called with every `Event` of every call in this process while the block runs.

    It is called on the thread the event happens on.
    """
    LISTENERS.append(callback)
    try:
        close_gate()
        yield
    finally:
        LISTENERS.remove(callback)
        close_gate()
