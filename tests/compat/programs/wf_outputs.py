"""What workflows return."""

import typing

from sdk import task, workflow


@task
def two(a: int) -> typing.Tuple[int, str]:
    return a, ""


@task
def named(a: int) -> typing.NamedTuple("Named", [("x", int), ("y", str)]):
    return a, ""


class Out(typing.NamedTuple):
    first: int
    second: str


@workflow
def pair(a: int) -> typing.Tuple[int, str]:
    x, y = two(a=a)
    return x, y


@workflow
def of_names(a: int) -> Out:
    result = named(a=a)
    return result.x, result.y


@workflow
def given_by_name(a: int) -> Out:
    x, y = two(a=a)
    return Out(first=x, second=y)


@workflow
def whole_result(a: int) -> typing.Tuple[int, str]:
    return two(a=a)


@workflow
def list_of(a: int) -> typing.List[int]:
    return [two(a=a)[0], named(a=a).x, 7]


@workflow
def dict_of(a: int) -> typing.Dict[str, int]:
    x, _ = two(a=a)
    return {"x": x, "a": a}


@workflow
def nothing(a: int) -> None:
    two(a=a)
