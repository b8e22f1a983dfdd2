"""How many at once, and how many must succeed."""

import typing

from sdk import map_task, task, workflow


@task
def half(a: int) -> float:
    return a / 2


@workflow
def concurrency(a: typing.List[int]) -> typing.List[float]:
    map_task(half, concurrency=0)(a=a)
    return map_task(half, concurrency=4)(a=a)


@workflow
def ratio(a: typing.List[int]) -> typing.List[typing.Optional[float]]:
    return map_task(half, min_success_ratio=0.5)(a=a)


@workflow
def count(a: typing.List[int]) -> typing.List[typing.Optional[float]]:
    return map_task(half, min_successes=2, min_success_ratio=None)(a=a)
