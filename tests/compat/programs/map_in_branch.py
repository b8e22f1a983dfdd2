"""A map in a branch, and after another node."""

import typing

from sdk import conditional, map_task, task, workflow


@task
def half(a: int) -> float:
    return a / 2


@task
def listed() -> typing.List[int]:
    return [1, 2]


@workflow
def branch(a: typing.List[int], b: int) -> typing.List[float]:
    return conditional("choice").if_(b == 1).then(map_task(half)(a=a)).else_().then(map_task(half)(a=[b]))


@workflow
def after(a: typing.List[int]) -> typing.List[float]:
    first = listed()
    second = map_task(half)(a=a)
    first >> second
    return second
