"""Eager tasks, written for both SDKs; ``sdk`` is put here by whoever runs this."""

import typing


@sdk.task
def inc(a: int) -> int:
    return a + 1


@sdk.eager
async def plain(a: int) -> int:
    return inc(a=a)


@sdk.eager(environment={"A": "1"}, container_image="example.com/eager:v2")
async def with_image(a: int, b: typing.List[int]) -> typing.Tuple[int, str]:
    return inc(a=a), str(b)


@sdk.eager
async def bare() -> None: ...
