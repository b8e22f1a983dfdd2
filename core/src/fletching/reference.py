"""What points at an entity that lives on a backend: its project, domain, name and version."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

from fletching.frozen import check_text

if TYPE_CHECKING:
    from flyteidl.core import identifier_pb2

__all__ = ["LaunchPlanReference", "Reference", "ResourceType", "TaskReference", "WorkflowReference"]


class ResourceType(IntEnum):
    """What kind of entity an identifier names."""

    UNSPECIFIED = 0
    TASK = 1
    WORKFLOW = 2
    LAUNCH_PLAN = 3


@dataclass(frozen=True)
class Reference:
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
