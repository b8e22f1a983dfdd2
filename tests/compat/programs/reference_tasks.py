"""Tasks that are registered elsewhere."""

import typing

from sdk import map_task, reference_task, task, workflow


@reference_task(project="other", domain="production", name="their.task", version="v7")
def theirs(a: int, b: str = "x") -> int:
    """What it does."""


@reference_task(project="other", domain="production", name="their.pair", version="v7")
def pair(a: int) -> typing.Tuple[int, str]: ...


@task
def inc(a: int) -> int:
    return a + 1


@workflow
def flow(a: int) -> int:
    x, y = pair(a=theirs(a=inc(a=a), b="y"))
    return theirs(a=x, b=y)


@workflow
def overridden(a: int) -> int:
    return theirs(a=a, b="y").with_overrides(retries=2, name="shown")


@workflow
def mapped(a: typing.List[int], b: typing.List[str]) -> typing.List[int]:
    return map_task(theirs)(a=a, b=b)
