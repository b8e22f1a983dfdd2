"""What a call goes through: cache, attempts, waits, events; one state machine for every driver of it."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from fletching.context import Execution, current_execution
from fletching.expansion import Expansion, Outcome
from fletching.gate import MOCKS
from fletching.run import events
from fletching.run.options import DEFAULT_OPTIONS
from fletching.run.retry import Budget, delay, may_repeat

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from fletching.metadata import TaskMetadata
    from fletching.run.cache import CacheEntry
    from fletching.run.nest import OpenNest
    from fletching.run.options import RunOptions
    from fletching.run.recorder import Recorder

__all__ = [
    "NO_OVERRIDES",
    "Call",
    "Halt",
    "Step",
    "Wait",
    "begin_attempt",
    "call_plan",
    "new_call",
    "repeatable",
    "replayed_inputs",
]

_numbers = itertools.count(1)


class Wait(NamedTuple):
    """Asks the driver to do nothing for a while."""

    seconds: float


Step: TypeAlias = "Execution | Wait | Expansion"
"""What a plan asks of its driver: make an attempt, wait, or run the calls of an expansion."""


class Halt:
    """Whether a run was told to begin nothing new."""

    __slots__ = ("asked",)

    def __init__(self) -> None:
        self.asked = False


class Call:
    """One call of one executable: what is run, with which inputs, and where in the run it stands."""

    __slots__ = (
        "attempts",
        "cancelled",
        "depth",
        "done",
        "entity",
        "entry",
        "halt",
        "hashed",
        "inner",
        "inputs",
        "nest",
        "number",
        "options",
        "overrides",
        "own_metadata",
        "parent",
        "path",
        "plan",
        "started",
        "upstream",
    )

    def __init__(
        self,
        entity: Any,
        inputs: Mapping[str, Any],
        path: str = "",
        nest: OpenNest | None = None,
        done: Callable[[Outcome], None] | None = None,
        metadata: TaskMetadata | None = None,
    ) -> None:
        if MOCKS and id(entity) in MOCKS:
            entity = MOCKS[id(entity)]
            metadata = entity.metadata_beside(metadata)
        self.entity = entity
        """What is called."""
        self.inputs = inputs
        """Every input by name, as the caller gave it."""
        self.path = path
        """Where in the run it stands: ``n0``, ``n2/dn1``; empty for the call that the run is of."""
        self.nest = nest
        """The calls it is one of, or None for the call that the run is of."""
        self.parent: Call | None = None if nest is None else nest.of
        """The call around it."""
        self.done = done
        """Whom to tell how it ended."""
        self.own_metadata = metadata
        """Its node's metadata, or None for the entity's."""
        self.number = next(_numbers)
        """Unique in this process."""
        self.attempts = 0
        """How many attempts were begun."""
        self.cancelled = False
        """Whether it is to end as soon as it can."""
        self.inner: OpenNest | None = None
        """The calls that are its work, while they are open."""
        self.halt: Halt | None = None
        """Whether the run it belongs to was told to begin nothing new; None where nobody can tell it."""
        self.plan: Generator[Step, Outcome | None, Outcome] | None = None
        self.hashed: Mapping[str, Any] = NO_OVERRIDES
        """The annotations of those outputs that its inputs are, and that say how they are hashed."""
        self.entry: CacheEntry | None = None
        """What the cache holds, or will hold, for it."""
        self.depth = 0
        """How many calls it stands inside of."""
        self.started = 0.0
        """When it began, on the clock of ``time.perf_counter``."""

    options: RunOptions
    """What holds for the whole run."""
    overrides: Mapping[str, Any]
    """What its node has otherwise than the entity, by the keywords of ``with_overrides``."""
    upstream: tuple[str, ...]
    """Paths of the calls whose outputs it uses."""

    @property
    def metadata(self) -> TaskMetadata:
        """The metadata that counts for this call."""
        return self.entity.metadata if self.own_metadata is None else self.own_metadata

    @property
    def recorder(self) -> Recorder | None:
        """Who keeps what happens to it."""
        return self.options.recorder

    def begin(self) -> None:
        """Note when it started, and what it stands inside of."""
        parent = self.parent
        if parent is not None:
            self.depth = parent.depth + 1
        else:
            outer = current_execution()
            self.depth = 0 if outer is None else outer.depth + 1
        self.started = time.perf_counter()

    def report(
        self, kind: events.Kind, attempt: int = 0, error: BaseException | None = None, executor: str = ""
    ) -> None:
        """Tell an event to whoever listens."""
        if events.observed():
            parent = self.parent
            count = getattr(self.entity, "call_count", None) if kind == "started" else None
            events.emit(
                events.new_event(
                    kind=kind,
                    task=self.entity.name,
                    call=self.number,
                    at=events.now(),
                    attempt=attempt,
                    seconds=time.perf_counter() - self.started,
                    error=error,
                    depth=self.depth,
                    path=self.path,
                    parent=0 if parent is None else parent.number,
                    upstream=self.upstream,
                    executor=executor,
                    what=self.entity.node_kind,
                    size=None if count is None else count(self.inputs),
                )
            )

    def __repr__(self) -> str:
        return f"Call({self.entity.name!r}, path={self.path!r})"


NO_OVERRIDES: Mapping[str, Any] = {}


def new_call(entity: Any, inputs: Mapping[str, Any], options: RunOptions = DEFAULT_OPTIONS) -> Call:
    """Return the call that a run is of."""
    call = Call(entity, inputs)
    call.options = options
    call.overrides = NO_OVERRIDES
    call.upstream = ()
    return call


def repeatable(entity: Any, inputs: Mapping[str, Any], metadata: TaskMetadata) -> Mapping[str, Any]:
    """Return the inputs with lists for iterators where they are read more than once.

    That is to make a key of them, for a second attempt, and to send them to another process.
    """
    if not (inputs and (metadata.cache or metadata.retries or metadata.timeout)):
        return inputs
    return replayed_inputs(entity, inputs)


def replayed_inputs(entity: Any, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the inputs with a list for each iterator."""
    from fletching.types.iterators import holds_iterator, replayed

    kinds = entity.python_interface.inputs
    return {
        name: replayed(value) if name in kinds and holds_iterator(kinds[name]) else value
        for name, value in inputs.items()
    }


def call_plan(call: Call) -> Generator[Step, Outcome | None, Outcome]:
    """Yield the steps of one call and return how it ended.

    The driver makes an attempt for each `Execution`, sleeps for each `Wait`, runs each `Expansion` to its end, and
    sends the `Outcome` in. Errors travel as values: an exception thrown through a generator could not be a
    ``StopIteration``.
    """
    call.begin()
    call.report("started")
    metadata, recorder = call.metadata, call.recorder
    if recorder is not None:
        recorder.started(call)
        recalled = recorder.recall(call)
        if recalled is not None:
            return _ended(call, Outcome(recalled.value), "recovered")
    entry = None
    if metadata.cache and not call.entity.metadata_is_for_parts:
        from fletching.run.cache import open_entry

        entry = call.entry = open_entry(call.entity, call.inputs, metadata, mode=call.options.cache, hashed=call.hashed)
    try:
        if entry is not None:
            while metadata.cache_serialize and not entry.try_lock():
                yield Wait(0.02)
            found = entry.read()
            if found is not None:
                return _ended(call, Outcome(found.value), "cached")
        expansion = call.entity.expand(call.inputs)
        outcome = yield from (_attempts(call) if expansion is None else _expansions(call, expansion))
        if entry is not None and outcome.error is None:
            outcome = Outcome(entry.write(outcome.value))
    except GeneratorExit:
        raise  # the driver gives up on the call
    except BaseException as error:  # noqa: BLE001 - an input that does not fit, a broken key: how the call ended
        outcome = Outcome(error=error)
    finally:
        if entry is not None:
            entry.unlock()
    return _ended(call, outcome, "finished" if outcome.error is None else "failed")


def _ended(call: Call, outcome: Outcome, how: events.Kind) -> Outcome:
    if call.recorder is not None:
        call.recorder.ended(call, outcome, "succeeded" if how == "finished" else how)
    call.report(how, error=outcome.error)
    return outcome


def _attempts(call: Call) -> Generator[Step, Outcome | None, Outcome]:
    execution = Execution(call.entity)
    budget = Budget(call)
    while True:
        execution.depth, execution.call = call.depth, call
        execution.metadata, execution.overrides = call.own_metadata, call.overrides
        if call.recorder is not None:
            execution.log = call.recorder.log_path(call, execution.attempt)
        outcome = yield execution
        assert outcome is not None, "a driver answers every step but the first with an outcome"
        if isinstance(outcome.value, Expansion):
            outcome = yield outcome.value
            assert outcome is not None, "as above"
        if outcome.error is None or not budget.allows_another(outcome.error):
            return outcome
        if call.recorder is not None:
            call.recorder.attempt_failed(call, execution.attempt, outcome.error)
        call.report("retrying", execution.attempt, outcome.error)
        yield Wait(delay(execution.attempt))
        execution = Execution(call.entity, execution.attempt + 1, execution.executor, execution.folder)


def _expansions(call: Call, expansion: Expansion | None) -> Generator[Step, Outcome | None, Outcome]:
    """Run the calls that are a call's work; all of them again where its node says so."""
    left = 0 if call.entity.metadata_is_for_parts else call.metadata.retries
    failed = 0
    while True:
        assert expansion is not None, "what consisted of calls once still does"
        outcome = yield expansion
        assert outcome is not None, "a driver answers every step but the first with an outcome"
        if outcome.error is None or failed >= left or not may_repeat(call.entity, outcome.error):
            return outcome
        call.report("retrying", failed, outcome.error)
        yield Wait(delay(failed))
        failed += 1
        expansion = call.entity.expand(call.inputs)


def begin_attempt(call: Call, execution: Execution, executor: str) -> None:
    """Tell that an attempt begins, and where; for drivers."""
    execution.executor = executor
    call.attempts += 1
    if call.recorder is not None:
        call.recorder.attempt(call, execution.attempt, executor)
    call.report("attempt", execution.attempt, executor=executor)
