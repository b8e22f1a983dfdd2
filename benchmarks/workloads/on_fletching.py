"""Fletching on the workloads, with the limits of this interpreter measured in turn with them."""

import asyncio
import inspect
import os
import tempfile
from dataclasses import dataclass, replace

from clock import Clock

os.environ["FLETCHING_HOME"] = tempfile.mkdtemp(prefix="fletching-bench-")

from flyteidl.core.literals_pb2 import Literal
from ten import ten

from fletching import Cache, SerializationSettings, task
from fletching.extend import serialize
from fletching.types.engine import transformer

MANY = 50_000
LIST = list(range(10_000))
DICT = {str(number): number for number in LIST}
SETTINGS = SerializationSettings.for_image("bench:1", "v", project="p", domain="d")


@dataclass
class Row:
    a: int
    b: str
    c: list[float]


def plain(a: int, b: int) -> int:
    return a + b


@task
def add(a: int, b: int) -> int:
    return a + b


@task
def ints(x: list[int]) -> list[int]:
    return x


@task
def mapping(x: dict[str, int]) -> int:
    return len(x)


@task
def row(p: Row) -> Row:
    return p


def plain_row(p):
    return p


def carried(p):
    """What a value at a boundary needs, written by hand: every part is checked, and what can change is copied."""
    if not (isinstance(p, Row) and isinstance(p.a, int) and isinstance(p.b, str) and isinstance(p.c, list)):
        raise TypeError(p)
    for each in p.c:
        if not isinstance(each, float):
            raise TypeError(each)
    return replace(p, c=list(p.c))


@task
async def later(a: int, b: int) -> int:
    return a + b


@task(cache=Cache(version="1"))
def cached(a: int, b: int) -> int:
    return a + b


@task(retries=3)
def retried(a: int, b: int) -> int:
    return a + b


def calls():
    x = 1
    for _ in range(10):
        x = add(a=x, b=1)
    return x


def define():
    @task
    def defined(a: int, b: int) -> int:
        return a + b


define.__qualname__ = "define"


def build():
    literal = Literal()
    new = literal.collection.literals.add
    for number in range(MANY):
        new().scalar.primitive.integer = number
    return literal


def written(entity):
    return [each.message.SerializeToString() for each in serialize([entity], SETTINGS).entities]


def main():
    clock = Clock("fletching")
    bind = inspect.signature(plain).bind
    clock.time("call", lambda: add(a=1, b=2), lambda: bind(a=1, b=2), lambda: plain(a=1, b=2))
    clock.time("calls", calls, per=10)
    clock.time("list", lambda: ints(x=LIST), per=len(LIST))
    clock.time("dict", lambda: mapping(x=DICT), per=len(DICT))
    one = Row(1, "x", [1.0] * 10)
    clock.time("dataclass", lambda: row(p=one), lambda: carried(plain_row(carried(one))))
    many, whole = transformer(list[int]), list(range(MANY))
    literal = build()
    assert many.to_literal(whole) == literal
    assert many.to_python(literal) == whole
    clock.time("to_literal", lambda: many.to_literal(whole), build, per=MANY)
    clock.time(
        "to_python",
        lambda: many.to_python(literal),
        lambda: [x.scalar.primitive.integer for x in literal.collection.literals],
        per=MANY,
    )
    clock.attempt("define", lambda: task(plain))
    loop = asyncio.new_event_loop()

    async def hundred():
        for _ in range(100):
            await later(a=1, b=2)

    clock.time("async", lambda: loop.run_until_complete(hundred()), per=100)
    loop.close()
    clock.time("cached", lambda: cached(a=1, b=2))
    clock.time("retried", lambda: retried(a=1, b=2))
    clock.time("serialize", lambda: written(add))
    clock.time("serialize ten", lambda: written(ten))
    clock.report()


if __name__ == "__main__":
    main()
