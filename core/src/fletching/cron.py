"""Whether a cron expression names any moment at all; what is wrong with one is said by its field."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["why_no_duration", "why_no_schedule"]

ALIASES = frozenset(
    {"hourly", "hours", "@hourly", "daily", "days", "@daily", "@midnight", "weekly", "weeks", "@weekly", "monthly",
     "months", "@monthly", "annually", "@annually", "yearly", "years", "@yearly"}
)  # fmt: skip


class _Field(NamedTuple):
    name: str
    first: int
    last: int
    words: tuple[str, ...] = ()  # of the numbers that follow `first`


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")),
    _Field("weekday", 0, 7, ("sun", "mon", "tue", "wed", "thu", "fri", "sat")),
)
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_PART = re.compile(r"(\*|[0-9a-z]+)(?:-([0-9a-z]+))?(?:/([0-9]+))?")
_MOVING = {
    "day": re.compile(r"l|(0*[1-9]|[12][0-9]|3[01])w"),
    "weekday": re.compile(r"l[0-7]|([0-7]|sun|mon|tue|wed|thu|fri|sat)#[1-5]"),
}
"""Days of which each month has one: ``L`` its last, ``15W`` a workday, ``L5`` its last Friday, ``5#2`` its second."""

_NUMBER = r"[+-]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)"
_DURATION = re.compile(
    rf"[+-]?P(?=.)(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?=.)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?"
)


def why_no_schedule(text: str) -> str:
    """Return why something is no cron expression, or names no moment; nothing if it does.

    Five fields are known, with the names of months and weekdays, and the aliases.
    """
    if text.lower() in ALIASES:
        return ""
    words = text.lower().split()
    if len(words) != len(_FIELDS):
        kept = "five fields (minute, hour, day, month, weekday) such as '0 8 * * *', or an alias such as 'hourly'"
        return f"expected {kept}"
    try:
        _, _, days, months, weekdays = (_numbers(field, word) for field, word in zip(_FIELDS, words, strict=True))
    except ValueError as error:
        return str(error)
    # With both a day and a weekday, either is enough.
    longest = max(_LENGTHS[month - 1] for month in months or range(1, 13))
    if days and weekdays is None and min(days) > longest:
        return f"it never comes: its months have {longest} days at most, and its first day is {min(days)}"
    return ""


def why_no_duration(text: str) -> str:
    """Return why something is no duration of ISO 8601; nothing if it is one."""
    if _DURATION.fullmatch(text):
        return ""
    return "expected a duration of ISO 8601, such as 'PT30M', half an hour, or 'P1DT2H', a day and two hours"


def _numbers(field: _Field, text: str) -> set[int] | None:
    """Return the numbers that a field names; None for all there are."""
    if text == "?" and field.name in _MOVING:
        return None
    found: set[int] = set()
    parts = text.split(",")
    for part in parts:
        if field.name in _MOVING and _MOVING[field.name].fullmatch(part):
            found.add(field.first)
        else:
            found.update(_span(field, part))
    return None if "*" in parts else found


def _span(field: _Field, part: str) -> list[int]:
    """Return the numbers that one part of a field names, such as ``5``, ``mon-fri`` or ``*/10``."""
    match = _PART.fullmatch(part)
    if match is None:
        raise ValueError(f"its {field.name} is {part!r}, expected such as '5', '1-5', '*/5' or '*'")
    low, high, step = match.groups()
    if step is not None and int(step) == 0:
        raise ValueError(f"its {field.name} is {part!r}, and a step is 1 or more")
    if low == "*":
        if high is not None:
            raise ValueError(f"its {field.name} is {part!r}, and '*' begins no range")
        first, last = field.first, field.last
    else:
        first = _number(field, low)
        if high is None:
            last = field.last if step is not None else first
        else:
            last = field.last if (high, field.name) == ("l", "day") else _number(field, high)
    # A range may go on from the beginning, as from Friday to Monday.
    span = range(first, last + 1) if first <= last else (*range(first, field.last + 1), *range(field.first, last + 1))
    return list(span[:: int(step or 1)])


def _number(field: _Field, word: str) -> int:
    if word in field.words:
        return field.first + field.words.index(word)
    if word.isdigit() and field.first <= int(word) <= field.last:
        return int(word)
    names = f", or {field.words[0]!r} to {field.words[-1]!r}" if field.words else ""
    raise ValueError(f"its {field.name} is {word!r}, expected {field.first} to {field.last}{names}")
