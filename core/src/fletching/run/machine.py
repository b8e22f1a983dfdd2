"""Machine: walks through a run on one thread; starts what may start, hears what has ended.

The thread is the caller's own. It makes every decision, so nothing here needs a lock; threads, processes and the event
loop only run attempts, and put what came of them into one queue. Where a single attempt could run and nothing else is
going on, it runs right here: a chain of calls costs no change of threads.
"""

from __future__ import annotations

import heapq
import itertools
import queue
import time
from collections import deque
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from fletching.context import Execution
from fletching.errors import RunCancelledError, RunError
from fletching.expansion import Outcome
from fletching.gate import GATE
from fletching.run.call import CallOptions, Wait, begin_attempt, call_plan
from fletching.run.loop import blocking
from fletching.run.nest import OpenNest
from fletching.run.options import DEFAULT_OPTIONS
from fletching.run.placing import Placing

if TYPE_CHECKING:
    from collections.abc import Callable

    from fletching.expansion import Expansion
    from fletching.run.call import Call
    from fletching.run.executors import Executor, Running
    from fletching.run.options import RunOptions

__all__ = ["Machine"]

BACKLOG = 256
"""How many attempts may wait for an executor before no more calls are begun: each holds its inputs."""

GRACE = 1.0
"""Seconds that an attempt which was told to stop gets before nobody waits for it any more."""


class _InFlight:
    """An attempt that an executor has."""

    __slots__ = ("call", "executor", "handle")

    def __init__(self, call: Call, executor: Executor) -> None:
        self.call = call
        self.executor = executor
        self.handle: Running | None = None


class Machine:
    """One run: of a call and all the calls below it."""

    def __init__(self, options: RunOptions = DEFAULT_OPTIONS) -> None:
        self._placing = Placing(options)
        self._call_options = CallOptions(options.recorder, options.cache)
        self._recorder = options.recorder
        self._context = copy_context()
        self._ready: deque[Call] = deque()
        """Calls that may begin."""
        self._waiting: deque[tuple[Call, Execution, Executor]] = deque()
        """Attempts for which the executor has no room yet."""
        self._flying: dict[int, _InFlight] = {}
        """Attempts that run, by the number of their call."""
        self._timers: list[tuple[float, int, Callable[[], None], Call | None]] = []
        self._order = itertools.count()
        self._messages: queue.SimpleQueue[tuple[_InFlight, Outcome] | None] = queue.SimpleQueue()
        self._open: dict[int, Call] = {}
        """Calls whose plan was begun and has not ended, by number."""
        self._result: Outcome | None = None
        self._interrupted = False

    # How it is used

    def run(self, call: Call) -> Outcome:
        """Run a call and everything below it, and return how it ended."""
        call.place(self._call_options)
        self._ready.append(call)
        return self._drive()

    def run_inside(self, call: Call, expansion: Expansion) -> Outcome:
        """Run an expansion that another driver's call is the work of, and return how it ended."""
        self._begin_nest(call, expansion)
        return self._drive()

    def interrupt(self) -> None:
        """Begin nothing new, wait for what runs, and end as interrupted; a signal handler may call this."""
        self._interrupted = True
        self._messages.put(None)

    def _drive(self) -> Outcome:
        try:
            with blocking():
                while self._result is None:
                    if self._interrupted:
                        return self._wind_down(gently=True)
                    self._turn()
        except KeyboardInterrupt:
            return self._wind_down(gently=False)
        finally:
            self._placing.close()
        return self._result

    def _turn(self) -> None:
        """Do one thing that can be done; wait only if there is none."""
        if self._waiting:
            self._launch()
        if self._ready and len(self._waiting) < BACKLOG:
            self._begin(self._ready.popleft())
            return
        if self._recorder is not None:
            self._recorder.flush()
        self._wait()

    # Calls

    def add(self, call: Call) -> None:
        """Take on a call that may begin."""
        call.place(self._call_options)
        self._ready.append(call)

    def capacity_for(self, entity: Any) -> int:
        """Return how many calls of ``entity`` are worth having open at once."""
        return 2 * self._placing.room(self._placing.executor_of(entity)) + 1

    def _begin(self, call: Call) -> None:
        if call.own_metadata is None and not GATE.slow and self._recorder is None and self._placing.may_be_inline:
            direct = call.entity.direct
            if direct is not None and (self._placing.always_inline or self._idle()):
                try:
                    outcome = Outcome(direct(**call.inputs))
                except BaseException as error:  # noqa: BLE001 - it is how the call ended
                    outcome = Outcome(error=error)
                self._close(call, outcome)
                return
        call.plan = call_plan(call)
        self._open[call.number] = call
        self._advance(call, None)

    def _idle(self) -> bool:
        """Whether nothing else is going on."""
        return not (self._flying or self._ready or self._waiting or self._timers)

    def _advance(self, call: Call, outcome: Outcome | None) -> None:
        """Have a call's plan take its next step."""
        plan = call.plan
        assert plan is not None, "only called for calls that were begun"
        if call.cancelled and (outcome is None or outcome.error is not None):
            self._cancelled(call)
            return
        try:
            step = plan.send(outcome)
        except StopIteration as ended:
            self._close(call, ended.value)
        except BaseException as error:  # noqa: BLE001 - a listener's, or what says that the user wants an end
            self._close(call, Outcome(error=error))
        else:
            if isinstance(step, Execution):
                self._place(call, step)
            elif isinstance(step, Wait):
                self._later(step.seconds, lambda: self._advance(call, Outcome()), call)
            else:
                self._begin_nest(call, step)

    def _begin_nest(self, call: Call, expansion: Expansion) -> None:
        nest = call.inner = OpenNest(self, call)
        timeout = call.metadata.timeout
        if timeout:
            seconds = timeout.total_seconds()  # type: ignore[union-attr]  # a timedelta since it was checked
            self._later(seconds, lambda: self._too_late(call, nest, seconds), None)
        try:
            expansion.begin(nest)
        except Exception as error:  # noqa: BLE001 - the expansion's own; it is how the call ended
            nest.fail(error)

    def _too_late(self, call: Call, nest: OpenNest, seconds: float) -> None:
        from fletching.errors import TaskTimeoutError

        if call.inner is nest:
            what = call.entity.node_kind
            message = f"{what} {call.entity.name!r} was stopped after its timeout of {seconds:g} s; raise timeout="
            nest.fail(TaskTimeoutError(message))

    def nest_ended(self, call: Call, outcome: Outcome) -> None:
        """Take note of how the calls below a call ended; for its nest."""
        call.inner = None
        if call.plan is None:
            self._result = outcome  # another driver's call: see run_inside
        else:
            self._advance(call, outcome)

    def _cancelled(self, call: Call) -> None:
        """End a call that is not wanted any more."""
        if call.plan is not None:
            call.plan.close()
        outcome = Outcome(error=RunCancelledError(f"{call.entity.name!r} was stopped before it ended"))
        if self._recorder is not None:
            self._recorder.ended(call, outcome, "cancelled")
        call.report("cancelled", error=outcome.error)
        self._close(call, outcome)

    def _close(self, call: Call, outcome: Outcome) -> None:
        self._open.pop(call.number, None)
        if call.nest is None:
            self._result = outcome
        else:
            call.nest.closed(call, outcome)

    # Attempts

    def _place(self, call: Call, execution: Execution) -> None:
        """Find out where an attempt runs, and run it there or have it wait."""
        try:
            executor = self._placing.executor_for(call)
        except Exception as error:  # noqa: BLE001 - no such executor, or it refuses the task
            self._advance(call, Outcome(error=error))
            return
        if self._placing.may_replace(executor) and self._idle():
            executor = self._placing.inline
        if self._waiting or not self._placing.has_room(executor):
            self._waiting.append((call, execution, executor))
        else:
            self._submit(call, execution, executor)

    def _launch(self) -> None:
        """Begin the attempts that wait and for which there is room now."""
        for _ in range(len(self._waiting)):
            if not self._placing.any_room():
                return
            call, execution, executor = self._waiting.popleft()
            if self._placing.has_room(executor):
                self._submit(call, execution, executor)
            else:
                self._waiting.append((call, execution, executor))

    def _submit(self, call: Call, execution: Execution, executor: Executor) -> None:
        flight = self._flying[call.number] = _InFlight(call, executor)
        self._placing.take(executor)
        try:
            begin_attempt(call, execution, executor.name)
            attempt = self._placing.attempt(call, execution, self._context)
            if executor is self._placing.inline:
                executor.submit(attempt, lambda outcome: self._landed(flight, outcome))
                return
            flight.handle = executor.submit(attempt, lambda outcome: self._messages.put((flight, outcome)))
        except Exception as error:  # noqa: BLE001 - an executor that cannot even begin; or a listener's own error
            self._landed(flight, Outcome(error=error))

    def _landed(self, flight: _InFlight, outcome: Outcome) -> None:
        call = flight.call
        if self._flying.get(call.number) is not flight:
            return  # nobody waited for it any more
        del self._flying[call.number]
        self._placing.give(flight.executor)
        self._advance(call, outcome)

    # Waiting

    def _later(self, seconds: float, what: Callable[[], None], call: Call | None) -> None:
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._order), what, call))

    def _wait(self) -> None:
        """Wait until an attempt has ended or a timer has run out, and deal with it."""
        if not (self._flying or self._timers):
            if self._result is None and not (self._ready or self._waiting):
                raise RunError(
                    "nothing is left to run and nobody said how the run ended: a plugin's expansion lost a call"
                )
            return
        left = self._timers[0][0] - time.monotonic() if self._timers else None
        if left is None or left > 0:
            try:
                message = self._messages.get(timeout=left)
            except queue.Empty:
                pass
            else:
                self._hear(message)
                return
        _, _, what, _ = heapq.heappop(self._timers)
        what()

    def _hear(self, message: tuple[_InFlight, Outcome] | None) -> None:
        # All that came meanwhile is one turn, which the recorder makes durable at once.
        while True:
            if message is not None:
                self._landed(*message)
            if self._messages.empty():
                return
            message = self._messages.get_nowait()

    # Stopping

    def stop_below(self, nest: OpenNest) -> None:
        """Stop every call below a nest: what waits ends now, what runs is told to, and gets a moment."""

        def below(call: Call | None) -> bool:
            while call is not None and call.nest is not None:
                if call.nest is nest:
                    return True
                call = call.nest.of
            return False

        dropped = [call for call in self._ready if below(call)]
        self._ready = deque(call for call in self._ready if not below(call))
        waiting = [call for call, _, _ in self._waiting if below(call)]
        self._waiting = deque(each for each in self._waiting if not below(each[0]))
        sleeping = [call for _, _, _, call in self._timers if below(call)]
        self._timers = [each for each in self._timers if not below(each[3])]
        heapq.heapify(self._timers)
        stopped = [flight for flight in self._flying.values() if below(flight.call)]
        inner = [call for call in self._open.values() if call.inner is not None and below(call)]
        for flight in stopped:
            flight.call.cancelled = True
            if flight.handle is not None:
                flight.handle.cancel()
        if stopped:
            self._later(GRACE, lambda: self._abandon(stopped), None)
        for call in inner:
            call.cancelled = True
        for call in dropped:
            self._close(call, Outcome(error=RunCancelledError(f"{call.entity.name!r} was stopped before it began")))
        for call in (*waiting, *sleeping):
            call.cancelled = True
            self._cancelled(call)
        for call in inner:
            if call.inner is not None:
                call.inner.fail(RunCancelledError(f"{call.entity.name!r} was stopped before it ended"))

    def _abandon(self, flights: list[_InFlight]) -> None:
        """Wait no more for attempts that did not stop."""
        for flight in flights:
            if self._flying.get(flight.call.number) is flight:
                self._warn_of(flight)
                self._landed(flight, Outcome(error=RunCancelledError("it did not stop")))

    def _warn_of(self, flight: _InFlight) -> None:
        import warnings

        from fletching.errors import ExecutionWarning
        from fletching.frames import caller_level

        message = (
            f"{flight.call.entity.name!r} was told to stop and is still busy on executor {flight.executor.name!r}; it ends "
            "when the call it is in returns. With executor 'process' it would be killed"
        )
        warnings.warn(message, ExecutionWarning, stacklevel=caller_level())

    def _wind_down(self, *, gently: bool) -> Outcome:
        """End an interrupted run: wait for what runs, or stop it, and let what ended meanwhile be recorded."""
        ended = Outcome(error=KeyboardInterrupt())
        self._ready.clear()
        self._timers.clear()
        try:
            if gently:
                self._collect(None)
            else:
                self._cancel_flying()
                self._collect(GRACE)
        except KeyboardInterrupt:
            # The second one: nobody waits any more.
            self._cancel_flying()
        for call in list(self._open.values()):
            if call.plan is not None:
                call.plan.close()
            if self._recorder is not None:
                self._recorder.ended(call, ended, "cancelled")
            call.report("cancelled")
        if self._recorder is not None:
            self._recorder.flush()
        return ended

    def _cancel_flying(self) -> None:
        for flight in list(self._flying.values()):
            flight.call.cancelled = True
            if flight.handle is not None:
                flight.handle.cancel()

    def _collect(self, seconds: float | None) -> None:
        """Hear of the attempts that run until none is left; new calls that they make possible are not begun."""
        end = None if seconds is None else time.monotonic() + seconds
        while self._flying and (end is None or time.monotonic() < end):
            try:
                message = self._messages.get(timeout=None if end is None else max(0.0, end - time.monotonic()))
            except queue.Empty:
                return
            if message is None:
                continue
            flight, outcome = message
            self._flying.pop(flight.call.number, None)
            if outcome.error is None:
                self._waiting.clear()
                self._advance(flight.call, outcome)
            self._ready.clear()
