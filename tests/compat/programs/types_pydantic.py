"""Models of pydantic."""

import typing

from pydantic import BaseModel

from sdk import task, workflow


class Part(BaseModel):
    name: str = "x"
    sizes: typing.List[int] = []


class Model(BaseModel):
    number: int
    part: Part = Part()
    by_name: typing.Dict[str, int] = {}
    maybe: typing.Optional[str] = None


@task
def make(a: int) -> Model:
    return Model(number=a)


@task
def take(a: Model) -> int:
    return a.number


@workflow
def flow(a: Model) -> int:
    take(a=a)
    take(a=Model(number=3, part=Part(name="y", sizes=[1])))
    return take(a=make(a=1))
