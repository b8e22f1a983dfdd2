"""Literal types, which came with 1.16."""

import typing

from sdk import task, workflow


@task
def choose(a: typing.Literal["small", "large"], b: typing.Literal[1, 2] = 1) -> typing.Literal["small", "large"]:
    return a


@workflow
def flow(a: typing.Literal["small", "large"]) -> typing.Literal["small", "large"]:
    return choose(a=a)
