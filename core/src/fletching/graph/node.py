"""Node: one call in a graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fletching.errors import GraphError, close_match
from fletching.graph.overrides import NO_OVERRIDES, overridden
from fletching.graph.promise import Promise, node_of, promises_of

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator, Mapping

    from flyteidl.core.workflow_pb2 import NodeMetadata as WireNodeMetadata

    from fletching.graph.bindings import Binding
    from fletching.graph.builder import GraphBuilder
    from fletching.metadata import TaskMetadata

__all__ = ["InputNode", "Node", "NodeMetadata", "dns_name"]


@dataclass(frozen=True, kw_only=True)
class NodeMetadata:
    """What a node says on the wire about how it is to be run."""

    name: str
    timeout: datetime.timedelta | int | None = None
    """As a task's metadata has it: a timedelta, or None for no limit."""
    retries: int = 0
    interruptible: bool | None = None
    """None leaves it to the platform."""

    def to_flyte_idl(self) -> WireNodeMetadata:
        """Return the wire form, ``flyteidl.core.NodeMetadata``."""
        from flyteidl.core.literals_pb2 import RetryStrategy
        from flyteidl.core.workflow_pb2 import NodeMetadata as WireNodeMetadata

        message = WireNodeMetadata(name=self.name, retries=RetryStrategy(retries=self.retries))
        if self.timeout:
            message.timeout.FromTimedelta(self.timeout)
        if self.interruptible is not None:
            message.interruptible = self.interruptible
        return message


class Node:
    """One call of an entity: what it is given, what it waits for, and what is special about it.

    It can be changed while its graph is being built, and never after.
    """

    __slots__ = ("after", "bindings", "builder", "entity", "id", "overrides", "promises")

    def __init__(self, builder: GraphBuilder, id: str, entity: Any, bindings: Mapping[str, Binding]) -> None:
        self.builder = builder
        self.id = id
        """``n0``, ``n1``, … in the order of the calls, or what ``node_name`` says."""
        self.entity = entity
        """What is called."""
        self.bindings = bindings
        """Input name to where its value comes from."""
        self.after: list[Node] = []
        """Nodes that have to end first although no value comes from them."""
        self.overrides = NO_OVERRIDES
        self.promises: Any = promises_of(self)
        """What the call gave."""

    @property
    def metadata(self) -> TaskMetadata | None:
        """The metadata that counts for this node, or None for the entity's own."""
        return self.overrides.metadata

    @property
    def name(self) -> str:
        """What people read: the override, or the last part of the entity's name."""
        return str(self.overrides.given.get("name") or self.entity.short_name)

    @property
    def outputs(self) -> dict[str, Promise]:
        """The promises by output name."""
        interface = self.entity.python_interface
        if not interface.outputs:
            return {}
        return interface.named_outputs(self.promises)  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Promise:
        if name.startswith("_") or name in Node.__slots__:
            raise AttributeError(name)
        outputs = self.outputs
        if name in outputs:
            return outputs[name]
        hint, known = close_match(name, outputs), ", ".join(outputs) or "none"
        raise AttributeError(f"node {self.id!r} of {self.entity.name!r} has no output {name!r}{hint}; it has: {known}")

    @property
    def upstream(self) -> tuple[Node, ...]:
        """The nodes of the same graph that have to end first, each once, in the order they were made."""
        found = {id(node): node for node in self.after}
        for binding in self.bindings.values():
            for node in binding.nodes():
                if not isinstance(node, InputNode):
                    found[id(node)] = node
        return tuple(sorted(found.values(), key=lambda node: node.builder.position(node)))

    @property
    def flyte_entity(self) -> Any:
        """What is called; `entity`, as code written for the Flyte SDK names it."""
        return self.entity

    @property
    def upstream_nodes(self) -> list[Node]:
        """The nodes of `upstream`, as code written for the Flyte SDK names them."""
        return list(self.upstream)

    def with_overrides(self, **overrides: Any) -> Node:
        """Change how this one node is run; the task itself stays as it is. Returns self.

        Raises:
            UnknownOptionError: a key that nobody knows.
            ConfigError: a value is wrong.
        """
        self.builder.check_open(f"with_overrides of {self}")
        self.overrides = overridden(self.overrides, self.entity, str(self), overrides)
        if overrides.get("node_name"):
            self.builder.rename(self, dns_name(overrides["node_name"]))
        if "task_config" in overrides:
            self.entity = self.entity.with_task_config(overrides["task_config"])
        return self

    def runs_before(self, other: Any) -> None:
        """Have this node's call end before the other's begins."""
        following = node_of(other)
        if isinstance(following, InputNode):
            raise GraphError(f"{following} is there from the start; only calls can be put in order")
        self.builder.check_open(f"an order of {self}")
        if following.builder is not self.builder:
            raise GraphError(f"{self} and {following} are in different graphs, or in different branches of one")
        if self not in following.after:
            following.after.append(self)

    def __rshift__(self, other: Any) -> Any:
        self.runs_before(other)
        return other

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        # What the call gave is for those who build the graph; where it is run, it only has to lead to its parts.
        slots = [name for cls in type(self).__mro__ for name in getattr(cls, "__slots__", ())]
        return None, {name: getattr(self, name) for name in slots if name != "promises" and hasattr(self, name)}

    def kind_of(self, var: str) -> Any:
        """Return the annotation of one of the outputs."""
        return self.entity.python_interface.outputs[var]

    def told_output(self, var: str) -> str:
        """Return how a message names one of the outputs."""
        return f"output {var!r} of {self}"

    def __str__(self) -> str:
        return f"node {self.id!r} ({self.entity.short_name})"

    def __repr__(self) -> str:
        return f"Node({self.id!r}, {self.entity.name!r})"


class InputNode(Node):
    """Stands for the inputs of a graph: they are outputs of a node whose id is empty."""

    __slots__ = ("kinds",)

    def __init__(self, builder: GraphBuilder, kinds: Mapping[str, Any]) -> None:
        self.builder = builder
        self.id = ""
        self.bindings = {}
        self.after = []
        self.overrides = NO_OVERRIDES
        self.kinds = dict(kinds)
        """Name to annotation."""

    @property
    def outputs(self) -> dict[str, Promise]:
        return {name: Promise(self, name, kind) for name, kind in self.kinds.items()}

    @property
    def upstream(self) -> tuple[Node, ...]:
        return ()

    def with_overrides(self, **overrides: Any) -> Node:
        raise GraphError(f"{self} takes no overrides: it is no call")

    def runs_before(self, other: Any) -> None:
        raise GraphError(f"{self} is there from the start; only calls can be put in order")

    def kind_of(self, var: str) -> Any:
        return self.kinds[var]

    def told_output(self, var: str) -> str:
        return f"input {var!r}"

    def __str__(self) -> str:
        return f"the inputs of {self.builder.name!r}"

    def __repr__(self) -> str:
        return f"InputNode({', '.join(self.kinds)})"


def edges(nodes: tuple[Node, ...]) -> Iterator[tuple[Node, Node]]:
    """Tell each pair of a node and one that waits for it."""
    for node in nodes:
        for before in node.upstream:
            yield before, node


LONGEST_NAME = 63
"""The most characters a DNS label may have."""


def dns_name(value: str) -> str:
    """Return a name as Kubernetes takes it, the way the Flyte SDK forms it."""
    if len(value) >= LONGEST_NAME:
        import hashlib

        value = f"{hashlib.sha224(value.encode()).hexdigest()[:10]}-{value[-52:]}"
    made = ""
    for letter in value:
        if letter in "_-.":
            made += "-" if made else ""
        elif letter.isalnum():
            if letter.islower() or letter.isdigit():
                made += letter
            else:
                made += f"-{letter.lower()}" if made and made[-1] != "-" else letter.lower()
    return made[:LONGEST_NAME].removesuffix("-")
