"""``create_node``: a call as a node, for what promises alone cannot say."""

from __future__ import annotations

from typing import Any

from fletching.context import RECORDER
from fletching.errors import CallError, GraphError, close_match
from fletching.executable import Executable
from fletching.graph.builder import current_builder

__all__ = ["create_node"]


class EndedNode:
    """What `create_node` gives in plain Python: the call has ended, its outputs are values."""

    def __init__(self, name: str, outputs: dict[str, Any]) -> None:
        self._name = name
        self.outputs = outputs
        """The values by output name."""

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self.outputs:
            return self.outputs[name]
        raise AttributeError(f"{self._name!r} has no output {name!r}{close_match(name, self.outputs)}")

    def runs_before(self, other: Any) -> None:
        """Nothing to do: it has run."""

    def __rshift__(self, other: Any) -> Any:
        return other


def create_node(entity: Any, *args: Any, **kwargs: Any) -> Any:
    """Call an entity with inputs by keyword, and return its node: ``node.o0``, ``node.outputs``, ``a >> b``.

    In plain Python it runs at once, and the outputs are values.

    Raises:
        GraphError: the entity cannot be a node.
        CallError: inputs were given by position, or do not bind.
    """
    if args:
        raise CallError(f"create_node takes the inputs by keyword, got {args[0]!r} by position")
    if not isinstance(entity, Executable):
        raise GraphError(f"create_node takes a task, a workflow or a launch plan, got {entity!r}")
    if RECORDER.get() is not None:
        return current_builder("create_node()").add(entity, entity.bind(**kwargs))
    value = entity(**kwargs)
    if entity.is_async:
        from fletching.run.loop import run_on_loop

        value = run_on_loop(value)
    return EndedNode(entity.name, entity.python_interface.named_outputs(value))
