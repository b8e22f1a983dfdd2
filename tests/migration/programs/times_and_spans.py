"""Shifts: datetime, date, timedelta, defaults of these types, arithmetic in tasks."""

from datetime import date, datetime, timedelta, timezone
from typing import Dict, List

from flytekit import task, workflow


@task
def starts(first: datetime, every: timedelta, count: int) -> List[datetime]:
    return [first + every * number for number in range(count)]


@task
def by_day(moments: List[datetime]) -> Dict[str, int]:
    days: Dict[str, int] = {}
    for moment in moments:
        days[moment.date().isoformat()] = days.get(moment.date().isoformat(), 0) + 1
    return days


@task
def span(moments: List[datetime]) -> timedelta:
    return max(moments) - min(moments)


@task
def weekday(day: date) -> str:
    return day.strftime("%A")


@workflow
def shifts(
    first: datetime = datetime(2024, 2, 28, 18, tzinfo=timezone.utc),
    every: timedelta = timedelta(hours=8),
    count: int = 5,
) -> (Dict[str, int], timedelta):
    moments = starts(first=first, every=every, count=count)
    return by_day(moments=moments), span(moments=moments)


if __name__ == "__main__":
    days, length = shifts()
    print(days, length)
    days, length = shifts(every=timedelta(minutes=90), count=2)
    print(days, length)
    print(weekday(day=date(2024, 2, 29)))
    print([moment.isoformat() for moment in starts(first=datetime(2024, 1, 1), every=timedelta(days=1), count=2)])
