"""Calls in calls."""

import typing

from sdk import task, workflow


@task
def inc(a: int) -> int:
    return a + 1


@task
def add(a: int, b: int = 2) -> int:
    return a + b


@workflow
def chain(a: int) -> int:
    return inc(a=inc(a=inc(a=a)))


@workflow
def diamond(a: int) -> int:
    x = inc(a=a)
    return add(a=add(a=x, b=1), b=add(a=x))


@workflow
def defaults(a: int = 3, b: str = "x", c: typing.Optional[int] = None) -> int:
    return add(a=a)


@workflow
def constants() -> int:
    return add(a=1, b=5)


@workflow
def positional(a: int) -> int:
    return add(a, inc(a))


@workflow
def passes_through(a: int) -> typing.Tuple[int, int]:
    return a, inc(a=a)
