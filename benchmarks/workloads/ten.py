"""A workflow of ten calls and the tasks it calls, for whichever SDK is here."""

import typing
from dataclasses import dataclass

try:
    from fletching import task, workflow
except ImportError:
    from flytekit import task, workflow


@dataclass
class Row:
    a: int
    b: typing.List[str]
    inner: typing.Dict[str, int]


@task
def inc(a: int) -> int:
    return a + 1


@task
def add(a: int, b: int = 2) -> int:
    return a + b


@task
def two(a: int) -> typing.Tuple[int, str]:
    return a, str(a)


@task
def says(a: str) -> None:
    print(a)


@task
def total(values: typing.List[int]) -> int:
    return sum(values)


@task
def summed(values: typing.Dict[str, int]) -> int:
    return sum(values.values())


@task
def make_row(a: int) -> Row:
    return Row(a, [], {})


@task
def take_row(row: Row) -> int:
    return row.a


@workflow
def ten(a: int) -> int:
    x = inc(a=a)
    y = add(a=x, b=a)
    row = make_row(a=total(values=[x, y, 3]))
    p = take_row(row=row)
    q, s = two(a=p)
    says(a=s)
    t = summed(values={"q": q, "p": p})
    return add(a=add(a=row.a, b=t))
