"""Agenda: what of a run has not begun, waits for room, or waits for a moment in time."""

from __future__ import annotations

import heapq
import itertools
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from fletching.run.line import Line

if TYPE_CHECKING:
    from collections.abc import Callable

    from fletching.context import Execution
    from fletching.run.call import Call
    from fletching.run.nest import OpenNest

__all__ = ["Agenda", "is_below"]


class Timer(NamedTuple):
    """Something to do later."""

    at: float
    order: int
    """Which of two for the same moment comes first."""
    what: Callable[[], None]
    call: Call | None
    """The call that sleeps until then, or None for what has to be done whatever becomes of the calls."""


class Agenda:
    """The waiting part of a run, in order."""

    def __init__(self) -> None:
        self.ready: deque[Call] = deque()
        """Calls that may begin."""
        self.waiting: Line[tuple[Call, Execution]] = Line()
        """Attempts for which the executor has no room yet."""
        self._timers: list[Timer] = []
        self._order = itertools.count()

    def __bool__(self) -> bool:
        return bool(self.ready or self.waiting or self._timers)

    def later(self, seconds: float, what: Callable[[], None], call: Call | None = None) -> None:
        """Have something done after a while; ``call`` sleeps until then."""
        heapq.heappush(self._timers, Timer(time.monotonic() + seconds, next(self._order), what, call))

    @property
    def has_timers(self) -> bool:
        """Whether anything is to be done later."""
        return bool(self._timers)

    def seconds_left(self) -> float | None:
        """Return the seconds until the next thing is to be done, 0 or less if it is time; None if there is none."""
        return self._timers[0].at - time.monotonic() if self._timers else None

    def pop_timer(self) -> Callable[[], None]:
        """Take the next thing that is to be done."""
        return heapq.heappop(self._timers).what

    def drop_below(self, nest: OpenNest) -> tuple[list[Call], list[Call]]:
        """Forget every call below a nest; return those that have not begun, and those that were waiting."""
        unbegun = [call for call in self.ready if is_below(call, nest)]
        begun = [call for call, _ in self.waiting.take(lambda each: is_below(each[0], nest))]
        begun += [timer.call for timer in self._timers if timer.call is not None and is_below(timer.call, nest)]
        self.ready = deque(call for call in self.ready if not is_below(call, nest))
        self._timers = [timer for timer in self._timers if timer.call is None or not is_below(timer.call, nest)]
        heapq.heapify(self._timers)
        return unbegun, begun

    def clear(self) -> None:
        """Forget everything."""
        self.ready.clear()
        self.waiting.clear()
        self._timers.clear()


def is_below(call: Call, nest: OpenNest) -> bool:
    """Tell whether a call is one of a nest's, or somewhere below one of them."""
    above = call.nest
    while above is not None:
        if above is nest:
            return True
        above = above.of.nest
    return False
