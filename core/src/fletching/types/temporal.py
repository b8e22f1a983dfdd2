"""datetime, date and timedelta."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from fletching.errors import ConversionError
from fletching.types.display import preview
from fletching.types.simple import ScalarTransformer

if TYPE_CHECKING:
    from flyteidl.core.literals_pb2 import Literal

    from fletching.types.base import TypeTransformer

__all__ = ["DateTransformer", "DatetimeTransformer", "TimedeltaTransformer", "factory"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = EPOCH.toordinal()
DAY = 86_400
LONGEST = timedelta(seconds=315_576_000_000)
"""What protobuf's Duration is defined for: 10,000 years."""


class DatetimeTransformer(ScalarTransformer[datetime]):
    """Points in time, in UTC on the other side; one without time zone is taken as UTC.

    In plain form, text in ISO 8601, a value keeps its offset, or that it has none.
    """

    name = "datetime"
    simple, schema = "DATETIME", {"type": "string", "format": "date-time"}

    def carry(self, value: datetime, /) -> datetime:
        plain = self.carry_plain(value)
        if plain.tzinfo is None:
            return plain.replace(tzinfo=UTC)
        try:
            return plain.astimezone(UTC)
        except OverflowError:
            raise self.out_of_range(value) from None

    def carry_plain(self, value: datetime, /) -> datetime:
        if not isinstance(value, datetime):
            raise self.refusal(value)
        offset = value.utcoffset()
        try:
            plain = datetime(
                value.year,
                value.month,
                value.day,
                value.hour,
                value.minute,
                value.second,
                value.microsecond,
                None if offset is None else UTC if not offset else timezone(offset),
            )
            # ISO 8601 has no parts of a second in an offset, and not every reader takes them.
            return plain.astimezone(UTC) if offset is not None and offset.microseconds else plain
        except (TypeError, ValueError):  # pandas.NaT is a datetime without a year
            raise self.refusal(value) from None
        except OverflowError:
            raise self.out_of_range(value) from None

    def out_of_range(self, value: datetime) -> ConversionError:
        """Return the error for a time that UTC has no date for."""
        return ConversionError("datetime between the years 1 and 9999 in UTC", preview(value))

    def fill(self, literal: Literal, value: datetime, /) -> None:
        since = self.carry(value) - EPOCH
        stamp = literal.scalar.primitive.datetime
        stamp.SetInParent()
        stamp.seconds, stamp.nanos = since.days * DAY + since.seconds, since.microseconds * 1000

    def to_python(self, literal: Literal, /) -> datetime:
        if not literal.scalar.primitive.HasField("datetime"):
            from fletching.types.wire import read_plain

            return self.carry(read_plain(self, literal))
        stamp = literal.scalar.primitive.datetime
        try:
            return EPOCH + timedelta(seconds=stamp.seconds, microseconds=stamp.nanos // 1000)
        except OverflowError:
            raise ConversionError("datetime between the years 1 and 9999 in UTC", f"{stamp.seconds} s") from None

    def to_plain(self, value: datetime, /) -> str:
        return self.carry_plain(value).isoformat()

    def from_plain(self, data: Any, /) -> datetime:
        if isinstance(data, str):
            try:
                return self.carry_plain(datetime.fromisoformat(data))
            except ValueError:
                pass
        raise ConversionError("datetime in ISO 8601", preview(data))


class DateTransformer(ScalarTransformer[date]):
    """Days; a datetime is none."""

    name = "date"
    simple, schema = "DATETIME", {"type": "string", "format": "date"}

    def carry(self, value: date, /) -> date:
        if type(value) is date:
            return value
        if isinstance(value, datetime):
            raise ConversionError("date", preview(value), hint="call its .date()")
        if isinstance(value, date):
            return date.fromordinal(value.toordinal())
        raise self.refusal(value)

    def fill(self, literal: Literal, value: date, /) -> None:
        stamp = literal.scalar.primitive.datetime
        stamp.SetInParent()
        stamp.seconds = (self.carry(value).toordinal() - EPOCH_DAY) * DAY

    def to_python(self, literal: Literal, /) -> date:
        if not literal.scalar.primitive.HasField("datetime"):
            from fletching.types.wire import read_plain

            found: date = read_plain(self, literal)
            return found
        seconds = literal.scalar.primitive.datetime.seconds
        try:
            return date.fromordinal(seconds // DAY + EPOCH_DAY)
        except (OverflowError, ValueError):
            raise ConversionError("date between the years 1 and 9999", f"{seconds} s") from None

    def to_plain(self, value: date, /) -> str:
        return self.carry(value).isoformat()

    def from_plain(self, data: Any, /) -> date:
        if isinstance(data, str):
            try:
                return date.fromisoformat(data)
            except ValueError:
                pass
        raise ConversionError("date in ISO 8601", preview(data))


class TimedeltaTransformer(ScalarTransformer[timedelta]):
    """Durations of at most 10,000 years; in plain form seconds as a float, which is exact for 285 years."""

    name = "timedelta"
    simple, schema = "DURATION", {"type": "number", "format": "time-delta"}

    def carry(self, value: timedelta, /) -> timedelta:
        if not isinstance(value, timedelta):
            raise self.refusal(value)
        if not -LONGEST <= value <= LONGEST:
            raise ConversionError("timedelta of at most 10,000 years", preview(value))
        return value if type(value) is timedelta else timedelta(value.days, value.seconds, value.microseconds)

    def fill(self, literal: Literal, value: timedelta, /) -> None:
        value = self.carry(value)
        duration = literal.scalar.primitive.duration
        duration.SetInParent()
        seconds, micros = value.days * DAY + value.seconds, value.microseconds
        if seconds < 0 and micros:  # protobuf wants both of one sign
            seconds, micros = seconds + 1, micros - 1_000_000
        duration.seconds, duration.nanos = seconds, micros * 1000

    def to_python(self, literal: Literal, /) -> timedelta:
        if not literal.scalar.primitive.HasField("duration"):
            from fletching.types.wire import read_plain

            found: timedelta = read_plain(self, literal)
            return found
        duration = literal.scalar.primitive.duration
        try:
            value = timedelta(seconds=duration.seconds, microseconds=int(duration.nanos / 1000))
        except OverflowError:
            raise ConversionError("timedelta of at most 10,000 years", f"{duration.seconds} s") from None
        return self.carry(value)

    def carry_plain(self, value: timedelta, /) -> timedelta:
        return self.from_plain(self.to_plain(value))

    def to_plain(self, value: timedelta, /) -> float:
        return self.carry(value).total_seconds()

    def from_plain(self, data: Any, /) -> timedelta:
        if type(data) not in (int, float):
            raise ConversionError("timedelta in seconds", preview(data))
        try:
            return self.carry(timedelta(seconds=data))
        except (OverflowError, ValueError):  # beyond what Python holds, infinite, or not a number
            raise ConversionError("timedelta of at most 10,000 years", preview(data)) from None


_MADE: dict[Any, type[ScalarTransformer[Any]]] = {
    datetime: DatetimeTransformer,
    date: DateTransformer,
    timedelta: TimedeltaTransformer,
}


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Make the transformer of exactly these classes: a subclass would come back as its base."""
    made = _MADE.get(annotation)
    return made(annotation) if made is not None else None
