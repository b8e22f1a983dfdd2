"""Lists and dicts of promises and constants, one in another."""

import datetime
import typing
from dataclasses import dataclass

from sdk import task, workflow


@dataclass
class Row:
    a: int
    b: typing.List[str]


@task
def inc(a: int) -> int:
    return a + 1


@task
def take(
    a: typing.List[int],
    b: typing.Dict[str, int],
    c: typing.List[typing.Dict[str, int]],
    d: typing.Dict[str, typing.List[int]],
    e: typing.List[Row],
    f: datetime.datetime,
    g: datetime.timedelta,
    h: dict,
) -> int:
    return 1


@workflow
def flow(a: int) -> int:
    x = inc(a=a)
    return take(
        a=[x, a, 3],
        b={"z": x, "y": 1, "x": a},
        c=[{"k": x}, {}, {"l": 2, "k": a}],
        d={"p": [x, 1], "o": []},
        e=[Row(1, ["q"])],
        f=datetime.datetime(2024, 2, 29, 12, 30, 15, 123456, tzinfo=datetime.timezone.utc),
        g=datetime.timedelta(days=1, microseconds=7),
        h={"any": [1, 2.5, "x", None, {"deep": True}]},
    )
