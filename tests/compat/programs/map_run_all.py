"""A map that runs every element, which came with 1.16."""

import typing

from sdk import map_task, task, workflow


@task
def half(a: int) -> float:
    return a / 2


@workflow
def flow(a: typing.List[int]) -> typing.List[float]:
    return map_task(half, run_all_sub_nodes=True)(a=a)
