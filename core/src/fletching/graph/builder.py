"""GraphBuilder: records the calls that a function makes, instead of making them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fletching.context import RECORDER
from fletching.errors import GraphError, PromiseError
from fletching.gate import open_gate_if_unused, recording
from fletching.graph.bindings import bind, bind_plainly
from fletching.graph.graph import Graph
from fletching.graph.node import InputNode, Node

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fletching.graph.bindings import Binding
    from fletching.graph.promise import Promise
    from fletching.interface import Interface

__all__ = ["GraphBuilder", "current_builder"]


class GraphBuilder:
    """A graph while it is being built.

    Args:
        name: whose graph it is, for messages.
        inputs: name to annotation.
        prefix: stands in front of every node's id.
        outer: the graph this one is a branch of; promises of it may be used here.
    """

    def __init__(
        self, name: str, inputs: Mapping[str, Any], *, prefix: str = "", outer: GraphBuilder | None = None
    ) -> None:
        self.name = name
        self.prefix = prefix
        self.outer = outer
        self.nodes: list[Node] = []
        self.inputs = InputNode(self, inputs)
        self.captured: dict[str, Promise] = {}
        """For a branch: name of an input of its own to the promise of the outer graph that it stands for."""
        self.open_section: Any = None
        """The conditional that was begun here and not ended, or None."""
        self.changes = 0
        """Grows with every change, so that whoever keeps a `snapshot` knows whether it is the newest."""
        self._closed = False
        self._places: dict[int, int] = {}
        self._ids: set[str] = set()

    def call(self, entity: Any, inputs: Mapping[str, Any]) -> Any:
        """Record a call and return its promises.

        Args:
            entity: what is called.
            inputs: every input by name, defaults filled in: promises and plain values.
        """
        return self.add(entity, inputs).promises

    def add(self, entity: Any, inputs: Mapping[str, Any]) -> Node:
        """Record a call and return its node."""
        self.check_open(f"a call of {entity.short_name}")
        kinds = entity.python_interface.inputs
        bindings: dict[str, Binding] = {}
        for name, given in inputs.items():
            kind = kinds[name]
            found = bind_plainly(self, kind, given)
            if found is None:
                short = entity.short_name
                where = f"input {name!r} of node '{self.prefix}n{len(self.nodes)}' ({short})"
                found = bind(self, where, kind, given, task=short, argument=f"argument {name!r}")
            bindings[name] = found
        return self.add_node(entity, bindings)

    def add_node(self, entity: Any, bindings: Mapping[str, Binding]) -> Node:
        """Append a node whose inputs are bound."""
        self.changes += 1
        place = f"{self.prefix}n{len(self.nodes)}"
        if place in self._ids:
            raise GraphError(f"{self.name!r}: node_name={place!r} was given to an earlier node; choose another name")
        node = Node(self, place, entity, bindings)
        self._places[id(node)] = len(self.nodes)
        self._ids.add(place)
        self.nodes.append(node)
        return node

    def rename(self, node: Node, name: str) -> None:
        """Give a node another id.

        Raises:
            GraphError: another node has it.
        """
        if not name:
            raise GraphError(f"node_name of {node}: no letter or digit of it can stand in a node's id")
        if name in self._ids and name != node.id:
            raise GraphError(f"{self.name!r}: two nodes would be called {name!r}; node_name must be different for each")
        self._ids.discard(node.id)
        self._ids.add(name)
        node.id = name

    def position(self, node: Node) -> int:
        """Return where in the order of the calls a node stands."""
        return self._places[id(node)]

    def check_open(self, what: str) -> None:
        """Take note of a change; raise `GraphError` if the graph is built already."""
        if self._closed:
            raise GraphError(f"{what} comes too late: the graph of {self.name!r} is built already")
        self.changes += 1

    def reference(self, promise: Promise) -> tuple[Node, str, tuple[int | str, ...]]:
        """Return what a promise refers to as seen from this graph.

        Raises:
            PromiseError: it belongs to another graph.
        """
        node, var, path = promise.ref
        if node.builder is self:
            return node, var, path
        if self.outer is None:
            raise PromiseError(
                f"{promise!r} belongs to the graph of {node.builder.name!r} and was used in that of {self.name!r}; "
                "pass it on as an input or an output"
            )
        # A branch takes it in as an input of its own, called as a backend calls the operands of a condition.
        source, name, _ = self.outer.reference(promise)
        if self.outer.outer is None or source is not self.outer.inputs:
            name = f"{node.id}.{var}"
        while name in self.captured and self.captured[name].ref[:2] != (node, var):
            name += "'"  # one further out has this id, or one that was renamed since had it
        if name not in self.captured:
            from fletching.graph.promise import Promise

            whole = promise if not path else Promise(node, var, node.outputs[var]._type)
            self.captured[name] = whole
            self.inputs.kinds[name] = whole._type
        return self.inputs, name, path

    def finish(self, interface: Interface, outputs: Mapping[str, Binding]) -> Graph:
        """Return the graph; nothing can be added from now on."""
        graph = self.snapshot(interface, outputs)
        self._closed = True
        return graph

    def snapshot(self, interface: Interface, outputs: Mapping[str, Binding]) -> Graph:
        """Return the graph as it is now; more can be added for the next one."""
        if self.open_section is not None:
            raise GraphError(self.open_section.unfinished())
        return Graph(
            name=self.name, interface=interface, inputs=self.inputs, nodes=tuple(self.nodes), outputs=dict(outputs)
        )

    def __getstate__(self) -> dict[str, Any]:
        # In another process nothing is added any more, and the places of the nodes are in the graph.
        return {**self.__dict__, "nodes": [], "_places": {}, "_ids": set(), "_closed": True}

    @contextmanager
    def recording(self) -> Iterator[GraphBuilder]:
        """Record the calls made in the block, in this thread or asyncio task only."""
        try:
            with recording(self):
                yield self
        finally:
            open_gate_if_unused()  # the run that needed this graph goes the short way already


def current_builder(what: str) -> GraphBuilder:
    """Return the graph that is being built here.

    Raises:
        GraphError: none is; ``what`` needs one.
    """
    builder = RECORDER.get()
    if not isinstance(builder, GraphBuilder):
        raise GraphError(f"{what} is for the body of a @workflow or @dynamic function; no graph is being built here")
    return builder
