"""Where the inputs of nodes and the outputs of graphs come from, as protobufs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flyteidl.core.literals_pb2 import BindingData, Literal

from fletching.errors import ConversionError, SerializationError
from fletching.graph.bindings import Constant, Entries, Items, Reference
from fletching.graph.node import InputNode
from fletching.types.engine import transformer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flyteidl.core.types_pb2 import OutputReference

    from fletching.graph.bindings import Binding
    from fletching.graph.node import Node

__all__ = ["Scope", "constant_literal", "fill_bindings"]


class Scope(NamedTuple):
    """The nodes of one graph, and of those around it, as the wire names and orders them."""

    ids: Mapping[int, str]
    """By the ``id()`` of a node: its id on the wire, which in a branch differs from the one that a run shows."""
    places: Mapping[int, int]
    """By the same: where in the order of the calls it stands."""
    prefix: str
    """What stands in front of the numbers of nodes."""
    outside: Mapping[tuple[int, str], tuple[Node, str]] = {}
    """For a branch that is a workflow of its own: by the ``id()`` of a node around it and an output, the input of the
    branch that stands for it."""

    @classmethod
    def of(cls, nodes: Iterable[Node], prefix: str = "") -> Scope:
        """Return the scope of a graph that is no branch."""
        nodes = tuple(nodes)
        return cls({id(node): node.id for node in nodes}, {id(node): at for at, node in enumerate(nodes)}, prefix)

    def within(self, node: Node, name: str) -> Scope:
        """Return the scope of a branch that consists of one node."""
        ids, places = {**self.ids, id(node): name}, {**self.places, id(node): len(self.places)}
        return self._replace(ids=ids, places=places)

    def name(self, node: Node) -> str:
        """Return a node's id on the wire; empty for what stands for the inputs of the graph."""
        return "" if isinstance(node, InputNode) else self.ids[id(node)]

    def origin(self, node: Node, var: str) -> tuple[Node, str]:
        """Return the node and output that an input of a branch stands for, as far as it sees what is around it."""
        while isinstance(node, InputNode) and var in node.builder.captured:
            node, var, _ = node.builder.captured[var].ref
        return self.outside.get((id(node), var), (node, var)) if self.outside else (node, var)

    def ordered(self, nodes: set[Node]) -> list[str]:
        """Return the ids of nodes, each once, in the order of the calls; the inputs of the graph are none."""
        found = [node for node in nodes if not isinstance(node, InputNode)]
        if len(found) > 1:
            found.sort(key=lambda node: self.places[id(node)])
        return [self.ids[id(node)] for node in found]


def fill_bindings(target: Any, bindings: Iterable[tuple[str, Binding]], scope: Scope, where: object) -> set[Node]:
    """Write bindings, and return the nodes they refer to.

    Args:
        target: the repeated field to append to.
        bindings: pairs of name and binding.
        scope: how the nodes are named.
        where: what they belong to, as messages show it.

    Raises:
        SerializationError: a value has no wire form.
    """
    nodes: set[Node] = set()
    for var, binding in bindings:
        try:
            _fill(target.add(var=var).binding, binding, scope, nodes)
        except ConversionError as error:
            raise SerializationError(f"{where}: {var!r} cannot be written: {error}") from error
    return nodes


def _fill(data: BindingData, binding: Binding, scope: Scope, nodes: set[Node]) -> None:
    if isinstance(binding, Reference):
        node, var = scope.origin(binding.node, binding.var)
        nodes.add(node)
        promise = data.promise
        promise.node_id = scope.name(node)
        promise.var = var
        for step in binding.path:
            _add_step(promise, step)
    elif isinstance(binding, Constant):
        _from_literal(data, constant_literal(binding))
    elif isinstance(binding, Items):
        data.collection.SetInParent()
        for each in binding.items:
            _fill(data.collection.bindings.add(), each, scope, nodes)
    elif isinstance(binding, Entries):
        data.map.SetInParent()
        for key, each in binding.entries.items():
            _fill(data.map.bindings[key], each, scope, nodes)
    else:
        raise SerializationError(f"{binding!r} has no wire form; it is no constant, promise, list or dict")


def _add_step(promise: OutputReference, step: int | str) -> None:
    if isinstance(step, int):
        promise.attr_path.add().int_value = step
    else:
        promise.attr_path.add().string_value = step


def constant_literal(binding: Constant) -> Literal:
    """Return the literal of a value that was there when the graph was built."""
    literal = Literal()
    transformer(binding.annotation).fill(literal, binding.constant)
    return literal


def _from_literal(data: BindingData, literal: Literal) -> None:
    """Write a literal as a binding. What says which variant of a union a list or dict is, a binding cannot say."""
    kind = literal.WhichOneof("value")
    if kind == "scalar":
        inner: Any = literal.scalar.union.value if literal.scalar.HasField("union") else None
        if inner is not None and inner.WhichOneof("value") in ("collection", "map"):
            _from_literal(data, inner)
        else:
            data.scalar.CopyFrom(literal.scalar)
    elif kind == "collection":
        data.collection.SetInParent()
        for each in literal.collection.literals:
            _from_literal(data.collection.bindings.add(), each)
    elif kind == "map":
        data.map.SetInParent()
        for key, each in literal.map.literals.items():
            _from_literal(data.map.bindings[key], each)
    else:
        raise SerializationError(f"a literal of kind {kind!r} cannot be bound; pass it as an input")
