"""Launch plans that are registered elsewhere."""

import typing

from sdk import conditional, map_task, reference_launch_plan, task, workflow


@reference_launch_plan(project="other", domain="production", name="their.plan", version="v7")
def theirs(a: int, b: str) -> int: ...


@task
def inc(a: int) -> int:
    return a + 1


@workflow
def flow(a: int) -> int:
    return theirs(a=inc(a=a), b="y")


@workflow
def branch(a: int) -> int:
    return conditional("choice").if_(a == 1).then(theirs(a=a, b="y")).else_().then(inc(a=a))


@workflow
def mapped(a: typing.List[int], b: typing.List[str]) -> typing.List[int]:
    return map_task(theirs)(a=a, b=b)
