"""A task that its backend answers by itself."""

import typing

from sdk import Echo, workflow

one = Echo("echo.one", {"a": int})
two = Echo("echo.two", {"a": int, "b": typing.List[str]})
none = Echo("echo.none")


@workflow
def flow(a: int) -> int:
    none()
    x, y = two(a=a, b=["x"])
    return one(a=x)
