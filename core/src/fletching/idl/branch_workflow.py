"""A branch that is more than one call, as a workflow of its own: on a backend a branch is a single node."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fletching.interface import Interface
from fletching.workflows import WorkflowBase

if TYPE_CHECKING:
    from fletching.graph.graph import Graph
    from fletching.graph.node import Node

__all__ = ["BranchWorkflow"]


class BranchWorkflow(WorkflowBase):
    """The calls of one branch. Its inputs are what they take from around the conditional.

    Args:
        name: its full name.
        graph: the branch.
    """

    def __init__(self, name: str, graph: Graph) -> None:
        self._graph = graph
        kinds = graph.inputs.kinds
        self.inputs = _identifiers(tuple(kinds))
        """The name that the branch has for an input, such as ``n0.o0``, to the one on the wire."""
        super().__init__(name, Interface({self.inputs[name]: kinds[name] for name in kinds}, graph.interface.outputs))

    @property
    def graph(self) -> Graph:
        return self._graph

    @property
    def outside(self) -> dict[tuple[int, str], tuple[Node, str]]:
        """By the ``id()`` of a node around the conditional and an output: the input that stands for it."""
        made: dict[tuple[int, str], tuple[Node, str]] = {}
        inputs = self._graph.inputs
        for name, promise in inputs.builder.captured.items():
            node, var, _ = promise.ref
            made[id(node), var] = inputs, self.inputs[name]
        return made


def _identifiers(names: tuple[str, ...]) -> dict[str, str]:
    """Return an identifier for each name, none twice."""
    made: dict[str, str] = {}
    for name in names:
        plain = re.sub(r"\W+", "_", name).strip("_") or "x"
        candidate, count = plain, 1
        while candidate in made.values():
            count += 1
            candidate = f"{plain}_{count}"
        made[name] = candidate
    return made
