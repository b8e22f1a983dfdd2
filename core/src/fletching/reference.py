"""What points at an entity that lives on a backend: its project, domain, name and version."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar

from fletching.errors import WireError
from fletching.frozen import check_text
from fletching.wirevalue import WireValue

if TYPE_CHECKING:
    from typing import Self

    from flyteidl.core import identifier_pb2

__all__ = ["LaunchPlanReference", "Reference", "ResourceType", "TaskReference", "WorkflowReference"]


class ResourceType(IntEnum):
    """What kind of entity an identifier names."""

    UNSPECIFIED = 0
    TASK = 1
    WORKFLOW = 2
    LAUNCH_PLAN = 3


@dataclass(frozen=True)
class Reference(WireValue):
    """Points at an entity of a backend; use one of the classes below."""

    project: str
    domain: str
    name: str
    version: str

    _resource_type: ClassVar[ResourceType] = ResourceType.UNSPECIFIED

    def __post_init__(self) -> None:
        check_text(self, "project", "domain", "name", "version", empty=False)

    @property
    def resource_type(self) -> ResourceType:
        """What kind of entity it is."""
        return self._resource_type

    @property
    def id(self) -> identifier_pb2.Identifier:
        """The wire form, ``flyteidl.core.Identifier``; a new message each time."""
        from flyteidl.core import identifier_pb2

        return identifier_pb2.Identifier(
            resource_type=identifier_pb2.ResourceType.ValueType(self.resource_type),
            project=self.project,
            domain=self.domain,
            name=self.name,
            version=self.version,
        )

    def to_flyte_idl(self) -> identifier_pb2.Identifier:
        """Return the wire form; the same as `id`."""
        return self.id

    @classmethod
    def from_flyte_idl(cls, pb2_object: identifier_pb2.Identifier) -> Self:
        """Return the reference to what an identifier names, of the class that it says."""
        for kind in (TaskReference, WorkflowReference, LaunchPlanReference):
            if kind._resource_type == pb2_object.resource_type and issubclass(kind, cls):
                at = pb2_object
                made: Any = kind(at.project, at.domain, at.name, at.version)
                return made  # type: ignore[no-any-return]  # of this class, as was just asked
        raise WireError(f"an identifier of resource type {pb2_object.resource_type} is read as {cls.__name__}")


@dataclass(frozen=True)
class TaskReference(Reference):
    """Points at a task."""

    _resource_type: ClassVar[ResourceType] = ResourceType.TASK


@dataclass(frozen=True)
class WorkflowReference(Reference):
    """Points at a workflow."""

    _resource_type: ClassVar[ResourceType] = ResourceType.WORKFLOW


@dataclass(frozen=True)
class LaunchPlanReference(Reference):
    """Points at a launch plan."""

    _resource_type: ClassVar[ResourceType] = ResourceType.LAUNCH_PLAN
