"""Tasks that are run in a container, with the inputs they are run with."""

import datetime
import typing
from dataclasses import dataclass
from enum import Enum

from pydantic import BaseModel

from sdk import task


@dataclass
class Row:
    a: int
    b: typing.List[str]
    c: typing.Optional[float] = None


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Model(BaseModel):
    number: int
    names: typing.List[str] = []


@task
def plain(a: int, b: str = "x") -> float:
    return a + len(b) / 2


@task
def nothing() -> None: ...


@task
def several(a: int) -> typing.Tuple[int, str, bool]:
    return a, str(a), a > 1


@task
def named(a: int) -> typing.NamedTuple("Named", [("x", int), ("y", typing.List[int])]):
    return a, [a, a]


@task
def single(a: int) -> typing.NamedTuple("Single", [("only", float)]):
    return (a / 2,)


@task
def times(a: datetime.datetime, b: datetime.timedelta) -> typing.Tuple[datetime.datetime, datetime.timedelta]:
    return a + b, 2 * b


@task
def collections(a: typing.List[typing.Dict[str, int]], b: typing.Dict[str, typing.List[str]]) -> typing.Dict[str, typing.List[int]]:
    return {key: [len(value), len(a)] for key, value in b.items()}


@task
def rows(a: Row, b: typing.List[Row]) -> typing.List[Row]:
    return [*b, Row(a.a + 1, a.b, 0.5)]


@task
def color(a: Color) -> Color:
    return Color.RED if a is Color.BLUE else Color.BLUE


@task
def unions(a: typing.Union[int, str], b: typing.Optional[int] = None) -> typing.Tuple[typing.Union[int, str], typing.Optional[int]]:
    return a, b


@task
def models(a: Model) -> Model:
    return Model(number=a.number + 1, names=[*a.names, "more"])


@task
def untyped(a: dict) -> dict:
    return {"was": a, "n": len(a), "list": [1, 2.5, None, "x"]}


@task
async def later(a: int) -> int:
    return a + 1


@task(cache=True, cache_version="1", retries=2, environment={"A": "1"}, enable_deck=False)
def options(a: int) -> int:
    return a * 3


RUNS = {
    "plain": {"a": 3, "b": "four"},
    "nothing": {},
    "several": {"a": 2},
    "named": {"a": 2},
    "single": {"a": 3},
    "times": {
        "a": datetime.datetime(2024, 2, 29, 12, 30, 15, 250000, tzinfo=datetime.timezone.utc),
        "b": datetime.timedelta(days=1, seconds=3, microseconds=5),
    },
    "collections": {"a": [{"x": 1}, {}], "b": {"k": ["a", "b"], "l": []}},
    "rows": {"a": Row(1, ["x"]), "b": [Row(2, [], 1.5)]},
    "color": {"a": Color.BLUE},
    "unions": {"a": "text", "b": 3},
    "models": {"a": Model(number=1, names=["x"])},
    "untyped": {"a": {"k": [1, {"deep": True}], "f": 1.5}},
    "later": {"a": 1},
    "options": {"a": 4},
}
