"""What type checkers see of ``@task``: the function's own signature.

Never run. Each ``ignore`` below stands at an error that must be found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_type

from fletching import Interface, Resources, TaskMetadata, task


@dataclass(frozen=True)
class Point:
    x: float
    y: float = 0.0


@task
def add(a: int, b: int = 2) -> int:
    """Add two numbers."""
    return a + b


assert_type(add(1), int)
assert_type(add(1, 2), int)
assert_type(add(a=1, b=2), int)
assert_type(add.name, str)
assert_type(add.python_interface, Interface)
assert_type(add.metadata, TaskMetadata)
add("1")  # type: ignore[arg-type]
add(c=1)  # type: ignore[call-arg]
add()  # type: ignore[call-arg]


@task(cache=True, cache_version="1", retries=2, requests=Resources(cpu="1"))
def far(points: list[Point], *, scale: float | None = None) -> Point:
    """Tell the farthest point."""
    return max(points, key=lambda point: point.x * (scale or 1.0))


assert_type(far([Point(x=1.0)]), Point)
assert_type(far(points=[Point(x=1.0)], scale=2.0), Point)
far([Point(x=1.0)], 2.0)  # type: ignore[call-arg]
far(["no point"])  # type: ignore[list-item]


@task()
def several(a: int) -> tuple[int, str]:
    """Give two things."""
    return a, str(a)


assert_type(several(1), tuple[int, str])


@task
def nothing(a: int) -> None:
    """Give nothing."""


nothing(a=1)


@task
async def later(a: int) -> str:
    """Give it later."""
    return str(a)


async def wait() -> None:
    """Await a task."""
    assert_type(await later(a=1), str)
    await later("1")  # type: ignore[arg-type]
    assert_type(await later.aio(a=1), str)
    assert_type(await add.aio(1, b=2), int)
    await add(1)  # type: ignore[misc]
    await add.aio("1")  # type: ignore[arg-type]


task(retry=1)  # type: ignore[call-overload]
task(retries="1")  # type: ignore[call-overload]

shared = task(retries=1)


@shared
def first(a: int) -> int:
    """Use the decorator."""
    return a


@shared
def second(a: str) -> str:
    """Use it again."""
    return a


assert_type(first(1), int)
assert_type(second("a"), str)
