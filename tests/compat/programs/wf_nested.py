"""Workflows in workflows."""

import typing

from sdk import task, workflow


@task
def inc(a: int) -> int:
    return a + 1


@task
def pair(a: int) -> typing.NamedTuple("Pair", [("x", int), ("y", str)]):
    return a, ""


@workflow
def inner(a: int, b: int = 4) -> int:
    return inc(a=inc(a=a))


@workflow
def named(a: int) -> typing.NamedTuple("Out", [("first", int), ("second", str)]):
    x, y = pair(a=a)
    return x, y


@workflow
def middle(a: int) -> int:
    return inner(a=named(a=a).first)


@workflow
def outer(a: int) -> typing.Tuple[int, str]:
    x = middle(a=inner(a=a, b=1))
    y = named(a=inner(a=x))
    return y.first, y.second


@workflow
def order() -> None:
    middle(a=1) >> middle(a=2)
