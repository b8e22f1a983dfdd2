"""Machine: walks through a run on one thread; starts what may start, hears what has ended.

The thread is the caller's own. It makes every decision, so nothing here needs a lock; threads, processes and the event
loop only run attempts, and put what came of them into one queue. Where a single attempt could run and nothing else is
going on, it runs right here: a chain of calls costs no change of threads.
"""

from __future__ import annotations

import queue
import time
from collections import deque
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

from fletching.context import RECORDER, Execution
from fletching.errors import RunCancelledError, RunError, TaskTimeoutError
from fletching.expansion import Outcome
from fletching.gate import GATE
from fletching.run.agenda import Agenda, is_below
from fletching.run.call import Halt, Wait, begin_attempt, call_plan
from fletching.run.executors import checked_outcome, stop_running, warn_of_executor
from fletching.run.loop import blocking
from fletching.run.nest import OpenNest
from fletching.run.options import DEFAULT_OPTIONS
from fletching.run.placing import Placing

if TYPE_CHECKING:
    from fletching.expansion import Expansion
    from fletching.run.call import Call
    from fletching.run.executors import Executor, Running
    from fletching.run.options import RunOptions

__all__ = ["Machine"]

BACKLOG = 256
"""How many attempts may wait for an executor before no more calls are begun: each holds its inputs."""

GRACE = 1.0
"""Seconds that an attempt which was told to stop gets before nobody waits for it any more."""

LOOK_UP = 0.5
"""The most seconds to wait without a line of Python: a run inside of another one's attempt may be told to stop."""


class Flight:
    """An attempt that an executor has."""

    __slots__ = ("call", "executor", "handle")

    def __init__(self, call: Call, executor: Executor) -> None:
        self.call = call
        self.executor = executor
        self.handle: Running | None = None

    def stop(self) -> None:
        """Tell it to stop."""
        self.call.cancelled = True
        stop_running(self.executor, self.handle)


class Machine:
    """One run: of a call and all the calls below it.

    Args:
        options: what holds for every call.
        may_be_inline: whether the machine's own thread may run attempts; then nothing can stop them but their end.
    """

    def __init__(self, options: RunOptions = DEFAULT_OPTIONS, *, may_be_inline: bool = True) -> None:
        self._placing = Placing(options, may_be_inline=may_be_inline)
        self._options = options
        self._recorder = options.recorder
        self._context = copy_context()
        self._context.run(RECORDER.set, None)  # the attempts run, whatever the caller's calls do
        self._agenda = Agenda()
        self._flying: dict[int, Flight] = {}
        """Attempts that run, by the number of their call."""
        self._messages: queue.SimpleQueue[tuple[Flight, Outcome] | None] = queue.SimpleQueue()
        self._open: dict[int, Call] = {}
        """Calls whose plan was begun and has not ended, by number."""
        self._ended: deque[tuple[Call, Outcome]] = deque()
        """Calls whose work has ended, and which have to hear of it."""
        self._is_ending = False
        self._result: Outcome | None = None
        self._halt = Halt()
        self._stopped = False

    # How it is used

    def run(self, call: Call) -> Outcome:
        """Run a call and everything below it, and return how it ended.

        Raises:
            ExecutorError: the executor that the user named cannot keep what a call asks for; nothing has run.
        """
        self._placing.check(call.entity)
        self.add(call)
        return self._drive()

    def run_inside(self, call: Call, expansion: Expansion) -> Outcome:
        """Run an expansion that another driver's call is the work of, and return how it ended."""
        self._begin_nest(call, expansion)
        return self._drive()

    def interrupt(self) -> None:
        """Begin nothing new, wait for what runs, and end as interrupted; a signal handler may call this."""
        self._halt.asked = True
        self._messages.put(None)

    def stop(self) -> None:
        """End as interrupted, and stop what runs; any thread may call this."""
        self._stopped = True
        self.interrupt()

    def _drive(self) -> Outcome:
        try:
            with blocking():
                while self._result is None:
                    if self._halt.asked:
                        return self._wind_down(gently=not self._stopped)
                    self._turn()
        except KeyboardInterrupt:
            return self._wind_down(gently=False)
        except BaseException:
            # A plugin's expansion that lost a call; or this run is itself an attempt that was told to stop.
            self._wind_down(gently=False)
            raise
        finally:
            self._placing.close()
        return self._result

    def _turn(self) -> None:
        """Do one thing that can be done; wait only if there is none."""
        agenda = self._agenda
        if agenda.waiting:
            self._launch()
        if agenda.ready and len(agenda.waiting) < BACKLOG:
            self._begin(agenda.ready.popleft())
            return
        if self._recorder is not None:
            self._recorder.flush()
        self._wait()

    # Calls

    def add(self, call: Call) -> None:
        """Take on a call that may begin."""
        call.options, call.halt = self._options, self._halt
        self._agenda.ready.append(call)

    def capacity_for(self, entity: Any) -> int:
        """Return how many calls of ``entity`` are worth having open at once."""
        return 2 * self._placing.room(self._placing.executor_of(entity)) + 1

    def _begin(self, call: Call) -> None:
        if call.own_metadata is None and not GATE.slow and self._recorder is None and self._placing.may_be_inline:
            direct = call.entity.direct
            if direct is not None and (self._placing.always_inline or self._idle()):
                try:
                    if self._placing.always_inline:
                        self._placing.executor_for(call)  # it refuses what it cannot keep
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
        agenda = self._agenda
        return not (self._flying or agenda.ready or agenda.waiting or agenda.has_timers)

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
                self._agenda.later(step.seconds, lambda: self._advance(call, Outcome()), call)
            else:
                self._begin_nest(call, step)

    def _begin_nest(self, call: Call, expansion: Expansion) -> None:
        nest = call.inner = OpenNest(self, call)
        timeout: Any = call.metadata.timeout
        if timeout and not call.entity.metadata_is_for_parts:
            seconds = timeout.total_seconds()
            self._agenda.later(seconds, lambda: self._too_late(call, nest, seconds))
        try:
            expansion.begin(nest)
        except Exception as error:  # noqa: BLE001 - the expansion's own; it is how the call ended
            nest.fail(error)

    def _too_late(self, call: Call, nest: OpenNest, seconds: float) -> None:
        if call.inner is nest:
            what = f"{call.entity.node_kind} {call.entity.name!r}"
            nest.fail(TaskTimeoutError(f"{what} was stopped after its timeout of {seconds:g} s; raise timeout="))

    def nest_ended(self, call: Call, outcome: Outcome) -> None:
        """Take note of how the calls below a call ended; for its nest."""
        call.inner = None
        if call.plan is None:
            self._result = outcome  # another driver's call: see run_inside
            return
        self._ended.append((call, outcome))
        if self._is_ending:
            return  # by whoever began: calls in calls in calls are no matter of recursion
        self._is_ending = True
        try:
            while self._ended:
                self._advance(*self._ended.popleft())
        finally:
            self._is_ending = False

    def _cancelled(self, call: Call) -> None:
        """End a call that is not wanted any more."""
        if call.plan is not None:
            call.plan.close()
        outcome = stopped(call, "it ended")
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
        waiting = self._agenda.waiting
        if waiting.waits_for(executor) or not self._placing.has_room(executor, call.entity):
            waiting.add(executor, call.entity, (call, execution))
        else:
            self._submit(call, execution, executor)

    def _launch(self) -> None:
        """Begin the attempts that wait and for which there is room now."""
        while (place := self._agenda.waiting.next(self._placing)) is not None:
            call, execution = place.item
            self._submit(call, execution, place.executor)

    def _submit(self, call: Call, execution: Execution, executor: Executor) -> None:
        flight = self._flying[call.number] = Flight(call, executor)
        self._placing.take(executor, call.entity)
        try:
            begin_attempt(call, execution, executor.name)
            attempt = self._placing.attempt(call, execution, self._context)
            if executor is not self._placing.inline:
                flight.handle = executor.submit(attempt, lambda outcome: self._messages.put((flight, outcome)))
                return
            ended: list[Outcome] = []
            executor.submit(attempt, ended.append)
        except Exception as error:  # noqa: BLE001 - an executor that cannot even begin; or a listener's own error
            self._landed(flight, Outcome(error=error))
        else:
            self._landed(flight, ended.pop())

    def _landed(self, flight: Flight, outcome: Outcome) -> None:
        call = flight.call
        if self._flying.get(call.number) is not flight:
            return  # nobody waited for it any more
        del self._flying[call.number]
        flight.handle = None  # it leads back to the flight: neither would go, nor the inputs
        self._placing.give(flight.executor, call.entity)
        self._advance(call, checked_outcome(flight.executor, outcome))

    # Waiting

    def _wait(self) -> None:
        """Wait until an attempt has ended or it is time for something, and deal with it."""
        if not (self._flying or self._agenda.has_timers):
            if self._result is None and not self._agenda:
                raise RunError("nothing is left to run, and the run has not ended: a plugin's expansion lost a call")
            return
        left = self._agenda.seconds_left()
        if left is None or left > 0:
            try:
                message = self._messages.get(timeout=LOOK_UP if left is None else min(left, LOOK_UP))
            except queue.Empty:
                return
            self._hear(message)
        else:
            self._agenda.pop_timer()()

    def _hear(self, message: tuple[Flight, Outcome] | None) -> None:
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
        unbegun, begun = self._agenda.drop_below(nest)
        flying = [flight for flight in self._flying.values() if is_below(flight.call, nest)]
        around = [call for call in self._open.values() if call.inner is not None and is_below(call, nest)]
        for flight in flying:
            flight.stop()
        if flying:
            self._agenda.later(GRACE, lambda: self._abandon(flying))
        for call in (*begun, *around):
            call.cancelled = True
        for call in unbegun:
            self._close(call, stopped(call, "it began"))
        for call in begun:
            self._cancelled(call)
        for call in around:
            if call.inner is not None:
                call.inner.fail(RunCancelledError(f"{call.entity.name!r} was stopped before it ended"))

    def _abandon(self, flights: list[Flight]) -> None:
        """Wait no more for attempts that did not stop."""
        if not self._messages.empty():  # it may be this thread that did not get to run
            self._hear(self._messages.get_nowait())
        for flight in flights:
            if self._flying.get(flight.call.number) is flight:
                warn_of_executor(
                    f"{flight.call.entity.name!r} was told to stop and is still busy on executor "
                    f"{flight.executor.name!r}; it ends when the call it is in returns. With executor 'process' it "
                    "would be killed"
                )
                self._landed(flight, stopped(flight.call, "it ended"))

    def _wind_down(self, *, gently: bool) -> Outcome:
        """End an interrupted run: wait for what runs, or stop it, and let what ended meanwhile be recorded."""
        ended = Outcome(error=KeyboardInterrupt())
        self._agenda.clear()
        try:
            if not gently:
                self._stop_flying()
            self._collect(None if gently else GRACE)
        except KeyboardInterrupt:
            self._stop_flying()  # the second one: nobody waits any more
        for call in list(self._open.values()):
            if call.plan is not None:
                call.plan.close()
            if self._recorder is not None:
                self._recorder.ended(call, ended, "cancelled")
            call.report("cancelled")
        if self._recorder is not None:
            self._recorder.flush()
        done = self._result is not None and self._result.error is None
        return self._result if done and self._result is not None else ended

    def _stop_flying(self) -> None:
        for flight in list(self._flying.values()):
            flight.stop()

    def _collect(self, seconds: float | None) -> None:
        """Hear of the attempts that run until none is left; calls that they make possible are not begun."""
        end = None if seconds is None else time.monotonic() + seconds
        while self._flying:
            try:  # what has ended is heard, however late that is
                message = self._messages.get(timeout=None if end is None else max(0.0, end - time.monotonic()))
            except queue.Empty:
                return
            if message is not None and self._flying.get(message[0].call.number) is message[0]:
                flight, outcome = message
                del self._flying[flight.call.number]
                outcome = checked_outcome(flight.executor, outcome)
                if outcome.error is None:
                    self._advance(flight.call, outcome)
            self._agenda.clear()


def stopped(call: Call, before: str) -> Outcome:
    """Return how a call ended that was stopped."""
    return Outcome(error=RunCancelledError(f"{call.entity.name!r} was stopped before {before}"))
