"""``serialize``: tasks, workflows and launch plans, and all they call, in the order in which they are registered."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flyteidl.core import identifier_pb2
from flyteidl.core.identifier_pb2 import Identifier

from fletching.errors import SerializationError
from fletching.idl.template import task_spec
from fletching.idl.workflow import workflow_spec
from fletching.launch_plans import LaunchPlan, default_plan
from fletching.python_task import PythonTask
from fletching.reference_entity import ReferenceEntity
from fletching.workflows import WorkflowBase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fletching.graph.conditional import Conditional
    from fletching.graph.graph import Graph
    from fletching.idl.branch_workflow import BranchWorkflow
    from fletching.plan_options import Options
    from fletching.settings import SerializationSettings

__all__ = ["Registry", "Serialized", "SerializedEntity", "serialize"]

KINDS = {
    "task": identifier_pb2.TASK,
    "workflow": identifier_pb2.WORKFLOW,
    "launch_plan": identifier_pb2.LAUNCH_PLAN,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class SerializedEntity:
    """One thing that is registered."""

    kind: str
    """``task``, ``workflow`` or ``launch_plan``."""
    id: Identifier
    """Its identifier on the backend."""
    message: Any
    """A ``TaskSpec``, ``WorkflowSpec`` or ``LaunchPlan`` of ``flyteidl.admin``."""
    entity: Any
    """What it was written from."""

    @property
    def name(self) -> str:
        """Its full name."""
        return str(self.id.name)

    def to_bytes(self) -> bytes:
        """Return the message's bytes, the same for equal messages."""
        written: bytes = self.message.SerializeToString(deterministic=True)
        return written


@dataclass(frozen=True, kw_only=True, eq=False)
class Serialized:
    """What `serialize` returns."""

    entities: tuple[SerializedEntity, ...]
    """Everything to register, what is called before what calls it."""
    references: tuple[ReferenceEntity, ...] = ()
    """What is called and registered already."""

    def find(self, kind: str, name: str) -> SerializedEntity:
        """Return one of them.

        Raises:
            LookupError: there is none.
        """
        for each in self.entities:
            if (each.kind, each.name) == (kind, name):
                return each
        raise LookupError(f"no {kind} {name!r} was serialized")


class Registry:
    """Everything that was serialized so far, each entity once."""

    def __init__(self, settings: SerializationSettings, options: Options | None = None) -> None:
        self.settings = settings
        self.options = options
        """What holds for every launch plan."""
        self.entries: list[SerializedEntity] = []
        """In the order in which they are registered."""
        self._by_entity: dict[int, SerializedEntity] = {}
        self._by_name: dict[tuple[str, str], SerializedEntity] = {}
        self._open: dict[int, Identifier] = {}
        self.referred: dict[int, ReferenceEntity] = {}
        """What is called and registered already, by its ``id()``."""
        self._branches: dict[int, tuple[BranchWorkflow, Any]] = {}
        self._branch_names: Counter[str] = Counter()

    def reference(self, entity: Any) -> Identifier:
        """Return the identifier of an entity, and have it serialized before what asks for it."""
        if isinstance(entity, ReferenceEntity):
            self.referred[id(entity)] = entity
            return entity.id
        begun = self._open.get(id(entity))
        return self.entry(entity).id if begun is None else begun

    def branch_workflow(self, graph: Graph, name: str) -> tuple[BranchWorkflow, Identifier]:
        """Return the workflow of a branch that is more than one call, and its identifier.

        Nobody starts it by itself, so it is not registered: it travels with the workflow that has the branch.
        """
        known = self._branches.get(id(graph))
        if known is None:
            from fletching.idl.branch_workflow import BranchWorkflow
            from fletching.idl.workflow import workflow_spec

            count = self._branch_names[name]
            self._branch_names[name] += 1
            workflow = BranchWorkflow(f"{name}-{count + 1}" if count else name, graph)
            spec = workflow_spec(workflow, self._identifier("workflow", workflow.name), self)
            known = self._branches[id(graph)] = workflow, spec
        workflow, spec = known
        return workflow, spec.template.id

    def branch_specs(self, entity: Conditional) -> Iterator[Any]:
        """Tell the workflows that branches of a conditional were written as."""
        for branch in entity.branches:
            if id(branch.graph) in self._branches:
                yield self._branches[id(branch.graph)][1]

    def entry(self, entity: Any) -> SerializedEntity:
        """Return what is registered for an entity.

        Raises:
            SerializationError: it has no wire form, or another one of the same name differs from it.
        """
        known = self._by_entity.get(id(entity))
        if known is not None:
            return known
        kind = _kind(entity)
        identifier = self._identifier(kind, entity.name)
        self._open[id(entity)] = identifier
        try:
            message = self._message(kind, entity, identifier)
        finally:
            del self._open[id(entity)]
        made = SerializedEntity(kind=kind, id=identifier, message=message, entity=entity)
        other = self._by_name.setdefault((kind, identifier.name), made)
        if other is made:
            self.entries.append(made)
        elif other.message != message:
            raise SerializationError(
                f"two {kind.replace('_', ' ')}s are called {identifier.name!r} and differ, and a Flyte backend keeps "
                "one of each name; rename one of them" + _hint(other.entity, entity)
            )
        self._by_entity[id(entity)] = made
        return made

    def _identifier(self, kind: str, name: str) -> Identifier:
        settings = self.settings
        return Identifier(
            resource_type=KINDS[kind],
            project=settings.project or "",
            domain=settings.domain or "",
            name=name,
            version=settings.version or "",
        )

    def _message(self, kind: str, entity: Any, identifier: Identifier) -> Any:
        if kind == "workflow":
            return workflow_spec(entity, identifier, self)
        if kind == "launch_plan":
            from fletching.idl.launch_plan import launch_plan_message

            return launch_plan_message(entity, identifier, self)
        for hint in getattr(entity, "node_dependency_hints", None) or ():
            self.reference(hint)
        return task_spec(entity, self.settings)


def _kind(entity: Any) -> str:
    if isinstance(entity, PythonTask) and not isinstance(entity, ReferenceEntity):
        return "task"
    if isinstance(entity, WorkflowBase):
        return "workflow"
    if isinstance(entity, LaunchPlan):
        return "launch_plan"
    raise SerializationError(
        f"only tasks, workflows and launch plans are registered, got {entity!r}; call it in a workflow"
    )


def _hint(one: Any, other: Any) -> str:
    configs = [getattr(entity, "task_config", None) for entity in (one, other)]
    if configs[0] is not configs[1]:
        return "; with_overrides(task_config=...) makes another task, which the wire has no place for in a node"
    return ""


def serialize(
    entities: Iterable[Any],
    settings: SerializationSettings,
    *,
    default_launch_plans: bool = False,
    options: Options | None = None,
) -> Serialized:
    """Return the protobufs of entities and of all they call; nothing is changed, and twice gives the same bytes.

    Args:
        entities: tasks, workflows and launch plans; references among them are registered already, and left out.
        settings: where and how they will run.
        default_launch_plans: also write, for every workflow, the launch plan of the same name by which it is started,
            and the workflow by which an eager task is.
        options: what holds for every launch plan, whatever its own options say.

    Raises:
        SerializationError: something has no wire form, or two things of one name differ.
        ConfigError: a task needs an image and has none.
    """
    registry = Registry(settings, options)
    for entity in entities:
        if not isinstance(entity, ReferenceEntity):
            registry.entry(entity)
    if default_launch_plans:
        for entry in list(registry.entries):
            if hasattr(entry.entity, "get_as_workflow"):
                registry.entry(entry.entity.get_as_workflow())
        for entry in list(registry.entries):
            if entry.kind == "workflow" and ("launch_plan", entry.name) not in registry._by_name:
                registry.entry(default_plan(entry.entity))
    return Serialized(entities=tuple(registry.entries), references=tuple(registry.referred.values()))
