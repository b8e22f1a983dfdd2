"""The way through a graph: which node may start, what it is given, what a failure means for the others."""

from __future__ import annotations

from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

from fletching.errors import ConversionError, add_note
from fletching.expansion import Expansion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fletching.expansion import Nest, Outcome
    from fletching.graph.graph import Graph
    from fletching.graph.node import Node

__all__ = ["GraphExpansion", "WorkflowFailurePolicy"]


BEGUN = -1
"""What a node waits for that has begun."""


class WorkflowFailurePolicy(Enum):
    """What happens to the other nodes when one failed, as the Flyte SDK numbers it."""

    FAIL_IMMEDIATELY = 0
    """Nothing new starts, and what runs is stopped."""
    FAIL_AFTER_EXECUTABLE_NODES_COMPLETE = 1
    """Everything that does not need the failed node's outputs still runs."""


class GraphExpansion(Expansion):
    """The calls of a graph, each started when what it waits for has ended.

    Args:
        graph: what is run.
        inputs: the graph's inputs by name.
        policy: what a failure means for the others.
        handler: called with the failed node's id and the error before the run fails; gives an entity and its inputs.
    """

    def __init__(
        self,
        graph: Graph,
        inputs: Mapping[str, Any],
        *,
        policy: WorkflowFailurePolicy = WorkflowFailurePolicy.FAIL_IMMEDIATELY,
        handler: Callable[[str, BaseException], tuple[Any, Mapping[str, Any]]] | None = None,
    ) -> None:
        self.graph = graph
        self.policy = policy
        self.handler = handler
        self.values: dict[Node, Mapping[str, Any]] = {graph.inputs: readable_again(graph.inputs.kinds, inputs)}
        self._visits = graph.visits
        self._left = [len(before) for before in graph.waits_for]
        self._uses = list(graph.uses)
        self._open = len(graph.nodes)
        """Nodes that have not ended; those that will never start count as ended."""
        self._failed: tuple[str, BaseException] | None = None
        self._dead: set[int] = set()
        self._over = False
        """Whether nothing new may start: the outputs were given, or a failure is being dealt with."""
        self._nest: Any = None

    def begin(self, nest: Nest) -> None:
        self._nest = nest
        for at, left in enumerate(self._left):
            if not left:
                self._start(at)
        if not self.graph.nodes:
            self._end()

    def _start(self, at: int) -> None:
        if self._over:
            return
        self._left[at] = BEGUN
        visit, values, path = self._visits[at], self.values, self._nest.path
        try:
            inputs = {name: binding.value(values) for name, binding in visit.bindings}
        except Exception as error:  # noqa: BLE001 - a part that is not there, or a conversion, fails this node like an attempt
            self._open -= 1
            self._fail(at, visit.node, error, f"in the inputs of {visit.node} of {self.graph.name!r}")
            return
        hashed, outer = visit.hashed, self._nest.hashed
        if outer:
            hashed = {**hashed, **{name: outer[var] for name, var in visit.passed if var in outer}}
        self._nest.call(
            visit.entity,
            inputs,
            path=visit.id,
            done=partial(self._done, at),
            metadata=visit.metadata,
            overrides=visit.overrides,
            upstream=tuple([path + each for each in visit.upstream]) if path else visit.upstream,
            hashed=hashed,
        )

    def _done(self, at: int, outcome: Outcome) -> None:
        visit, left = self._visits[at], self._left
        self._open -= 1
        if outcome.error is not None:
            self._fail(at, visit.node, outcome.error, f"in {visit.node} of {self.graph.name!r}")
            return
        for before in visit.reads:
            self._release(before)
        if self._uses[at]:
            if visit.output:
                self.values[visit.node] = {visit.output: outcome.value}
            else:
                interface = visit.entity.python_interface
                self.values[visit.node] = readable_again(interface.outputs, interface.named_outputs(outcome.value))
        for after in visit.feeds:
            left[after] -= 1
            if not left[after] and after not in self._dead:
                self._start(after)
        if not self._open:
            self._end()

    def _release(self, at: int) -> None:
        """Forget the outputs of a node when the last one that reads them has."""
        self._uses[at] -= 1
        if self._uses[at] <= 0:
            self.values.pop(self._visits[at].node, None)

    def _fail(self, at: int, node: Node, error: BaseException, where: str) -> None:
        if self._failed is None:
            self._failed = node.id, error
            add_note(error, where)
        else:
            add_note(self._failed[1], f"{type(error).__name__} as well, {where}: {error}")
        if self.policy is WorkflowFailurePolicy.FAIL_IMMEDIATELY or not isinstance(error, Exception):
            if not self._over:
                self._over = True
                self._nest.stop(self._give_up)
            return
        waiting = [at]
        while waiting:
            for after in self.graph.feeds[waiting.pop()]:
                if after not in self._dead:
                    self._dead.add(after)
                    self._open -= 1
                    waiting.append(after)
        if not self._open:
            self._end()

    def _end(self) -> None:
        if self._over:
            return
        self._over = True
        if self._failed is not None:
            self._give_up()
            return
        try:
            outputs = {name: binding.value(self.values) for name, binding in self.graph.outputs.items()}
            if not self._nest.path:
                outputs = self._carried(outputs)
        except Exception as error:  # noqa: BLE001 - as for a node's inputs
            add_note(error, f"in the outputs of {self.graph.name!r}")
            self._nest.fail(error)
            return
        self._nest.finish(self.graph.interface.returned(outputs))

    def _carried(self, outputs: dict[str, Any]) -> dict[str, Any]:
        """Return what a caller outside of all graphs gets: nothing of it is shared with a constant or with another.

        Whoever is inside of one carries it as an input.
        """
        from fletching.types.engine import transformer

        for name, kind in self.graph.interface.outputs.items():
            try:
                outputs[name] = transformer(kind).carry(outputs[name])
            except ConversionError as error:
                raise error.within(self.graph.name.rpartition(".")[2], f"output {name!r}") from None
        return outputs

    def _give_up(self) -> None:
        """Fail, after the handler had its turn; what goes wrong in it is told beside the error, not instead."""
        assert self._failed is not None, "only called after a failure"
        node, error = self._failed
        for left, never in zip(self._left, self.graph.nodes, strict=True):
            if left != BEGUN:
                self._nest.skip(never.entity, path=never.id)
        if self.handler is None or not isinstance(error, Exception):
            self._nest.fail(error)
            return

        def handled(outcome: Outcome) -> None:
            if outcome.error is not None:
                add_note(error, f"on_failure failed as well: {type(outcome.error).__name__}: {outcome.error}")
            self._nest.fail(error)

        entity, inputs = self.handler(node, error)
        self._nest.call(entity, inputs, path="on-failure", done=handled)


def readable_again(kinds: Mapping[str, Any], values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return values with a list for each iterator: several nodes may read it, and each attempt of one does."""
    from fletching.types.iterators import holds_iterator, replayed

    streams = [name for name, kind in kinds.items() if type(kind) is not type and holds_iterator(kind)]
    return values if not streams else {**values, **{name: replayed(values[name]) for name in streams}}
