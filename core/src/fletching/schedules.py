"""When a backend runs a launch plan: data, checked here and acted on there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fletching.errors import ConfigError
from fletching.frozen import check_text, refuse

if TYPE_CHECKING:
    import datetime

__all__ = ["CronSchedule", "FixedRate"]

ALIASES = frozenset(
    {"hourly", "hours", "@hourly", "daily", "days", "@daily", "weekly", "weeks", "@weekly", "monthly", "months",
     "@monthly", "annually", "@annually", "yearly", "years", "@yearly"}
)  # fmt: skip
_FIELD = r"(?:\*|[0-9A-Za-z]+(?:-[0-9A-Za-z]+)?)(?:/[0-9]+)?"
_CRON = re.compile(rf"^(?:{_FIELD}(?:,{_FIELD})*\s+){{4}}{_FIELD}(?:,{_FIELD})*$")


@dataclass(frozen=True, kw_only=True)
class CronSchedule:
    """At the times that a cron expression names."""

    schedule: str
    """Five fields (minute, hour, day, month, weekday), or an alias such as ``hourly``."""
    offset: str | None = None
    """How much later than that, as an ISO 8601 duration."""
    kickoff_time_input_arg: str | None = None
    """Input that gets the time for which it was to run."""

    def __post_init__(self) -> None:
        check_text(self, "schedule", empty=False)
        check_text(self, "offset", "kickoff_time_input_arg", optional=True, empty=False)
        if self.schedule.lower() not in ALIASES and not _CRON.match(self.schedule.strip()):
            refuse(
                self, "schedule", self.schedule, "five cron fields such as '0 8 * * *', or an alias such as 'hourly'"
            )


@dataclass(frozen=True)
class FixedRate:
    """Again and again after the same time."""

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
