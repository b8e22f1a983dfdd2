"""Fletching's graphs on the workloads: what a node costs on each way that it can go, and what a round trip does."""

import asyncio
import os
import tempfile
import threading
import time
import typing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress

from clock import Clock

os.environ["TERM"] = "xterm-256color"
os.environ["FLETCHING_HOME"] = tempfile.mkdtemp(prefix="fletching-bench-")

from fletching import task, workflow
from fletching.cli.progress_model import Model
from fletching.cli.progress_tree import live_tree
from fletching.run.events import observe
from fletching.run.runner import Runner
from fletching_eager import eager
from fletching_map import map_task

MANY = 10_000


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
async def later(a: int, b: int) -> int:
    return a + b


@task
async def async_nap(a: int) -> int:
    await asyncio.sleep(0.2)
    return a


@eager
async def fan(n: int) -> int:
    return sum(await asyncio.gather(*(later(a=at, b=1) for at in range(n))))


@eager
async def naps(n: int) -> int:
    return sum(await asyncio.gather(*(async_nap(a=at) for at in range(n))))


@workflow
def chain(a: int) -> int:
    x = add(a=a, b=1)
    for _ in range(9):
        x = add(a=x, b=1)
    return x


@workflow
def four_naps(a: int) -> typing.Tuple[int, int, int, int]:
    return nap(a=a), nap(a=a), nap(a=a), nap(a=a)


@workflow
def flat(a: int) -> int:
    x = a
    for _ in range(MANY):
        x = add(a=a, b=1)
    return x


def plain(a, b):
    return a + b


def by_hand(pool):
    x = 1
    for _ in range(10):
        x = pool.submit(plain, x, 1).result()
    return x


def shown():
    """Return how many microseconds of the processor each of 10,000 calls takes more when a terminal shows them."""
    clock, runner = Clock("fletching", now=time.process_time), Runner(executor="inline")
    reading, writing = os.openpty()
    threading.Thread(target=read_all, args=[reading], daemon=True).start()
    screen = os.fdopen(writing, "w")

    def run():
        runner.run(flat, a=1)

    def heard():
        with observe(lambda event: None):
            run()

    def drawn():
        model = Model()
        with live_tree(model, screen), observe(model.hear):
            run()

    clock.time("many", run, heard, drawn, per=MANY)
    alone, listened, tree = clock.figures.values()
    return {"heard": listened - alone, "shown": tree - alone}


def read_all(file):
    """Be the terminal: take whatever is written."""
    with suppress(OSError):
        while os.read(file, 1 << 16):
            pass


def round_trips(clock, name, runner, pool):
    """Time attempts on an executor beside what the standard library's pool of the same kind takes for a function."""
    clock.time(name, lambda: runner.run(chain, a=1), lambda: by_hand(pool), per=10)


def main():
    clock = Clock("fletching")
    assert chain(a=1) == 11
    clock.time("chain", lambda: chain(a=1), per=10)
    with observe(lambda event: None):
        clock.time("scheduled", lambda: Runner().run(chain, a=1), per=10)
    clock.time("recorded", lambda: Runner(record=True).run(chain, a=1), per=10)
    clock.time("naps", lambda: four_naps(a=1), per=1_000)  # milliseconds
    mapped, elements = map_task(inc), list(range(500))
    threads, processes, inline = (Runner(executor=name) for name in ("thread", "process", "inline"))
    assert threads.run(mapped, a=elements) == [each + 1 for each in elements]
    clock.time("map", lambda: threads.run(mapped, a=elements), per=len(elements))
    clock.time("inline", lambda: inline.run(chain, a=1), per=10)
    with ThreadPoolExecutor() as pool:
        round_trips(clock, "thread", threads, pool)
    with ProcessPoolExecutor() as pool:
        round_trips(clock, "process", processes, pool)
    assert asyncio.run(fan(n=3)) == 6
    clock.time("fan", lambda: asyncio.run(fan(n=200)), per=200)
    clock.time("fan of 10,000", lambda: asyncio.run(fan(n=MANY)), per=MANY)
    clock.time("naps at once", lambda: asyncio.run(naps(n=1_000)), per=1_000)  # milliseconds
    clock.figures |= shown()
    clock.report()


if __name__ == "__main__":
    main()
