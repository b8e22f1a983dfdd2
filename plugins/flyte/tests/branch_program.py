"""Branches of several calls; containers import it."""

from __future__ import annotations

from typing import Any

from fletching import conditional, task, workflow


@task
def inc(a: int) -> int:
    return a + 1


@task
def add(a: int, b: int) -> int:
    return a + b


@task
def table() -> dict[str, int]:
    return {"k": 5}


@workflow
def flow(a: int, b: int) -> int:
    found: Any = table()
    x: Any = inc(a=a)
    outer: Any = conditional("outer").if_(x > 1)
    inner: Any = outer.then(
        add(
            a=conditional("inner").if_(x == b).then(add(a=inc(a=x), b=found["k"])).else_().then(inc(a=a)),
            b=inc(a=b),
        )
    )
    return inner.else_().then(inc(a=b))  # type: ignore[no-any-return]
