"""FlyteTask, FlyteWorkflow, FlyteLaunchPlan: what a backend has, to be called in workflows and to be executed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fletching import ReferenceLaunchPlan, ReferenceTask, ReferenceWorkflow
from fletching.extend import interface_from_idl
from fletching_flyte.differences import ADDED_NODES

if TYPE_CHECKING:
    from collections.abc import Callable

    from flyteidl.core.interface_pb2 import TypedInterface
    from flyteidl.core.tasks_pb2 import TaskTemplate
    from flyteidl.core.workflow_pb2 import WorkflowTemplate

    from fletching.extend import ReferenceEntity

__all__ = ["FlyteLaunchPlan", "FlyteTask", "FlyteWorkflow", "LazyEntity", "entity_of", "registered_interface"]

E = TypeVar("E")


class FlyteTask(ReferenceTask):
    """A task of a backend; ``message`` is what the backend says about it, an ``admin.Task``."""

    def __init__(self, message: Any) -> None:
        self.message = message
        super().__init__(*_words(message.id), interface=interface_from_idl(self.template.interface))

    @property
    def template(self) -> TaskTemplate:
        """Its template, as registered."""
        found: TaskTemplate = self.message.closure.compiled_task.template
        return found

    @property
    def task_templates(self) -> tuple[TaskTemplate, ...]:
        return (self.template,)


class FlyteWorkflow(ReferenceWorkflow):
    """A workflow of a backend; ``message`` is what the backend says about it, an ``admin.Workflow``."""

    def __init__(self, message: Any) -> None:
        self.message = message
        super().__init__(*_words(message.id), interface=interface_from_idl(self.template.interface))

    @property
    def template(self) -> WorkflowTemplate:
        """Its template, as registered."""
        return self.workflow_templates[0]

    @property
    def workflow_templates(self) -> tuple[WorkflowTemplate, ...]:
        closure = self.message.closure.compiled_workflow
        return tuple(_as_written(each.template) for each in (closure.primary, *closure.sub_workflows))

    @property
    def task_templates(self) -> tuple[TaskTemplate, ...]:
        return tuple(each.template for each in self.message.closure.compiled_workflow.tasks)


class FlyteLaunchPlan(ReferenceLaunchPlan):
    """A launch plan of a backend; ``message`` is what the backend says about it, an ``admin.LaunchPlan``."""

    def __init__(self, message: Any) -> None:
        self.message = message
        interface = interface_from_idl(registered_interface(message), message.closure.expected_inputs)
        super().__init__(*_words(message.id), interface=interface)

    @property
    def workflow_id(self) -> Any:
        """The identifier of the workflow that it runs."""
        return self.message.spec.workflow_id

    @property
    def is_active(self) -> bool:
        """Whether it is the one of its name that runs by its schedule."""
        from flyteidl.admin import launch_plan_pb2

        return bool(self.message.closure.state == launch_plan_pb2.ACTIVE)


class LazyEntity(Generic[E]):
    """Something of a backend that is fetched when it is first used."""

    def __init__(self, name: str, getter: Callable[[], E]) -> None:
        self._name = name
        self._getter = getter
        self._entity: E | None = None

    @property
    def name(self) -> str:
        """Its name, known without asking."""
        return self._name

    @property
    def entity(self) -> E:
        """What it stands for, fetched now if it was not."""
        if self._entity is None:
            self._entity = self._getter()
        return self._entity

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call what it stands for."""
        return self.entity(*args, **kwargs)  # type: ignore[operator]  # whatever it is, it can be called

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)  # asked by copy, pickle and the like: no reason to fetch
        return getattr(self.entity, name)

    def __repr__(self) -> str:
        return f"LazyEntity({self._name!r})"


def entity_of(kind: str, message: Any) -> ReferenceEntity:
    """Return the entity of a backend's message."""
    return {"task": FlyteTask, "workflow": FlyteWorkflow, "launch_plan": FlyteLaunchPlan}[kind](message)


def registered_interface(message: Any) -> TypedInterface:
    """Return the interface of a backend's ``Task``, ``Workflow`` or ``LaunchPlan``."""
    from flyteidl.core.interface_pb2 import TypedInterface

    closure = message.closure
    made: TypedInterface
    if hasattr(closure, "compiled_task"):
        made = closure.compiled_task.template.interface
        return made
    if hasattr(closure, "compiled_workflow"):
        made = closure.compiled_workflow.primary.template.interface
        return made
    made = TypedInterface(outputs=closure.expected_outputs)
    made.inputs.SetInParent()
    for name, parameter in closure.expected_inputs.parameters.items():
        made.inputs.variables[name].CopyFrom(parameter.var)
    return made


def _words(identifier: Any) -> tuple[str, str, str, str]:
    return identifier.project, identifier.domain, identifier.name, identifier.version


def _as_written(template: Any) -> Any:
    """Return a template without what a backend's compiler added."""
    made = type(template)()
    made.CopyFrom(template)
    del made.nodes[:]
    made.nodes.extend(node for node in template.nodes if node.id not in ADDED_NODES)
    return made
