"""Whom a backend tells when an execution has ended: ``Email``, ``Slack`` and ``PagerDuty``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar

from fletching.errors import WireError
from fletching.frozen import refuse, set_field
from fletching.wirevalue import WireValue

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from flyteidl.admin import common_pb2

__all__ = ["Email", "Notification", "PagerDuty", "Slack", "WorkflowExecutionPhase"]


class WorkflowExecutionPhase(IntEnum):
    """Where an execution on a backend stands."""

    UNDEFINED = 0
    QUEUED = 1
    RUNNING = 2
    SUCCEEDING = 3
    SUCCEEDED = 4
    FAILING = 5
    FAILED = 6
    ABORTED = 7
    TIMED_OUT = 8
    ABORTING = 9


ENDS = (
    WorkflowExecutionPhase.ABORTED,
    WorkflowExecutionPhase.FAILED,
    WorkflowExecutionPhase.SUCCEEDED,
    WorkflowExecutionPhase.TIMED_OUT,
)
"""The phases in which an execution has ended."""


@dataclass(frozen=True)
class Notification(WireValue):
    """Tells some people that an execution ended in one of some phases; use one of the classes below."""

    phases: Iterable[int]
    """`WorkflowExecutionPhase` of ends: aborted, failed, succeeded, timed out. Stored as a tuple."""
    recipients_email: Iterable[str]
    """Addresses. Stored as a tuple."""

    field: ClassVar[str] = ""
    """Which of a message's fields says how they are told."""

    def __post_init__(self) -> None:
        known = ", ".join(f"WorkflowExecutionPhase.{phase.name}" for phase in ENDS)
        phases = tuple(self.phases) if isinstance(self.phases, (list, tuple, set, frozenset)) else ()
        if not phases or any(phase not in ENDS for phase in phases):
            refuse(self, "phases", self.phases, f"a list of one or more of {known}")
        people = tuple(self.recipients_email) if isinstance(self.recipients_email, (list, tuple)) else ()
        if not people or not all(isinstance(one, str) and one.strip() for one in people):
            refuse(self, "recipients_email", self.recipients_email, "a list of one or more addresses")
        set_field(self, "phases", tuple(map(WorkflowExecutionPhase, phases)))
        set_field(self, "recipients_email", people)

    def to_flyte_idl(self) -> common_pb2.Notification:
        """Return the wire form, ``flyteidl.admin.Notification``."""
        from flyteidl.admin import common_pb2

        message = common_pb2.Notification(phases=[int(phase) for phase in self.phases])
        getattr(message, self.field).recipients_email.extend(self.recipients_email)
        return message

    @classmethod
    def from_flyte_idl(cls, pb2_object: common_pb2.Notification) -> Self:
        """Return the value of a wire form, of the class that it says."""
        field = pb2_object.WhichOneof("type")
        for kind in (Email, Slack, PagerDuty):
            if kind.field == field and issubclass(kind, cls):
                made: Any = kind(list(pb2_object.phases), list(getattr(pb2_object, field).recipients_email))
                return made  # type: ignore[no-any-return]  # of this class, as was just asked
        raise WireError(f"the message of a notification says {field!r}, and is read as {cls.__name__}")


@dataclass(frozen=True)
class Email(Notification):
    """By mail."""

    field: ClassVar[str] = "email"


@dataclass(frozen=True)
class Slack(Notification):
    """In Slack, by the addresses of channels or people there."""

    field: ClassVar[str] = "slack"


@dataclass(frozen=True)
class PagerDuty(Notification):
    """By PagerDuty, by the addresses of its services."""

    field: ClassVar[str] = "pager_duty"
