"""Email, Slack, PagerDuty: who hears how an execution of a launch plan ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar

from fletching.frozen import refuse, set_field
from fletching.wirevalue import WireValue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyteidl.admin import common_pb2

__all__ = ["Email", "Notification", "PagerDuty", "Slack", "WorkflowExecutionPhase"]


class WorkflowExecutionPhase(IntEnum):
    """How far an execution is."""

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


ENDS = frozenset(
    {
        WorkflowExecutionPhase.SUCCEEDED,
        WorkflowExecutionPhase.FAILED,
        WorkflowExecutionPhase.ABORTED,
        WorkflowExecutionPhase.TIMED_OUT,
    }
)


@dataclass(frozen=True)
class Notification(WireValue):
    """Tells people when an execution ends in one of some phases; use one of the subclasses."""

    phases: Sequence[WorkflowExecutionPhase]
    """The ends to tell of: of `WorkflowExecutionPhase` SUCCEEDED, FAILED, ABORTED and TIMED_OUT."""
    recipients_email: Sequence[str]
    """The addresses; Slack and PagerDuty have addresses too."""

    way: ClassVar[str] = ""
    """The field of ``flyteidl.admin.Notification`` that holds the addresses."""

    def __post_init__(self) -> None:
        phases, addresses = _several(self, "phases"), _several(self, "recipients_email")
        if not ENDS.issuperset(phases):
            known = ", ".join(f"WorkflowExecutionPhase.{one.name}" for one in sorted(ENDS))
            refuse(self, "phases", self.phases, f"some of {known}")
        for address in addresses:
            if not isinstance(address, str) or not address.strip():
                refuse(self, "recipients_email", self.recipients_email, "some addresses")
        set_field(self, "phases", tuple(map(WorkflowExecutionPhase, phases)))
        set_field(self, "recipients_email", addresses)

    def to_flyte_idl(self) -> common_pb2.Notification:
        """Return the wire form, ``flyteidl.admin.Notification``."""
        from flyteidl.admin import common_pb2

        message = common_pb2.Notification(phases=[int(phase) for phase in self.phases])
        getattr(message, self.way).recipients_email.extend(self.recipients_email)
        return message


def _several(notification: Notification, field: str) -> tuple[Any, ...]:
    given = getattr(notification, field)
    if isinstance(given, str) or not hasattr(given, "__iter__") or not given:
        refuse(notification, field, given, "a list with at least one entry")
    return tuple(given)


class Email(Notification):
    """Tells people by mail."""

    way = "email"


class Slack(Notification):
    """Tells a Slack channel, by its mail address."""

    way = "slack"


class PagerDuty(Notification):
    """Tells PagerDuty, by its mail address."""

    way = "pager_duty"
