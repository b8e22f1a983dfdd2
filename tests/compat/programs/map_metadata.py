"""Maps over a task with options, and overrides of the map."""

import typing

from sdk import Resources, map_task, task, workflow


@task(
    retries=3,
    timeout=60,
    interruptible=True,
    cache=True,
    cache_version="1",
    requests=Resources(cpu="1"),
    environment={"A": "1"},
)
def everything(a: int) -> int:
    return a


@workflow
def flow(a: typing.List[int]) -> typing.List[int]:
    return map_task(everything)(a=a)


@workflow
def overridden(a: typing.List[int]) -> typing.List[int]:
    return map_task(everything)(a=a).with_overrides(
        retries=2,
        interruptible=False,
        requests=Resources(cpu="2"),
        limits=Resources(cpu="3"),
        container_image="example.com/other:v2",
        name="other",
    )
