"""Conditionals in conditionals."""

from sdk import conditional, task, workflow


@task
def inc(a: int) -> int:
    return a + 1


@task
def add(a: int, b: int = 2) -> int:
    return a + b


@workflow
def flow(a: int) -> int:
    return (
        conditional("outer")
        .if_(a == 1)
        .then(inc(a=a))
        .else_()
        .then(conditional("inner").if_(a == 2).then(add(a=a)).else_().then(inc(a=5)))
    )


@workflow
def deep(a: int, b: int) -> int:
    return (
        conditional("outer")
        .if_(a == 1)
        .then(conditional("middle").if_(b == 1).then(inc(a=b)).elif_(b == 2).then(inc(a=a)).else_().fail("neither"))
        .else_()
        .then(add(a=a, b=b))
    )
