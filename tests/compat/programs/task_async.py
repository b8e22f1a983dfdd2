"""A task that is a coroutine function."""

from sdk import task


@task
async def later(a: int) -> int:
    return a


@task(retries=2)
async def patient(a: int, b: str = "x") -> None: ...
