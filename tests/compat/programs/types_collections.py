"""Lists and dicts, old spelling and new, one in another."""

import typing

from sdk import task


@task
def old(
    a: typing.List[int], b: typing.Dict[str, float], c: typing.List[typing.Dict[str, typing.List[str]]]
) -> typing.List[int]:
    return a


@task
def new(a: list[int], b: dict[str, float], c: list[dict[str, list[str]]]) -> dict[str, list[int]]:
    return {}


@task
def untyped(a: dict) -> dict:
    return a
