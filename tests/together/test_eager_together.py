"""Eager tasks and what other plugins bring."""

from __future__ import annotations

import asyncio
import functools

from fletching import task
from fletching_eager import eager
from fletching_echo import Echo
from fletching_map import map_task


@task
def add(a: int, b: int = 1) -> int:
    return a + b


ECHO = Echo("echo", inputs={"a": int})


@eager
async def everything(a: int) -> list[int]:
    return [*await map_task(functools.partial(add, b=3))(a=[1, a]), await ECHO(a=a)]


def test_maps_and_tasks_of_other_types_can_be_awaited() -> None:
    assert asyncio.run(everything(a=2)) == [4, 5, 2]


@eager
async def double(a: int) -> int:
    return 2 * await add.aio(a=a, b=0)


def test_a_map_of_an_eager_task() -> None:
    assert map_task(double)(a=[1, 2, 3]) == [2, 4, 6]
