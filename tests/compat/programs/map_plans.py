"""Maps over launch plans."""

import typing

from sdk import LaunchPlan, map_task, task, workflow


@task
def scaled(a: int, by: int) -> int:
    return a * by


@workflow
def one(a: int, b: int = 3) -> int:
    return scaled(a=a, by=b)


plan = LaunchPlan.get_or_create(one, name="mapped_plan")


@workflow
def flow(a: typing.List[int], b: typing.List[int]) -> typing.List[int]:
    return map_task(plan)(a=a, b=b)


@workflow
def options(a: typing.List[int], b: typing.List[int]) -> typing.List[typing.Optional[int]]:
    return map_task(plan, concurrency=3, min_success_ratio=0.5)(a=a, b=b)
