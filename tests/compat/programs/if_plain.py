"""Conditionals of inputs and of outputs."""

import typing

from sdk import conditional, task, workflow


@task
def inc(a: int) -> int:
    return a + 1


@task
def add(a: int, b: int = 2) -> int:
    return a + b


@task
def two(a: int) -> typing.Tuple[int, str]:
    return a, ""


@task
def nothing() -> None: ...


@workflow
def of_input(a: int) -> int:
    return conditional("choice").if_(a > 3).then(inc(a=a)).else_().then(add(a=a))


@workflow
def of_output(a: int) -> int:
    x = inc(a=a)
    return conditional("choice").if_(x == 3).then(inc(a=x)).else_().then(add(a=a, b=x))


@workflow
def used(a: int) -> int:
    x = conditional("choice").if_(a == 1).then(inc(a=a)).else_().then(inc(a=2))
    return inc(a=x)


@workflow
def tuples(a: int) -> typing.Tuple[int, str]:
    return conditional("choice").if_(a == 1).then(two(a=a)).else_().then(two(a=2))


@workflow
def void(a: int) -> None:
    conditional("choice").if_(a == 1).then(nothing()).else_().then(nothing())


@workflow
def twice(a: int) -> int:
    x = conditional("first").if_(a == 1).then(inc(a=a)).else_().then(inc(a=2))
    return conditional("second").if_(x == 1).then(inc(a=a)).else_().then(inc(a=x))
