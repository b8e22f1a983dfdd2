"""The flyte 2 SDK on the workloads that it has; a task is called as its users run one on their own machine."""

import asyncio
import time
import typing
from dataclasses import dataclass

import flyte
from clock import Clock

LIST = list(range(10_000))
DICT = {str(number): number for number in LIST}
environment = flyte.TaskEnvironment(name="bench")


@dataclass
class Row:
    a: int
    b: str
    c: typing.List[float]


def plain(a: int, b: int) -> int:
    return a + b


@environment.task
async def add(a: int, b: int) -> int:
    return a + b


@environment.task
def nap(a: int) -> int:
    time.sleep(0.2)
    return a


@environment.task
def four_naps(n: int) -> int:
    return sum(flyte.map(nap, range(n)))


@environment.task
async def ints(x: typing.List[int]) -> typing.List[int]:
    return x


@environment.task
async def mapping(x: typing.Dict[str, int]) -> int:
    return len(x)


@environment.task
async def row(p: Row) -> Row:
    return p


@environment.task
async def chain(n: int) -> int:
    x = 0
    for _ in range(n):
        x = await add(x, 1)
    return x


@environment.task
async def fan(n: int) -> int:
    return sum(await asyncio.gather(*(add(at, 1) for at in range(n))))


def run(*arguments):
    return flyte.with_runcontext(mode="local").run(*arguments)


def main():
    flyte.init()
    clock = Clock("flyte")
    clock.time("call", lambda: run(add, 1, 2))
    clock.time("async", lambda: run(chain, 100), per=100)
    clock.time("chain", lambda: run(chain, 10), per=10)
    clock.attempt("fan", lambda: run(fan, 200), per=200)
    clock.attempt("naps", lambda: run(four_naps, 4), per=1_000)  # milliseconds
    clock.time("list", lambda: run(ints, LIST), per=len(LIST))
    clock.time("dict", lambda: run(mapping, DICT), per=len(DICT))
    one = Row(1, "x", [1.0] * 10)
    clock.time("dataclass", lambda: run(row, one))
    clock.attempt("define", lambda: flyte.TaskEnvironment(name="other").task(plain))
    clock.report()


if __name__ == "__main__":
    main()
