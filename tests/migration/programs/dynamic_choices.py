"""Puzzle solving: dynamic tasks that loop, recurse and choose; options of dynamic; maps inside one."""

import functools
from typing import List

from flytekit import Resources, dynamic, map_task, task, workflow


@task
def halve(value: int) -> int:
    return value // 2


@task
def triple(value: int) -> int:
    return value * 3 + 1


@task
def add(left: int, right: int) -> int:
    return left + right


@dynamic(requests=Resources(cpu="100m"), retries=1)
def collatz(value: int, steps: int = 0) -> int:
    if value == 1:
        return add(left=steps, right=0)
    following = value // 2 if value % 2 == 0 else value * 3 + 1
    return collatz(value=following, steps=steps + 1)


@dynamic
def mapped(values: List[int], offset: int) -> List[int]:
    if not values:
        return []
    return map_task(functools.partial(add, right=offset))(left=values)


@dynamic
def chained(value: int, rounds: int) -> int:
    current = halve(value=value)
    for _ in range(rounds):
        current = triple(value=current)
    return current


@workflow
def puzzle(value: int) -> (int, int, List[int]):
    return collatz(value=value), chained(value=value, rounds=2), mapped(values=[value, 1], offset=10)


if __name__ == "__main__":
    print(*puzzle(value=6))
    print(chained(value=9, rounds=0), mapped(values=[3], offset=-3))
