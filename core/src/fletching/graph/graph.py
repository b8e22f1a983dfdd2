"""Graph: the calls of a workflow, what each waits for, and where the outputs come from; it never changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from fletching.errors import CycleError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fletching.graph.bindings import Binding
    from fletching.graph.node import InputNode, Node
    from fletching.interface import Interface
    from fletching.metadata import TaskMetadata

__all__ = ["Graph", "Visit"]


class Visit(NamedTuple):
    """What a run needs of one node, and what is the same in every run."""

    node: Node
    entity: Any
    id: str
    bindings: tuple[tuple[str, Binding], ...]
    metadata: TaskMetadata | None
    overrides: Mapping[str, Any]
    upstream: tuple[str, ...]
    """The ids of the nodes that have to end first."""
    reads: tuple[int, ...]
    feeds: tuple[int, ...]
    output: str
    """The name of the one output that a call of it gives as it is, or empty: there are several, none, or a stream."""
    hashed: Mapping[str, Any]
    """The annotations of those outputs that its inputs are, and that say how they are hashed, by input name."""
    passed: tuple[tuple[str, str], ...]
    """The names of its inputs that are inputs of the graph, and what those are called."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Graph:
    """A graph that was built: it can be run any number of times."""

    name: str
    interface: Interface
    inputs: InputNode
    """Stands for the inputs in bindings."""
    nodes: tuple[Node, ...]
    """In the order of the calls."""
    outputs: Mapping[str, Binding]
    """Output name to where it comes from."""
    waits_for: tuple[tuple[int, ...], ...] = field(init=False)
    """For each node, the positions of the nodes that have to end first."""
    feeds: tuple[tuple[int, ...], ...] = field(init=False)
    """For each node, the positions of those that wait for it; the inverse."""
    reads: tuple[tuple[int, ...], ...] = field(init=False)
    """For each node, the positions of the nodes whose outputs it is given."""
    uses: tuple[int, ...] = field(init=False)
    """For each node, how many nodes are given its outputs; the graph's own outputs count as one more."""

    def __post_init__(self) -> None:
        place = {id(node): at for at, node in enumerate(self.nodes)}
        waits = tuple(tuple(place[id(before)] for before in node.upstream) for node in self.nodes)
        feeds: list[list[int]] = [[] for _ in self.nodes]
        for at, before in enumerate(waits):
            for each in before:
                feeds[each].append(at)
        reads = []
        uses = [0] * len(self.nodes)
        for bindings in (*(node.bindings for node in self.nodes), self.outputs):
            read = {id(node) for binding in bindings.values() for node in binding.nodes()} & place.keys()
            reads.append(tuple(sorted(place[each] for each in read)))
            for each in read:
                uses[place[each]] += 1
        object.__setattr__(self, "waits_for", waits)
        object.__setattr__(self, "feeds", tuple(map(tuple, feeds)))
        object.__setattr__(self, "reads", tuple(reads[:-1]))
        object.__setattr__(self, "uses", tuple(uses))
        self._check_order()

    @cached_property
    def visits(self) -> tuple[Visit, ...]:
        """What a run needs of each node."""
        return tuple(map(self._visit, range(len(self.nodes))))

    def _visit(self, at: int) -> Visit:
        from fletching.graph.bindings import Reference
        from fletching.types.annotations import gives_hash
        from fletching.types.iterators import holds_iterator

        node = self.nodes[at]
        interface = node.entity.python_interface
        outputs = interface.outputs
        plain = len(outputs) == 1 and not interface.returns_tuple and not any(map(holds_iterator, outputs.values()))
        whole = [
            (name, each.node.kind_of(each.var), each)
            for name, each in node.bindings.items()
            if isinstance(each, Reference) and not each.path and each.convert is None
        ]
        return Visit(
            node=node,
            entity=node.entity,
            id=node.id,
            bindings=tuple(node.bindings.items()),
            metadata=node.metadata,
            overrides=node.overrides.given,
            upstream=tuple(self.nodes[each].id for each in self.waits_for[at]),
            reads=self.reads[at],
            feeds=self.feeds[at],
            output=next(iter(outputs)) if plain else "",
            hashed={name: kind for name, kind, _ in whole if gives_hash(kind)},
            passed=tuple((name, each.var) for name, _, each in whole if each.node is self.inputs),
        )

    def called(self) -> Iterator[Any]:
        """Tell what its nodes call, those in the branches of conditionals included."""
        for node in self.nodes:
            yield node.entity
            for branch in getattr(node.entity, "branches", ()):
                if branch.graph is not None:
                    yield from branch.graph.called()

    def _check_order(self) -> None:
        """Refuse a graph in which nodes wait for each other."""
        left = [len(before) for before in self.waits_for]
        ready = [at for at, count in enumerate(left) if not count]
        done = 0
        while ready:
            at = ready.pop()
            done += 1
            for after in self.feeds[at]:
                left[after] -= 1
                if not left[after]:
                    ready.append(after)
        if done == len(self.nodes):
            return
        at = next(at for at, count in enumerate(left) if count)
        seen: list[int] = []
        while at not in seen:
            seen.append(at)
            at = next(before for before in self.waits_for[at] if left[before])
        circle = [*seen[seen.index(at) :], at][::-1]
        told = " -> ".join(f"{self.nodes[each].id} ({self.nodes[each].entity.short_name})" for each in circle)
        raise CycleError(f"workflow {self.name!r}: its nodes wait for each other: {told}; take one of the orders out")
