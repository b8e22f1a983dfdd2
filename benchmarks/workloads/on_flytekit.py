"""flytekit on the workloads that it has."""

import asyncio
import os
import time
import typing
from collections import OrderedDict
from dataclasses import dataclass

from clock import Clock

os.environ["FLYTE_SDK_LOGGING_LEVEL"] = "50"

from flytekit import Cache, FlyteContextManager, eager, map_task, task, workflow
from flytekit.configuration import Image, ImageConfig, SerializationSettings
from flytekit.core.type_engine import TypeEngine
from flytekit.models.admin.workflow import WorkflowSpec
from flytekit.models.task import TaskSpec
from flytekit.tools.translator import get_serializable
from ten import ten

MANY = 50_000
LIST = list(range(10_000))
DICT = {str(number): number for number in LIST}
SETTINGS = SerializationSettings(ImageConfig(Image("bench", "bench", "1")), project="p", domain="d", version="v")


@dataclass
class Row:
    a: int
    b: str
    c: typing.List[float]


def plain(a: int, b: int) -> int:
    return a + b


@task
def add(a: int, b: int) -> int:
    return a + b


@task
def inc(a: int) -> int:
    return a + 1


@task
def nap(a: int) -> int:
    time.sleep(0.2)
    return a


@task
def ints(x: typing.List[int]) -> typing.List[int]:
    return x


@task
def mapping(x: typing.Dict[str, int]) -> int:
    return len(x)


@task
def row(p: Row) -> Row:
    return p


@task
async def later(a: int, b: int) -> int:
    return a + b


@eager
async def fan(n: int) -> int:
    return sum(await asyncio.gather(*(later(a=at, b=1) for at in range(n))))


@task(cache=Cache(version="1"))
def cached(a: int, b: int) -> int:
    return a + b


@task(retries=3)
def retried(a: int, b: int) -> int:
    return a + b


@workflow
def chain(a: int) -> int:
    x = add(a=a, b=1)
    for _ in range(9):
        x = add(a=x, b=1)
    return x


@workflow
def four_naps(a: int) -> typing.Tuple[int, int, int, int]:
    return nap(a=a), nap(a=a), nap(a=a), nap(a=a)


def written(entity):
    found = OrderedDict()
    get_serializable(found, SETTINGS, entity)
    specs = [each for each in found.values() if isinstance(each, (TaskSpec, WorkflowSpec))]
    return [each.to_flyte_idl().SerializeToString() for each in specs]


def main():
    clock = Clock("flytekit")
    clock.time("call", lambda: add(a=1, b=2))
    clock.time("chain", lambda: chain(a=1), per=10)
    clock.attempt("naps", lambda: four_naps(a=1), per=1_000)  # milliseconds
    mapped, elements = map_task(inc), LIST[:500]
    clock.attempt("map", lambda: mapped(a=elements), per=len(elements))
    clock.time("list", lambda: ints(x=LIST), per=len(LIST))
    clock.time("dict", lambda: mapping(x=DICT), per=len(DICT))
    one = Row(1, "x", [1.0] * 10)
    clock.time("dataclass", lambda: row(p=one))
    context = FlyteContextManager.current_context()
    kind, whole = TypeEngine.to_literal_type(typing.List[int]), LIST
    literal = TypeEngine.to_literal(context, whole, typing.List[int], kind)
    wire = lambda: TypeEngine.to_literal(context, whole, typing.List[int], kind).to_flyte_idl()  # noqa: E731
    clock.attempt("to_literal", wire, per=len(whole))
    clock.attempt("to_python", lambda: TypeEngine.to_python_value(context, literal, typing.List[int]), per=len(whole))
    clock.attempt("define", lambda: task(plain))
    clock.attempt("async", lambda: asyncio.run(later(a=1, b=2)))
    clock.attempt("fan", lambda: asyncio.run(fan(n=200)), per=200)
    clock.attempt("cached", lambda: cached(a=1, b=2))
    clock.attempt("retried", lambda: retried(a=1, b=2))
    clock.attempt("serialize", lambda: written(add))
    clock.attempt("serialize ten", lambda: written(ten))
    clock.report()


if __name__ == "__main__":
    main()
