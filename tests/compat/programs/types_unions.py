"""Optionals and unions, old spelling and new."""

import typing

from sdk import task, workflow


@task
def either(
    a: typing.Union[int, str], b: typing.Union[typing.List[int], typing.Dict[str, int], None]
) -> typing.Union[int, str]:
    return a


@task
def maybe(a: typing.Optional[int] = None, b: int | None = 3, c: list[int] | str = "x") -> int | None:
    return a


@workflow
def flow(a: int, b: typing.Optional[str] = None) -> int | None:
    either(a=a, b=None)
    either(a="x", b=[1])
    either(a=2, b={"k": 1})
    maybe()
    maybe(a=4, b=None, c=[1])
    return maybe(a=a)
