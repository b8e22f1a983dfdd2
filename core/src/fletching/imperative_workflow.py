"""ImperativeWorkflow: a workflow put together call by call, without a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.errors import GraphError, close_match
from fletching.executable import Executable
from fletching.function_task import reduce_located
from fletching.graph.bindings import bind
from fletching.graph.builder import GraphBuilder
from fletching.graph.conditional import ConditionalSection
from fletching.graph.promise import Promise
from fletching.interface import MISSING, Interface
from fletching.workflows import WorkflowBase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from fletching.graph.bindings import Binding
    from fletching.graph.graph import Graph
    from fletching.graph.node import Node
    from fletching.graph.walk import WorkflowFailurePolicy

__all__ = ["ImperativeWorkflow"]


class ImperativeWorkflow(WorkflowBase):
    """A workflow to which inputs, calls and outputs are added one by one."""

    def __init__(
        self, name: str, failure_policy: WorkflowFailurePolicy | None = None, interruptible: bool = False
    ) -> None:
        if not isinstance(name, str) or not name:
            raise GraphError(f"a workflow's name must be a non-empty string, got {name!r}")
        super().__init__(name, Interface(), failure_policy, interruptible)
        self._builder = GraphBuilder(name, {})
        self._outputs: dict[str, Binding] = {}
        self._graph: Graph | None = None
        self._as_of = -1

    @property
    def inputs(self) -> dict[str, Promise]:
        """A promise for each input, by name."""
        return self._builder.inputs.outputs

    @property
    def output_bindings(self) -> dict[str, Binding]:
        """Where each output comes from, by name."""
        return dict(self._outputs)

    @property
    def graph(self) -> Graph:
        if self._graph is None or self._as_of != self._builder.changes:
            self._as_of = self._builder.changes
            self._graph = self._builder.snapshot(self._python_interface, self._outputs)
        return self._graph

    def _changed(self, interface: Interface | None = None) -> None:
        self._graph = None
        if interface is not None:
            self._python_interface = interface
            self.__dict__.pop("compiled", None)

    def add_workflow_input(self, input_name: str, python_type: Any, default: Any = MISSING) -> Promise:
        """Add an input and return its promise."""
        given = python_type if default is MISSING else (python_type, default)
        self._changed(self._python_interface.with_inputs({input_name: given}))
        self._builder.inputs.kinds[input_name] = python_type
        return self.inputs[input_name]

    def add_workflow_output(self, output_name: str, p: Any, python_type: Any = None) -> None:
        """Add an output.

        Args:
            output_name: its name.
            p: a promise, or a list or dict of promises.
            python_type: its type; needed for a list or dict.
        """
        if python_type is None:
            if not isinstance(p, Promise):
                raise GraphError(
                    f"workflow {self.name!r}: output {output_name!r} is {p!r}; give its python_type, which only one "
                    "promise by itself can do without"
                )
            python_type = p._type
        where = f"output {output_name!r} of workflow {self.name!r}"
        binding = bind(self._builder, where, python_type, p)
        self._changed(self._python_interface.with_outputs({output_name: python_type}))
        self._outputs[output_name] = binding

    def add_entity(self, entity: Executable, **kwargs: Any) -> Node:
        """Add a call and return its node; the keywords are its inputs: promises, or plain values."""
        if not isinstance(entity, Executable):
            raise GraphError(
                f"workflow {self.name!r}: only tasks, workflows and launch plans can be called, got {entity!r}"
            )
        self._changed()
        return self._builder.add(entity, entity.bind(**kwargs))

    add_task = add_launch_plan = add_subwf = add_entity

    def add_on_failure_handler(self, entity: Executable) -> None:
        """Have ``entity`` called with the workflow's inputs when it failed."""
        self._take_handler(entity)

    def create_conditional(self, name: str) -> ConditionalSection:
        """Begin a choice between branches; see `fletching.conditional`. Call tasks inside ``recording()``."""
        self._changed()
        return ConditionalSection(name, self._builder)

    def recording(self) -> AbstractContextManager[Any]:
        """Record the calls made in a ``with`` block as nodes of this workflow."""
        self._changed()
        return self._builder.recording()

    def get_input_values(self, input_value: Any) -> Iterator[Promise]:
        """Tell each promise of an output's value: itself, or those of a list or dict."""
        values = input_value.values() if isinstance(input_value, dict) else input_value
        if isinstance(input_value, (list, dict)):
            for each in values:
                yield from self.get_input_values(each)
        else:
            yield input_value

    def ready(self) -> bool:
        """Whether it has a node, and every input is used."""
        used = {
            reference.var
            for node in self._builder.nodes
            for binding in node.bindings.values()
            for reference in binding.references()
            if reference.node is self._builder.inputs
        }
        return bool(self._builder.nodes) and used >= self._builder.inputs.kinds.keys()

    def __getstate__(self) -> dict[str, Any]:
        # What travels is the graph as it is now; in another process nothing is added to it.
        return {**super().__getstate__(), "_graph": self.graph, "_as_of": self._builder.changes}

    def __reduce__(self) -> Any:
        return reduce_located(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        known = [each for each in dir(type(self)) if not each.startswith("_")]
        raise AttributeError(f"workflow {self._name!r} has no {name!r}{close_match(name, known)}")
