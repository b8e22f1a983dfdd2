"""Nodes that wait."""

import datetime
import typing

from sdk import approve, sleep, task, wait_for_input, workflow


@task
def inc(a: int) -> int:
    return a + 1


@task
def add(a: int, b: int = 2) -> int:
    return a + b


@task
def total(values: typing.List[int]) -> int:
    return sum(values)


@workflow
def sleeps(a: int) -> int:
    x = inc(a=a)
    s = sleep(datetime.timedelta(seconds=90))
    y = inc(a=x)
    x >> s
    s >> y
    return y


@workflow
def asks(a: int) -> int:
    x = wait_for_input("number-wanted", timeout=datetime.timedelta(hours=2), expected_type=int)
    y = wait_for_input("numbers", timeout=datetime.timedelta(minutes=2), expected_type=typing.List[int])
    return add(a=x, b=total(values=y))


@workflow
def approves(a: int) -> int:
    x = approve(inc(a=a), "fine", timeout=datetime.timedelta(minutes=5))
    return inc(a=x)
