"""Every way to say what comes out."""

import typing

from sdk import task

Pair = typing.NamedTuple("Pair", [("left", int), ("right", str)])


class Single(typing.NamedTuple):
    only: float


@task
def several(a: int) -> typing.Tuple[int, str, float]:
    return a, "", 0.0


@task
def several_small(a: int) -> tuple[int, str]:
    return a, ""


@task
def named(a: int) -> Pair:
    return Pair(a, "")


@task
def single(a: int) -> Single:
    return Single(1.0)
