"""Constants of literal types, which came with 1.16."""

import typing

from sdk import task, workflow


@task
def choose(a: typing.Literal["small", "large"], b: typing.Literal[1, 2] = 1) -> str:
    return a


@workflow
def flow() -> str:
    choose(a="small")
    return choose(a="large", b=2)
