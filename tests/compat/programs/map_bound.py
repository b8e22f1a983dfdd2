"""Inputs that every element gets whole."""

import functools
import typing

from sdk import map_task, task, workflow


@task
def scaled(a: int, by: int, note: str = "x") -> int:
    return a * by


@task
def weighed(a: int, weights: typing.List[float]) -> float:
    return a * weights[0]


@workflow
def partial(a: typing.List[int], b: int) -> typing.List[int]:
    return map_task(functools.partial(scaled, by=b, note="x"))(a=a)


@workflow
def lists(a: typing.List[int], b: typing.List[float]) -> typing.List[float]:
    return map_task(functools.partial(weighed, weights=b))(a=a)


@workflow
def several(a: typing.List[int], b: typing.List[int], c: typing.List[str]) -> typing.List[int]:
    return map_task(scaled)(a=a, by=b, note=c)


@workflow
def named(a: typing.List[int]) -> typing.List[int]:
    return map_task(scaled, bound_inputs={"by", "note"})(a=a, by=3, note="y")
