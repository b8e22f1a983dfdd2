"""PythonFunctionWorkflow: a function whose calls are the graph; what `@workflow` makes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError, GraphError
from fletching.function_task import function_name
from fletching.graph.builder import GraphBuilder
from fletching.graph.outputs import bind_outputs
from fletching.interface import Interface
from fletching.located import module_name, wire_module
from fletching.workflows import WorkflowBase

if TYPE_CHECKING:
    from collections.abc import Callable

    from fletching.documentation import Documentation
    from fletching.graph.graph import Graph
    from fletching.graph.walk import WorkflowFailurePolicy

__all__ = ["PythonFunctionWorkflow"]


_building = threading.RLock()
"""Held while a graph is built. One for all: workflows call each other, in any order."""


class PythonFunctionWorkflow(WorkflowBase):
    """A workflow whose function is run once, with promises, to find out what it calls."""

    def __init__(
        self,
        workflow_function: Callable[..., Any],
        failure_policy: WorkflowFailurePolicy | None = None,
        interruptible: bool = False,
        on_failure: Any = None,
        docs: Documentation | None = None,
        pickle_untyped: bool = False,
        default_options: Any = None,
    ) -> None:
        if not callable(workflow_function):
            raise ConfigError(f"@workflow goes in front of a function, got {workflow_function!r}")
        self._workflow_function = workflow_function
        self._default_options = default_options
        self._locate(module_name(workflow_function))
        self._building = False
        self._graph: Graph | None = None
        super().__init__(
            f"{wire_module(self._instantiated_in)}.{function_name(workflow_function)}",
            Interface.from_function(workflow_function, pickle_untyped=pickle_untyped, check_return=False),
            failure_policy,
            interruptible,
            on_failure,
            docs,
        )
        self._check_types()
        import functools

        functools.update_wrapper(self, workflow_function)

    @property
    def workflow_function(self) -> Callable[..., Any]:
        """The user's function."""
        return self._workflow_function

    @property
    def default_options(self) -> Any:
        """Options of its default launch plan on a backend, as the user gave them."""
        return self._default_options

    @property
    def graph(self) -> Graph:
        if self._graph is None:
            with _building:
                if self._graph is None:
                    self._graph = self._build()
        return self._graph

    def _build(self) -> Graph:
        if self._building:
            raise GraphError(
                f"workflow {self.name!r} calls itself, so it would never end; only a @dynamic task can do that"
            )
        self._building = True
        try:
            builder = GraphBuilder(self.name, self._python_interface.inputs)
            with builder.recording():
                result = self._call(builder)
            outputs = bind_outputs(
                builder, self._python_interface, result, what=f"workflow {self.name!r}", plain_too=False
            )
            graph = builder.finish(self._python_interface, outputs)
            for inner in graph.called():
                # What is called has to be buildable too, and must not lead back here.
                if hasattr(type(inner), "graph"):
                    inner.graph  # noqa: B018 - builds it; an AttributeError of its function is told, not swallowed
            return graph
        finally:
            self._building = False

    def _call(self, builder: GraphBuilder) -> Any:
        promises = builder.inputs.outputs
        kinds = self._python_interface.kinds
        before = [promise for name, promise in promises.items() if kinds[name] == "positional_only"]
        named = {name: promise for name, promise in promises.items() if kinds[name] != "positional_only"}
        return self._workflow_function(*before, **named)

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_graph": None, "_building": False}

    def __reduce__(self) -> Any:
        from fletching.function_task import reduce_located

        return reduce_located(self)
