"""``reference_workflow``, ``reference_launch_plan``, ``get_reference_entity``: what else may be registered already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError
from fletching.reference import LaunchPlanReference, ResourceType, WorkflowReference
from fletching.reference_entity import KINDS, Named, referring
from fletching.reference_tasks import ReferenceTask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "ReferenceLaunchPlan",
    "ReferenceWorkflow",
    "get_reference_entity",
    "reference_launch_plan",
    "reference_workflow",
]


class ReferenceWorkflow(Named):
    """A workflow of a backend: what a launch plan may be of. In a workflow, call its launch plan."""

    refers_to = WorkflowReference


class ReferenceLaunchPlan(Named):
    """A launch plan of a backend; a call of it in a workflow is an execution of its own."""

    refers_to = LaunchPlanReference


def reference_workflow(
    project: str, domain: str, name: str, version: str
) -> Callable[[Callable[..., Any]], ReferenceWorkflow]:
    """Make a reference to a workflow of the function's signature; its body is not used, and may be ``...``.

    Raises:
        ConfigError: a part of the identifier is no text.
        InterfaceError: the signature cannot be an interface.
    """
    return referring(ReferenceWorkflow, project, domain, name, version)


def reference_launch_plan(
    project: str, domain: str, name: str, version: str
) -> Callable[[Callable[..., Any]], ReferenceLaunchPlan]:
    """Make a reference to a launch plan of the function's signature; its body is not used, and may be ``...``.

    Raises:
        ConfigError: a part of the identifier is no text.
        InterfaceError: the signature cannot be an interface.
    """
    return referring(ReferenceLaunchPlan, project, domain, name, version)


def get_reference_entity(
    resource_type: int,
    project: str,
    domain: str,
    name: str,
    version: str,
    inputs: Mapping[str, Any],
    outputs: Mapping[str, Any],
) -> ReferenceTask | ReferenceWorkflow | ReferenceLaunchPlan:
    """Return the reference to what an identifier and a signature name.

    Args:
        resource_type: 1 for a task, 2 for a workflow, 3 for a launch plan, as a `ResourceType` or a number.
        project: where it is registered.
        domain: where in the project.
        name: its full name there.
        version: which of its versions.
        inputs: name to type, or name to ``(type, default)``.
        outputs: name to type.

    Raises:
        ConfigError: there is no such kind.
    """
    words = project, domain, name, version
    if resource_type == ResourceType.TASK:
        return ReferenceTask(*words, inputs, outputs)
    if resource_type == ResourceType.WORKFLOW:
        return ReferenceWorkflow(*words, inputs, outputs)
    if resource_type == ResourceType.LAUNCH_PLAN:
        return ReferenceLaunchPlan(*words, inputs, outputs)
    known = ", ".join(f"{kind.value} ({word})" for kind, word in KINDS.items())
    raise ConfigError(f"resource_type is {resource_type!r}, expected one of {known}")
