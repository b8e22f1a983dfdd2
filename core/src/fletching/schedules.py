"""When a backend runs a launch plan: data, checked here and acted on there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

from fletching.cron import why_no_duration, why_no_schedule
from fletching.errors import ConfigError, WireError
from fletching.frozen import check_text, refuse
from fletching.wirevalue import WireValue

if TYPE_CHECKING:
    import datetime

    from flyteidl.admin import schedule_pb2

__all__ = ["CronSchedule", "FixedRate", "OnSchedule"]


@dataclass(frozen=True, kw_only=True)
class CronSchedule(WireValue):
    """At the times that a cron expression names."""

    schedule: str
    """Five fields (minute, hour, day, month, weekday), or an alias such as ``hourly``; it must come some day."""
    offset: str | None = None
    """How much later than that, as an ISO 8601 duration."""
    kickoff_time_input_arg: str | None = None
    """Input that gets the time for which it was to run."""

    def __post_init__(self) -> None:
        check_text(self, "schedule", empty=False)
        check_text(self, "offset", "kickoff_time_input_arg", optional=True, empty=False)
        for field, why_not in (("schedule", why_no_schedule), ("offset", why_no_duration)):
            value = getattr(self, field)
            if value is not None and (why := why_not(value)):
                raise ConfigError(f"CronSchedule: {field} is {value!r}; {why}")

    @property
    def cron_schedule(self) -> schedule_pb2.CronSchedule:
        """The expression and the offset as the protobuf of the wire, as code written for the Flyte SDK reads them."""
        return self.to_flyte_idl().cron_schedule

    def to_flyte_idl(self) -> schedule_pb2.Schedule:
        """Return the wire form, ``flyteidl.admin.Schedule``."""
        from flyteidl.admin import schedule_pb2

        return schedule_pb2.Schedule(
            cron_schedule=schedule_pb2.CronSchedule(schedule=self.schedule, offset=self.offset or ""),
            kickoff_time_input_arg=self.kickoff_time_input_arg or "",
        )

    @classmethod
    def from_flyte_idl(cls, pb2_object: schedule_pb2.Schedule) -> CronSchedule:
        """Return the value of a wire form."""
        _check_form(pb2_object, "cron_schedule")
        cron = pb2_object.cron_schedule
        time = pb2_object.kickoff_time_input_arg or None
        return cls(schedule=cron.schedule, offset=cron.offset or None, kickoff_time_input_arg=time)


class FixedRateUnit(IntEnum):
    """What a rate counts on the wire, by the wire's numbers."""

    MINUTE = 0
    HOUR = 1
    DAY = 2


@dataclass(frozen=True)
class FixedRate(WireValue):
    """Again and again after the same time."""

    FixedRateUnit: ClassVar = FixedRateUnit

    duration: datetime.timedelta
    """Whole minutes."""
    kickoff_time_input_arg: str | None = None
    """Input that gets the time for which it was to run."""

    def __post_init__(self) -> None:
        import datetime

        check_text(self, "kickoff_time_input_arg", optional=True, empty=False)
        given: object = self.duration
        if not isinstance(given, datetime.timedelta):
            refuse(self, "duration", given, "a datetime.timedelta")
        if given <= datetime.timedelta(0) or given % datetime.timedelta(minutes=1):
            raise ConfigError(f"FixedRate: duration is {given}, expected whole minutes, one or more")

    @property
    def rate(self) -> schedule_pb2.FixedRate:
        """The duration as the protobuf of the wire, as code written for the Flyte SDK reads it."""
        return self.to_flyte_idl().rate

    def to_flyte_idl(self) -> schedule_pb2.Schedule:
        """Return the wire form, ``flyteidl.admin.Schedule``, in the largest unit that fits."""
        import datetime

        from flyteidl.admin import schedule_pb2

        made = schedule_pb2.Schedule(kickoff_time_input_arg=self.kickoff_time_input_arg or "")
        for word, unit in (("days", schedule_pb2.DAY), ("hours", schedule_pb2.HOUR), ("minutes", schedule_pb2.MINUTE)):
            length = datetime.timedelta(**{word: 1})
            if not self.duration % length:
                made.rate.value, made.rate.unit = self.duration // length, unit
                break
        return made

    @classmethod
    def from_flyte_idl(cls, pb2_object: schedule_pb2.Schedule) -> FixedRate:
        """Return the value of a wire form."""
        import datetime

        from flyteidl.admin import schedule_pb2

        _check_form(pb2_object, "rate")
        word = f"{schedule_pb2.FixedRateUnit.Name(pb2_object.rate.unit).lower()}s"
        duration = datetime.timedelta(**{word: pb2_object.rate.value})
        return cls(duration, pb2_object.kickoff_time_input_arg or None)


@dataclass(frozen=True)
class OnSchedule:
    """A schedule as what triggers a launch plan; the same as giving it as ``schedule``."""

    schedule: CronSchedule | FixedRate

    def __post_init__(self) -> None:
        if not isinstance(self.schedule, (CronSchedule, FixedRate)):
            refuse(self, "schedule", self.schedule, "a CronSchedule or a FixedRate")


def _check_form(message: schedule_pb2.Schedule, form: str) -> None:
    found = message.WhichOneof("ScheduleExpression")
    if found != form:
        raise WireError(f"the message of a schedule says {found!r}, and is read as {form!r}")
