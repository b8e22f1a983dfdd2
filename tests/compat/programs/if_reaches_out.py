"""Branches that use what stands outside."""

from dataclasses import dataclass

from sdk import conditional, task, workflow


@dataclass
class Row:
    a: int


@task
def inc(a: int) -> int:
    return a + 1


@task
def add(a: int, b: int = 2) -> int:
    return a + b


@task
def make(a: int) -> Row:
    return Row(a)


@workflow
def flow(b: int, a: int) -> int:
    x = inc(a=a)
    y = add(a=a)
    z = inc(a=3)
    return conditional("choice").if_((b > 2) & (x == 1) & (a == 3)).then(add(a=y, b=z)).else_().then(inc(a=x))


@workflow
def fields(a: int) -> int:
    row = make(a=a)
    return conditional("choice").if_(row.a == 1).then(inc(a=row.a)).else_().then(inc(a=2))
