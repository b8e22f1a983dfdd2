"""Maps over tasks."""

import typing

from sdk import dynamic, map_task, task, workflow


@task
def half(a: int) -> float:
    return a / 2


@task
def printed(a: int) -> None: ...


@task
def listed() -> typing.List[int]:
    return [1, 2]


@workflow
def plain(a: typing.List[int]) -> typing.List[float]:
    return map_task(half)(a=a)


@workflow
def of_outputs() -> typing.List[float]:
    return map_task(half)(a=listed())


@workflow
def of_constants() -> typing.List[float]:
    return map_task(half)(a=[1, 2, 3])


@workflow
def void(a: typing.List[int]) -> None:
    map_task(printed)(a=a)


@dynamic
def dyn(a: int) -> typing.List[float]:
    return map_task(half)(a=[a, 2])


DYNAMIC = {"dyn": {"a": 1}}
