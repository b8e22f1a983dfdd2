"""Eager tasks that gather, group, time out, cancel and forget at random: when one has ended, nothing of it is left."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any

import pytest

from fletching import task, workflow
from fletching_eager import eager

if TYPE_CHECKING:
    from collections.abc import Callable

CHANCE = random.Random()
RUNNING = [0]
STORMS = 60
EXPECTED = (ValueError, KeyError)


@task
async def drifts(a: int) -> int:
    RUNNING[0] += 1
    try:
        for _ in range(CHANCE.randrange(5)):
            await asyncio.sleep(0)
        if CHANCE.random() < 0.15:
            raise ValueError(a)
        return a
    finally:
        RUNNING[0] -= 1


@task
def sinks(a: int) -> int:
    if a % 7 == 0:
        raise KeyError(a)
    return a


@workflow
def fleet(a: int) -> int:
    return sinks(a=drifts(a=a))


@eager
async def storm(depth: int) -> int:
    RUNNING[0] += 1
    try:
        kinds: list[Callable[[], Any]] = [
            lambda: drifts(a=CHANCE.randrange(30)),
            lambda: sinks(a=CHANCE.randrange(30)),
        ]
        if depth:
            kinds += [lambda: storm(depth=depth - 1), lambda: fleet(a=CHANCE.randrange(30))]
        for _ in range(CHANCE.randrange(1, 4)):
            calls = [CHANCE.choice(kinds)() for _ in range(CHANCE.randrange(1, 5))]
            await CHANCE.choice(WAYS)(calls)
        return depth
    finally:
        RUNNING[0] -= 1


def started(calls: list[Any]) -> list[asyncio.Task[Any]]:
    tasks = [asyncio.create_task(call) for call in calls]
    for each in tasks:
        each.add_done_callback(lambda each: each.cancelled() or each.exception())
    return tasks


async def gathers(calls: list[Any]) -> None:
    await asyncio.gather(*calls, return_exceptions=True)


async def groups(calls: list[Any]) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            for call in calls:
                group.create_task(call)
    except* EXPECTED:
        pass


async def takes_the_first(calls: list[Any]) -> None:
    tasks = started(calls)
    _, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for each in others:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def loses_patience(calls: list[Any]) -> None:
    for call in calls:
        try:
            await asyncio.wait_for(call, CHANCE.random() * 0.002)
        except (TimeoutError, *EXPECTED):
            pass


async def forgets(calls: list[Any]) -> None:
    started(calls)
    await asyncio.sleep(0)


async def leaves_at_once(calls: list[Any]) -> None:
    started(calls)


WAYS = [gathers, groups, takes_the_first, loses_patience, forgets, leaves_at_once]


@pytest.mark.parametrize("seed", range(STORMS))
def test_after_the_storm(seed: int) -> None:
    async def main() -> None:
        running = asyncio.create_task(storm(depth=3))
        if CHANCE.random() < 0.4:
            await asyncio.sleep(CHANCE.random() * 0.005)
            running.cancel()
        try:
            await running
        except (asyncio.CancelledError, *EXPECTED):
            pass
        assert RUNNING == [0]
        assert asyncio.all_tasks() == {asyncio.current_task()}

    CHANCE.seed(seed)
    asyncio.run(main())
