"""Eager tasks are tasks that say so."""

from sdk import eager, task


@task
async def inc(a: int) -> int:
    return a + 1


@task
def add(a: int, b: int) -> int:
    return a + b


@eager
async def plain(a: int) -> int:
    return add(a=await inc(a=a), b=1)


@eager(retries=1, environment={"A": "1"})
async def options(a: int) -> int:
    return await plain(a=a)
