"""Placing: which executor gets which attempt, and whether it has room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.gate import MOCKS
from fletching.run.call import NO_OVERRIDES
from fletching.run.executors import Attempt, Inline, Loop, Process, Thread, close_executor, executor_named
from fletching.run.fields import check_fields

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextvars import Context

    from fletching.context import Execution
    from fletching.metadata import TaskMetadata
    from fletching.run.call import Call
    from fletching.run.executors import Executor
    from fletching.run.options import RunOptions

__all__ = ["Placing"]

NONE: Mapping[str, str] = {}


class Placing:
    """The executors of one run, made when first needed, and how many attempts each has."""

    def __init__(self, options: RunOptions, *, may_be_inline: bool = True) -> None:
        self._options = options
        self._named: Executor | None = None
        self._made: dict[type[Any], Executor] = {}
        self._load: dict[int, int] = {}
        self._total = 0
        self._environments: list[Mapping[str, str]] = []
        """The variables that each attempt in this process has set."""
        self._checked: dict[tuple[int, int, int], tuple[Any, ...]] = {}
        """What was found to be kept, by its ids; holding it keeps the ids its own."""
        self.inline: Executor = Inline()
        """For an attempt that runs on the machine's own thread."""
        self.always_inline = options.executor == "inline"
        """Whether the user asked for that."""
        self.may_be_inline = self.always_inline or (may_be_inline and options.executor is None)
        """Whether nobody asked for anything else."""

    def executor_of(self, entity: Any, timeout: Any = None) -> Executor:
        """Return the executor for the attempts of an entity."""
        if entity.node_kind == "gate":
            return self._one(Loop)  # it only waits, and a terminal is here
        if entity.orchestrates:
            return self._one(Loop)
        if self._options.executor is not None and not entity.stays_here:
            if self.always_inline:
                return self.inline
            if self._named is None:
                self._named = executor_named(self._options.executor)
            # A thread of its own would only wait for the loop.
            return self._one(Loop) if entity.is_async and isinstance(self._named, Thread) else self._named
        if entity.is_async:
            return self._one(Loop)
        return self._one(Process) if timeout else self._one(Thread)

    def _one(self, kind: type[Any]) -> Executor:
        found = self._made.get(kind)
        if found is None:
            found = self._made[kind] = kind()
        return found

    def executor_for(self, call: Call) -> Executor:
        """Return the executor for an attempt of a call.

        Raises:
            ExecutorError: the user named one that does not exist, or that cannot keep what the task asks for.
        """
        entity, metadata = call.entity, call.metadata
        executor = self.executor_of(entity, metadata.timeout)
        if self._options.executor is not None and not entity.stays_here:
            self._check_one(executor, entity, metadata, call.overrides)
        return executor

    def _check_one(self, executor: Executor, entity: Any, metadata: TaskMetadata, overrides: Mapping[str, Any]) -> None:
        key = id(entity), id(metadata), id(overrides)
        if key not in self._checked:
            check_fields(executor, entity, metadata, overrides, lenient=self._options.lenient)
            self._checked[key] = entity, metadata, overrides

    def check(self, entity: Any) -> None:
        """Refuse a run whose named executor cannot keep what a call in it asks for, before anything of it has run.

        What a dynamic task will call is not known yet; that is checked when it is called.

        Raises:
            ExecutorError: as for `executor_for`.
        """
        if self._options.executor is not None:
            self._check(entity, entity.metadata, NO_OVERRIDES)

    def _check(self, entity: Any, metadata: TaskMetadata, overrides: Mapping[str, Any]) -> None:
        if id(entity) in MOCKS:
            return  # what stands in for it asks for nothing
        if entity.metadata_is_for_parts:
            self._check(entity.target, metadata, overrides)
            return
        graphs = [branch.graph for branch in getattr(entity, "branches", ())]
        graphs.append(getattr(entity, "graph", None))
        nodes = [node for graph in graphs if graph is not None for node in graph.nodes]
        if not nodes and not hasattr(entity, "branches"):
            self._check_one(self.executor_of(entity, metadata.timeout), entity, metadata, overrides)
        for node in nodes:
            self._check(node.entity, node.metadata or node.entity.metadata, node.overrides.given)

    def may_replace(self, executor: Executor) -> bool:
        """Whether an attempt may run on the machine's own thread as well."""
        return self.may_be_inline and isinstance(executor, Thread)

    def attempt(self, call: Call, execution: Execution, context: Context) -> Attempt:
        """Return an attempt as an executor gets it."""
        timeout = call.metadata.timeout
        return Attempt(
            execution=execution,
            inputs=call.inputs,
            timeout=timeout.total_seconds() if timeout else None,  # type: ignore[union-attr]  # a timedelta once checked
            context=context.copy(),
        )

    # Room

    def room(self, executor: Executor) -> int:
        """Return how many attempts an executor may have at once."""
        limit = self._options.max_parallel
        if executor is self.inline:
            return 1
        if limit is None:
            return executor.slots
        return limit

    def any_room(self) -> bool:
        """Whether the run as a whole may have another attempt."""
        limit = self._options.max_parallel
        return limit is None or self._total < limit

    def has_room(self, executor: Executor, entity: Any) -> bool:
        """Whether an executor may have an attempt of an entity now."""
        return (
            self.any_room() and self.has_slot(executor) and not (self._environments and self._clashes(executor, entity))
        )

    def has_slot(self, executor: Executor) -> bool:
        """Whether an executor has fewer attempts than it may have."""
        return self._load.get(id(executor), 0) < self.room(executor)

    def _clashes(self, executor: Executor, entity: Any) -> bool:
        """Whether an attempt here needs another value of a variable: a process has one environment."""
        wanted = variables_of(entity)
        if not wanted or isinstance(executor, Process):
            return False
        return any(set_to.get(name, value) != value for set_to in self._environments for name, value in wanted.items())

    def take(self, executor: Executor, entity: Any) -> None:
        """Count an attempt in."""
        self._load[id(executor)] = self._load.get(id(executor), 0) + 1
        self._total += 1
        if variables_of(entity) and not isinstance(executor, Process):
            self._environments.append(variables_of(entity))

    def give(self, executor: Executor, entity: Any) -> None:
        """Count an attempt out."""
        self._load[id(executor)] -= 1
        self._total -= 1
        if self._environments and variables_of(entity) and not isinstance(executor, Process):
            self._environments.remove(variables_of(entity))

    def close(self) -> None:
        """Let go of every executor."""
        for executor in (self._named, *self._made.values()):
            if executor is not None:
                close_executor(executor)


def variables_of(entity: Any) -> Mapping[str, str]:
    """Return the environment variables that an entity asks for."""
    found = getattr(entity, "environment", None)
    return dict(found) if found else NONE
