"""Supervisor: runs calls for code that awaits them, on the loop that awaits them.

A graph knows its calls before they run, and has a machine for that. Code that decides while it runs, such as an eager
task's, asks for one call after another. Both drive the same plans: cache, retries, deadlines, executors, events and the
record of the run mean the same.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import ContextVar, copy_context
from typing import TYPE_CHECKING, Any

from fletching.context import RECORDER, STATE, Execution, current_execution
from fletching.errors import RunCancelledError
from fletching.execution import note_attempt
from fletching.expansion import Outcome
from fletching.gate import MOCKS
from fletching.plugins import manager
from fletching.run import events
from fletching.run.call import NO_OVERRIDES, Call, Wait, begin_attempt, call_plan
from fletching.run.ending import GRACE, stop_all, uninterrupted
from fletching.run.executors import Loop, checked_outcome, stop_running
from fletching.run.line import Line
from fletching.run.local import attempt_async, run_expansion_async
from fletching.run.options import DEFAULT_OPTIONS
from fletching.run.placing import Placing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from fletching.expansion import Expansion
    from fletching.run.executors import Executor
    from fletching.run.options import RunOptions

__all__ = ["Supervisor"]

GRAPHS = 32
"""The most workflows, dynamic tasks and maps at once below one attempt: each has a thread that walks through it."""

OUTER: ContextVar[Supervisor | None] = ContextVar("fletching_supervisor", default=None)
"""The one whose call runs here."""


class LateCall(Call):
    """A call whose path is worked out when somebody asks for it: making one may cost more than the call."""

    __slots__ = ("_make", "_path")

    _make: Callable[[], str]
    _path: str

    @property
    def path(self) -> str:
        """Where in the run it stands."""
        if not self._path:
            self._path = self._make()
        return self._path

    @path.setter
    def path(self, value: str) -> None:
        self._path = value

    def find(self, make: Callable[[], str]) -> None:
        """Have ``make`` work out the path."""
        self._make = make


class Floor:
    """What the supervisors of one loop share that stand in each other: executors, and who waits for them."""

    def __init__(self, options: RunOptions) -> None:
        self.placing = Placing(options)
        self.waiting: Line[asyncio.Future[None]] = Line()
        self.running = 0
        """How many attempts and graphs run."""
        self.watching: list[asyncio.Future[None]] = []
        """Of those that wait until none does."""

    def ended(self) -> None:
        """Count one out."""
        self.running -= 1
        if not self.running and self.watching:
            for each in self.watching:
                if not each.done():
                    each.set_result(None)
            self.watching.clear()


class Supervisor:
    """Runs calls that are awaited, below the attempt in which it is made; of one event loop.

    Nothing that it started outlives it: `close` stops what is still open and waits for it.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._closed = False
        execution = current_execution()
        self.within: Call | None = None if execution is None else execution.call
        """The call whose attempt this is; None outside of one."""
        self.options: RunOptions = DEFAULT_OPTIONS if self.within is None else self.within.options
        """What holds for the whole run."""
        self._halt = None if self.within is None else self.within.halt
        outer = OUTER.get()
        if outer is not None and (outer._loop is not self._loop or outer.options is not self.options or outer._closed):
            outer = None
        self._is_outermost = outer is None
        # However deep calls stand in each other, executors have as many attempts as they may have.
        self._floor: Floor = Floor(self.options) if outer is None else outer._floor
        self._placing = self._floor.placing
        self._graphs = asyncio.Semaphore(min(GRAPHS, self.options.max_parallel or GRAPHS))
        self._may_be_direct = self.options.recorder is None and self.options.executor is None
        self._open: set[asyncio.Task[Any]] = set()
        self._landed: deque[tuple[asyncio.Future[Outcome], Outcome]] = deque()
        self._woken = False

    @property
    def ending(self) -> bool:
        """Whether the run was told to begin nothing new."""
        return self._halt is not None and self._halt.asked

    async def call(self, entity: Any, inputs: Mapping[str, Any], path: Callable[[], str]) -> Any:
        """Run a call and return what the caller sees.

        Args:
            entity: the executable.
            inputs: every input by name, defaults filled in.
            path: gives the last part of where it stands, the same in every run; asked only if somebody wants to know.

        Raises:
            RunCancelledError: everything here was stopped already, or the run was told to begin nothing new.
        """
        if self._closed:
            raise RunCancelledError(f"{entity.name!r} was called after the task that calls it had ended")
        me = asyncio.current_task()
        if self.ending:
            raise await self._halted(entity)
        mine = me is not None and me not in self._open
        if mine and me is not None:
            self._open.add(me)
        try:
            if self._may_be_direct and entity.is_async and self._is_direct(entity):
                return await self._direct(entity, inputs)
            return await self._driven(self._made(entity, inputs, path))
        finally:
            if mine and me is not None:
                self._open.discard(me)

    def _made(self, entity: Any, inputs: Mapping[str, Any], path: Callable[[], str]) -> Call:
        call = LateCall(entity, inputs)
        within = self.within
        call.options, call.parent = self.options, within
        call.overrides, call.upstream, call.halt = NO_OVERRIDES, (), self._halt

        def found() -> str:
            prefix = "" if within is None else within.path
            return f"{prefix}/{path()}" if prefix else path()

        call.find(found)
        return call

    def _is_direct(self, entity: Any) -> bool:
        """Whether a call of an async task is one attempt of its function, and nobody wants to hear of it."""
        return entity.compiled.call is not None and not (
            events.observed() or MOCKS or manager().has_hooks("fletching_around_execution")
        )

    async def _direct(self, entity: Any, inputs: Mapping[str, Any]) -> Any:
        """Run such a call: what `_driven` would do, without what nobody asked for."""
        executor = self._placing.executor_of(entity)
        refused = await self._enter(executor, entity)
        if refused is not None:
            raise refused
        execution = Execution(entity, executor="loop")
        taker, state = RECORDER.set(None), STATE.set(execution)
        compiled = entity.compiled
        try:
            value = await entity.async_execute(**compiled.carry_inputs(inputs))
            return compiled.carry_outputs(value)
        except BaseException as error:
            note_attempt(execution, error)
            raise
        finally:
            STATE.reset(state)
            RECORDER.reset(taker)
            self._exit(executor, entity)

    async def _driven(self, call: Call) -> Any:
        plan = call_plan(call)
        try:
            step = plan.send(None)
            while True:
                if isinstance(step, Execution):
                    outcome = await self._attempt(call, step)
                elif isinstance(step, Wait):
                    await asyncio.sleep(step.seconds)
                    outcome = Outcome()
                else:
                    outcome = await self._expanded(call, step)
                step = plan.send(outcome)
        except StopIteration as done:
            ended: Outcome = done.value
        except asyncio.CancelledError:
            plan.close()
            stopped = Outcome(error=RunCancelledError(f"{call.entity.name!r} was stopped before it ended"))
            if call.recorder is not None:
                call.recorder.ended(call, stopped, "cancelled")
            call.report("cancelled", error=stopped.error)
            raise
        finally:
            plan.close()
        if ended.error is not None:
            raise ended.error
        return ended.value

    # Attempts

    async def _attempt(self, call: Call, execution: Execution) -> Outcome:
        try:
            executor = self._placing.executor_for(call)
        except Exception as error:  # noqa: BLE001 - no such executor, or it refuses the task
            return Outcome(error=error)
        if call.entity.orchestrates:  # it takes nobody's room: it only waits for those that do
            begin_attempt(call, execution, executor.name)
            return await self._apart(call, execution)
        refused = await self._enter(executor, call.entity)
        if refused is not None:
            return Outcome(error=refused)
        try:
            begin_attempt(call, execution, executor.name)
            if isinstance(executor, Loop):
                return await self._here(call, execution)
            return await self._elsewhere(call, execution, executor)
        finally:
            self._exit(executor, call.entity)

    async def _expanded(self, call: Call, expansion: Expansion) -> Outcome:
        """Run the calls of a graph or a map."""
        async with self._graphs:
            if self.ending:
                return Outcome(error=await self._halted(call.entity))
            self._floor.running += 1
            try:
                return await run_expansion_async(call, expansion)
            finally:
                self._floor.ended()

    async def _here(self, call: Call, execution: Execution) -> Outcome:
        """Run an attempt of an async task on this very loop."""
        timeout: Any = call.metadata.timeout
        token = RECORDER.set(None)
        try:
            value = await attempt_async(execution, call.inputs, timeout.total_seconds() if timeout else None)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - the plan decides what becomes of it
            return Outcome(error=error)
        finally:
            RECORDER.reset(token)
        return Outcome(value)

    async def _apart(self, call: Call, execution: Execution) -> Outcome:
        """Run an attempt that awaits others as an asyncio task of its own, so that no depth is too much for the stack.

        What it does to context variables is seen here afterwards, as it is with every other attempt on this loop.
        """
        context = copy_context()
        context.run(OUTER.set, self)
        outcome = await self._loop.create_task(self._here(call, execution), context=context)
        for variable, value in context.items():
            if variable is not OUTER and variable.get(None) is not value:
                variable.set(value)
        return outcome

    async def _elsewhere(self, call: Call, execution: Execution, executor: Executor) -> Outcome:
        """Have an executor run an attempt."""
        context = copy_context()
        context.run(RECORDER.set, None)
        ended: asyncio.Future[Outcome] = self._loop.create_future()

        def done(outcome: Outcome) -> None:
            self._landed.append((ended, outcome))
            if not self._woken:
                self._woken = True
                try:
                    self._loop.call_soon_threadsafe(self._hear)
                except RuntimeError:
                    pass  # the loop was closed meanwhile: nobody waits

        try:
            running = executor.submit(self._placing.attempt(call, execution, context), done)
        except Exception as error:  # noqa: BLE001 - an executor that cannot even begin
            return Outcome(error=error)
        try:
            return checked_outcome(executor, await asyncio.shield(ended))
        except asyncio.CancelledError:
            stop_running(executor, running)
            await asyncio.wait([ended], timeout=GRACE)
            raise

    def _hear(self) -> None:
        """Hand on what has ended; all that came meanwhile at once."""
        self._woken = False
        while self._landed:
            ended, outcome = self._landed.popleft()
            if not ended.done():
                ended.set_result(outcome)

    async def _halted(self, entity: Any) -> RunCancelledError:
        """Let those that run end, and return what is said to one that would be new."""
        floor = self._floor
        while floor.running:
            left: asyncio.Future[None] = self._loop.create_future()
            floor.watching.append(left)
            await left
        return RunCancelledError(f"{entity.name!r} was not begun: the run is ending")

    # Room

    async def _enter(self, executor: Executor, entity: Any) -> RunCancelledError | None:
        """Wait for room for an attempt; return an error instead if the run is ending meanwhile."""
        await self._room(executor, entity)
        if not self.ending:
            self._floor.running += 1
            return None
        self._placing.give(executor, entity)
        self._next()
        return await self._halted(entity)

    def _exit(self, executor: Executor, entity: Any) -> None:
        """Count an attempt out."""
        self._placing.give(executor, entity)
        self._floor.ended()
        self._next()

    async def _room(self, executor: Executor, entity: Any) -> None:
        """Wait until an executor has room for an attempt, and take it."""
        if self._floor.waiting.waits_for(executor) or not self._placing.has_room(executor, entity):
            turn: asyncio.Future[None] = self._loop.create_future()
            self._floor.waiting.add(executor, entity, turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self._placing.give(executor, entity)
                    self._next()
                raise
        else:
            self._placing.take(executor, entity)

    def _next(self) -> None:
        """Let those in for whom there is room now."""
        while (place := self._floor.waiting.next(self._placing)) is not None:
            if not place.item.done():  # else it was cancelled
                self._placing.take(place.executor, place.entity)
                place.item.set_result(None)

    def flush(self) -> None:
        """Make durable what has ended, if the run is recorded."""
        if self.options.recorder is not None:
            self.options.recorder.flush()

    async def close(self, also: Iterable[asyncio.Task[Any]] = ()) -> None:
        """Stop every call that is still open, and wait until it has stopped.

        Args:
            also: other asyncio tasks that have to end as well.
        """
        self._closed = True
        me = asyncio.current_task()
        left = {task for task in (*self._open, *also) if task is not me and not task.done()}
        if left:
            await uninterrupted(stop_all(left))
        if self._is_outermost:
            self._placing.close()
