"""Odd names of inputs, and many of them."""

from sdk import task, workflow


@task
def odd(a_b: int, aB: int, a1: int, type: str, self_: int, name: str = "x") -> int:
    return a_b


@task
def many(a: int, b: int, c: int, d: int, e: int, f: int, g: int, h: int, i: int, j: int, k: int, z: int = 1) -> int:
    return a


@workflow
def flow(a_b: int, type: str) -> int:
    return odd(a_b=a_b, aB=1, a1=2, type=type, self_=3)
