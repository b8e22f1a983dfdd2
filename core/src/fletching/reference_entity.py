"""ReferenceEntity: something that lives on a backend, called from here by its identifier and its signature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from fletching.errors import ConfigError, RemoteOnlyError, SerializationError
from fletching.executable import Executable
from fletching.function_task import reduce_located
from fletching.interface import Interface
from fletching.located import module_name
from fletching.reference import Reference, ResourceType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flyteidl.core.identifier_pb2 import Identifier
    from flyteidl.core.literals_pb2 import LiteralMap
    from flyteidl.core.tasks_pb2 import TaskTemplate
    from flyteidl.core.workflow_pb2 import Node as WireNode
    from flyteidl.core.workflow_pb2 import WorkflowTemplate

    from fletching.context import ExecutionMode
    from fletching.flyte_context import FlyteContext
    from fletching.graph.node import NodeMetadata

__all__ = ["KINDS", "Named", "ReferenceEntity", "referring"]

KINDS = {ResourceType.TASK: "task", ResourceType.WORKFLOW: "workflow", ResourceType.LAUNCH_PLAN: "launch plan"}
N = TypeVar("N", bound="Named")


class ReferenceEntity(Executable):
    """Stands for a task, a workflow or a launch plan that is registered already.

    In a workflow it is a node that names it; nothing of it is registered again. It does not run here: a test says what
    it gives, with ``fletching.testing.task_mock``. What a backend client fetched is one with a guessed interface.

    Args:
        reference: which one it is.
        inputs: name to type, or name to ``(type, default)``.
        outputs: name to type.
        interface: both at once, where there is one.
    """

    def __init__(
        self,
        reference: Reference,
        inputs: Mapping[str, Any] | None = None,
        outputs: Mapping[str, Any] | None = None,
        *,
        interface: Interface | None = None,
    ) -> None:
        self._refer(reference)
        self._locate()
        self._name = reference.name
        self._python_interface = Interface(inputs, outputs) if interface is None else interface
        self._check_types()

    def _refer(self, reference: Reference) -> None:
        if not isinstance(reference, Reference) or reference.resource_type not in KINDS:
            raise ConfigError(
                "a reference entity needs a TaskReference, a WorkflowReference or a LaunchPlanReference, "
                f"got {reference!r}"
            )
        self._reference = reference

    @property
    def node_kind(self) -> str:  # type: ignore[override]  # what it refers to decides
        """One word for what a node of it is, as progress and pictures show it."""
        return KINDS[self._reference.resource_type]

    @property
    def reference(self) -> Reference:
        """Its project, domain, name and version."""
        return self._reference

    @property
    def id(self) -> Identifier:
        """The identifier of what it stands for; a new message each time."""
        return self._reference.id

    @property
    def task_templates(self) -> tuple[TaskTemplate, ...]:
        """The templates that travel with the job of a dynamic task, for which a backend looks nothing up.

        A plain reference knows none; what was fetched does.
        """
        return ()

    @property
    def workflow_templates(self) -> tuple[WorkflowTemplate, ...]:
        """The template of the workflow it stands for and of those that one calls, which travel with the caller's.

        A plain reference knows none; what was fetched does.
        """
        return ()

    # How it runs

    def execute(self, /, **kwargs: Any) -> Any:
        """Refuse: its code is not here.

        Raises:
            RemoteOnlyError: always; while it is mocked, the mock is called instead.
        """
        at = self._reference
        raise RemoteOnlyError(
            f"{self.node_kind} {at.name!r} is a reference to project {at.project!r}, domain {at.domain!r}, version "
            f"{at.version!r}, and does not run here; say what it gives with fletching.testing.task_mock: "
            "with task_mock(it) as mock: mock.return_value = ..."
        )

    def local_execution_mode(self) -> ExecutionMode:
        """Return what a local call of it counts as."""
        from fletching.context import ExecutionMode

        return ExecutionMode.LOCAL_TASK_EXECUTION

    def unwrap_literal_map_and_execute(self, ctx: FlyteContext | None, input_literal_map: LiteralMap) -> LiteralMap:
        """Call it with literals and return literals; for code written against the Flyte SDK."""
        from fletching.types.idl import from_literal_map

        return self._to_literal_map(self(**from_literal_map(self.python_interface.inputs, input_literal_map)))

    # As a node of a graph

    def construct_node_metadata(self) -> NodeMetadata:
        """Return what its node says: the name alone, the rest is known where it lives."""
        from fletching.graph.node import NodeMetadata

        return NodeMetadata(name=self.short_name)

    def fill_flyte_node(self, message: WireNode, node: Any, writer: Any) -> None:
        """Write what is called into the message of a node.

        Raises:
            SerializationError: it is a workflow whose template is not here.
        """
        kind = self._reference.resource_type
        if kind is ResourceType.LAUNCH_PLAN:
            message.workflow_node.launchplan_ref.CopyFrom(writer.reference(self))
        elif kind is ResourceType.TASK:
            message.task_node.reference_id.CopyFrom(writer.reference(self))
            overrides = writer.task_overrides(node, self)
            if overrides.ByteSize():
                message.task_node.overrides.CopyFrom(overrides)
        elif self.workflow_templates:
            message.workflow_node.sub_workflow_ref.CopyFrom(writer.reference(self))
        else:
            raise SerializationError(
                f"{node} calls a reference to the workflow {self.name!r}, and a Flyte backend wants the whole of a "
                "workflow that another one calls; use reference_launch_plan: each workflow has a launch plan of its "
                "name"
            )

    def __getstate__(self) -> dict[str, Any]:
        # Of the function only the signature counts.
        return {key: value for key, value in super().__getstate__().items() if key != "__wrapped__"}

    def __reduce__(self) -> Any:
        return reduce_located(self)

    def __repr__(self) -> str:
        at = self._reference
        return f"{type(self).__name__}({at.project!r}, {at.domain!r}, {at.name!r}, {at.version!r})"


class Named(ReferenceEntity):
    """A reference of one kind, made of the four words that name it.

    Args:
        project: where it is registered.
        domain: where in the project.
        name: its full name there.
        version: which of its versions.
        inputs: name to type, or name to ``(type, default)``.
        outputs: name to type.
        interface: both at once, where there is one.
    """

    refers_to: ClassVar[type[Reference]] = Reference

    def __init__(
        self,
        project: str,
        domain: str,
        name: str,
        version: str,
        inputs: Mapping[str, Any] | None = None,
        outputs: Mapping[str, Any] | None = None,
        *,
        interface: Interface | None = None,
    ) -> None:
        super().__init__(self.refers_to(project, domain, name, version), inputs, outputs, interface=interface)


def referring(kind: type[N], project: str, domain: str, name: str, version: str) -> Callable[[Callable[..., Any]], N]:
    """Return a decorator that makes a reference of a function's signature; the body is not used."""
    import functools

    def make(function: Callable[..., Any]) -> N:
        interface = Interface.from_function(function, check_return=False)
        made = kind(project, domain, name, version, interface=interface)
        made._locate(module_name(function))
        functools.update_wrapper(made, function)
        return made

    return make
