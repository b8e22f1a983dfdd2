"""Parts of a promise: fields, keys, positions."""

import typing
from dataclasses import dataclass

from sdk import task, workflow


@dataclass
class Inner:
    numbers: typing.List[int]
    by_name: typing.Dict[str, int]


@dataclass
class Outer:
    a: int
    inner: Inner


@task
def make(a: int) -> Outer:
    return Outer(a, Inner([1], {"k": 2}))


@task
def lists() -> typing.List[typing.Dict[str, int]]:
    return [{"k": 1}]


@task
def add(a: int, b: int) -> int:
    return a + b


@task
def inner(a: Inner) -> int:
    return 1


@workflow
def fields(a: int) -> int:
    made = make(a=a)
    inner(a=made.inner)
    return add(a=made.a, b=made.inner.numbers[0])


@workflow
def keys(a: typing.List[int], b: typing.Dict[str, typing.List[int]]) -> int:
    return add(a=add(a=a[1], b=b["k"][0]), b=lists()[0]["k"])


@workflow
def of_inputs(a: Outer) -> int:
    return add(a=a.a, b=a.inner.by_name["k"])


@workflow
def as_outputs(a: int) -> typing.Tuple[int, typing.Dict[str, int]]:
    made = make(a=a)
    return made.inner.numbers[2], made.inner.by_name
