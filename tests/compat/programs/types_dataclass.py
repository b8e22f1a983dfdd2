"""Dataclasses of dataclasses."""

import typing
from dataclasses import dataclass, field

from sdk import task, workflow


@dataclass
class Inner:
    name: str
    sizes: typing.List[int] = field(default_factory=list)


@dataclass
class Outer:
    number: int
    part: Inner
    parts: typing.List[Inner]
    by_name: typing.Dict[str, Inner]
    maybe: typing.Optional[float] = None
    flag: bool = True
    ratio: float = 0.5


@task
def make(a: int) -> Outer:
    return Outer(a, Inner("x"), [], {})


@task
def take(a: Outer, b: typing.List[Outer], c: typing.Optional[Outer] = None) -> int:
    return a.number


@workflow
def flow(a: int, given: Outer) -> int:
    made = make(a=a)
    take(a=given, b=[made, given])
    return take(a=made, b=[Outer(1, Inner("y", [1, 2]), [Inner("z")], {"k": Inner("w")}, 1.5)])
