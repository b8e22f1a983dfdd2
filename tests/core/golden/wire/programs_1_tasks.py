"""Workflows and launch plans written for both SDKs; ``sdk`` and ``accelerators`` are put here by whoever runs this."""

import datetime
import typing
from dataclasses import dataclass
from enum import Enum


@dataclass
class Row:
    a: int
    b: typing.List[str]
    inner: typing.Dict[str, int]


class Color(Enum):
    RED = "red"
    BLUE = "blue"


@sdk.task
def inc(a: int) -> int:
    return a + 1


@sdk.task
def add(a: int, b: int = 2) -> int:
    return a + b


@sdk.task
def two(a: int) -> typing.Tuple[int, str]:
    return a, str(a)


@sdk.task
def named(a: int) -> typing.NamedTuple("Named", [("x", int), ("y", str)]):
    return a, str(a)


@sdk.task
def nothing() -> None: ...


@sdk.task
def says(a: str) -> None: ...


@sdk.task
def total(values: typing.List[int]) -> int:
    return sum(values)


@sdk.task
def summed(values: typing.Dict[str, int]) -> int:
    return sum(values.values())


@sdk.task
def make_row(a: int) -> Row:
    return Row(a, [], {})


@sdk.task
def take_row(row: Row) -> int:
    return row.a


@sdk.task
def listing() -> typing.List[int]:
    return [1]


@sdk.task
def mapping() -> typing.Dict[str, typing.List[int]]:
    return {"a": [1]}


@sdk.task
def maybe(a: typing.Optional[int] = None) -> typing.Optional[int]:
    return a


@sdk.task
def either(a: typing.Union[int, str]) -> typing.Union[int, str]:
    return a


@sdk.task
def many_types(
    a: int,
    b: float,
    c: str,
    d: bool,
    e: datetime.datetime,
    f: datetime.timedelta,
    g: typing.List[int],
    h: typing.Dict[str, float],
    i: Color,
    j: Row,
    k: typing.Optional[int],
    l: typing.Optional[typing.List[int]],  # noqa: E741
    m: typing.List[typing.List[str]],
    n: typing.Dict[str, typing.List[int]],
    o: dict,
    p: typing.List[Row],
    q: typing.List[typing.Optional[int]],
) -> int:
    return a


@sdk.task(
    retries=3,
    timeout=datetime.timedelta(minutes=5),
    interruptible=True,
    cache=True,
    cache_version="1.0",
    cache_serialize=True,
)
def everything(a: int) -> int:
    return a


@sdk.task(requests=sdk.Resources(cpu="1", mem="1Gi"), limits=sdk.Resources(cpu="2", mem="2Gi"))
def resourced(a: int) -> int:
    return a


@sdk.task
def flag(a: int) -> bool:
    return a > 1


@sdk.task
def number(a: int) -> float:
    return a / 2


@sdk.task
def word(a: int) -> str:
    return str(a)


@sdk.task
def clean(a: int) -> None: ...


@sdk.task
def clean_default(a: int, note: typing.Optional[str] = None) -> None: ...


@sdk.task
def pass_file(a: sdk.FlyteFile) -> sdk.FlyteFile:
    return a


@sdk.task
def lists(
    a: typing.Optional[typing.Dict[str, typing.List[typing.Union[int, Row]]]],
    b: typing.List[typing.Union[typing.List[int], Row]],
) -> None: ...


@sdk.task
def nested(a: typing.List[typing.Dict[str, int]], b: typing.Dict[str, typing.List[int]]) -> None: ...


@sdk.dynamic
def dyn_loop(a: int) -> int:
    x = a
    for _ in range(3):
        x = inc(a=x)
    return x
