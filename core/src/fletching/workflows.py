"""WorkflowBase: an executable whose work is a graph of calls."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fletching.context import RECORDER
from fletching.errors import ConfigError, InterfaceError, text_of
from fletching.executable import Executable
from fletching.graph.walk import GraphExpansion, WorkflowFailurePolicy
from fletching.interface import accepts_none

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fletching.documentation import Documentation
    from fletching.errors import CallError
    from fletching.expansion import Expansion
    from fletching.flyte_context import FlyteContext
    from fletching.graph.graph import Graph
    from fletching.graph.node import Node, NodeMetadata
    from fletching.interface import Interface

__all__ = ["WorkflowBase", "WorkflowMetadata", "WorkflowMetadataDefaults"]


@dataclass(frozen=True, kw_only=True)
class WorkflowMetadata:
    """What a workflow does when a node fails."""

    on_failure: WorkflowFailurePolicy = WorkflowFailurePolicy.FAIL_IMMEDIATELY

    def __post_init__(self) -> None:
        if not isinstance(self.on_failure, WorkflowFailurePolicy):
            allowed = ", ".join(f"WorkflowFailurePolicy.{each.name}" for each in WorkflowFailurePolicy)
            raise ConfigError(f"failure_policy must be one of {allowed}, got {self.on_failure!r}")


@dataclass(frozen=True, kw_only=True)
class WorkflowMetadataDefaults:
    """What holds for every node that says nothing else."""

    interruptible: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.interruptible, bool):
            raise ConfigError(f"interruptible must be True or False, got {self.interruptible!r}")


class WorkflowBase(Executable):
    """A workflow: its graph is built once, and run as often as it is called."""

    node_kind = "workflow"

    def __init__(
        self,
        name: str,
        interface: Interface,
        failure_policy: WorkflowFailurePolicy | None = None,
        interruptible: bool = False,
        on_failure: Any = None,
        docs: Documentation | None = None,
    ) -> None:
        if not hasattr(self, "_instantiated_in"):
            self._locate()
        self._name = name
        self._python_interface = interface
        policy = WorkflowFailurePolicy.FAIL_IMMEDIATELY if failure_policy is None else failure_policy
        self._workflow_metadata = WorkflowMetadata(on_failure=policy)
        self._workflow_metadata_defaults = WorkflowMetadataDefaults(interruptible=interruptible)
        self._docs = docs
        self._on_failure: Any = None
        if on_failure is not None:
            self._take_handler(on_failure)

    @property
    def workflow_metadata(self) -> WorkflowMetadata:
        """What it does when a node fails."""
        return self._workflow_metadata

    @property
    def workflow_metadata_defaults(self) -> WorkflowMetadataDefaults:
        """What holds for every node that says nothing else."""
        return self._workflow_metadata_defaults

    @property
    def failure_policy(self) -> WorkflowFailurePolicy:
        """What happens to the other nodes when one failed."""
        return self._workflow_metadata.on_failure

    @property
    def on_failure(self) -> Any:
        """What is called with the workflow's inputs when it failed, or None."""
        return self._on_failure

    @property
    def docs(self) -> Documentation | None:
        """Its documentation; what the user gave wins, and its docstring fills what is empty."""
        from fletching.documentation import completed

        return completed(self._docs, self.python_interface.docstring)

    @property
    @abstractmethod
    def graph(self) -> Graph:
        """Its calls; built when first asked for."""

    @property
    def nodes(self) -> list[Node]:
        """Its nodes, in the order of the calls."""
        return list(self.graph.nodes)

    def expand(self, inputs: Mapping[str, Any]) -> Expansion:
        carried = self.compiled.carry_inputs(inputs)

        def handler(node: str, error: BaseException) -> tuple[Any, Mapping[str, Any]]:
            return self._on_failure, self._handler_inputs(expansion.values[expansion.graph.inputs], node, error)

        expansion = GraphExpansion(
            self.graph, carried, policy=self.failure_policy, handler=handler if self._on_failure is not None else None
        )
        return expansion

    def _handler_inputs(self, inputs: Mapping[str, Any], node: str, error: BaseException) -> dict[str, Any]:
        from fletching.graph.fit import converter
        from fletching.types.failure import FlyteError

        ours, theirs = self._python_interface.inputs, self._on_failure.python_interface
        given: dict[str, Any] = dict.fromkeys(theirs.inputs)  # what it takes beyond ours has a default, or may be None
        given |= theirs.defaults
        for name, value in inputs.items():
            convert = converter(ours[name], theirs.inputs[name])
            given[name] = value if convert is None else convert(value)
        if "err" in given:
            given["err"] = FlyteError(message=f"{type(error).__name__}: {text_of(error)}", failed_node_id=node)
        return given

    def compile(self, ctx: FlyteContext | None = None, *args: Any, **kwargs: Any) -> Any:
        """Record a node for a call in the graph that is being built; where none is, build its own graph.

        Raises:
            GraphError: its graph cannot be built as it is written.
        """
        if RECORDER.get() is not None:
            return super().compile(ctx, *args, **kwargs)
        _ = self.graph
        return None

    def _call_error(self, error: TypeError, kwargs: Mapping[str, Any]) -> CallError:
        _ = self.graph  # where it cannot be built, that is what is wrong with the call in the first place
        return super()._call_error(error, kwargs)

    def construct_node_metadata(self) -> NodeMetadata:
        from fletching.graph.node import NodeMetadata

        return NodeMetadata(name=self.short_name, interruptible=self._workflow_metadata_defaults.interruptible)

    def _take_handler(self, handler: Any) -> None:
        """Check that a handler can be called with the workflow's inputs, and keep it."""
        if not isinstance(handler, Executable):
            raise ConfigError(f"workflow {self._name!r}: on_failure must be a task or a workflow, got {handler!r}")
        theirs, ours = handler.python_interface, self.python_interface.inputs
        for name, kind in ours.items():
            if name not in theirs.inputs:
                raise InterfaceError(
                    f"workflow {self._name!r}: on_failure={handler.short_name} has no input {name!r}, and it is called "
                    f"with all inputs of the workflow; add {name!r} to it"
                )
            self._check_handler_takes(handler, name, kind)
        if "err" in theirs.inputs and "err" not in ours:
            from fletching.types.failure import FlyteError

            self._check_handler_takes(handler, "err", FlyteError)
        for name, kind in theirs.inputs.items():
            if name not in ours and name != "err" and name not in theirs.defaults and not accepts_none(kind):
                raise InterfaceError(
                    f"workflow {self._name!r}: on_failure={handler.short_name} needs {name!r}, which is no input of "
                    "the workflow; give it a default, or make it Optional"
                )
        self._on_failure = handler

    def _check_handler_takes(self, handler: Executable, name: str, kind: Any) -> None:
        from fletching.graph.fit import Misfit, converter
        from fletching.types.display import type_name

        wanted = handler.python_interface.inputs[name]
        try:
            converter(kind, wanted)
        except Misfit:
            raise InterfaceError(
                f"workflow {self._name!r}: on_failure={handler.short_name} takes {type_name(wanted)} for {name!r}, "
                f"and the workflow gives {type_name(kind)}"
            ) from None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"
