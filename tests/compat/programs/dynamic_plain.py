"""Tasks that make graphs while they run."""

import typing

from sdk import conditional, dynamic, task, workflow


@task
def inc(a: int) -> int:
    return a + 1


@task
def two(a: int) -> typing.Tuple[int, str]:
    return a, ""


@task
def nothing() -> None: ...


@workflow
def chain(a: int) -> int:
    return inc(a=inc(a=a))


@dynamic
def loop(a: int) -> int:
    x = a
    for _ in range(a):
        x = inc(a=x)
    return x


@dynamic
def constant(a: int) -> int:
    return a + 1


@dynamic
def collects(a: int) -> typing.List[int]:
    return [inc(a=number) for number in range(a)]


@dynamic
def mixed(a: int) -> typing.Tuple[int, typing.List[int], str]:
    return a, [inc(a=a), 4], "text"


@dynamic
def void(a: int) -> None:
    nothing()


@dynamic
def outer(a: int) -> typing.List[int]:
    return [chain(a=a), inc(a=a), loop(a=2)]


@dynamic
def branch(a: int) -> int:
    x = inc(a=a)
    return conditional("choice").if_(x == 1).then(inc(a=a)).else_().then(inc(a=x))


@workflow
def flow(a: int) -> int:
    return loop(a=a)


DYNAMIC = {
    "loop": {"a": 3},
    "constant": {"a": 1},
    "collects": {"a": 4},
    "mixed": {"a": 1},
    "void": {"a": 1},
    "outer": {"a": 1},
    "branch": {"a": 1},
}
