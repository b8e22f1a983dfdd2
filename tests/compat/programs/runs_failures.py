"""Tasks that fail in a container, with the inputs they are run with."""

import typing

from sdk import FlyteRecoverableException, IgnoreOutputs, task


class OwnError(Exception):
    pass


class CodedError(Exception):
    error_code = "MINE"


class NumberedError(Exception):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.error_code = 42


@task
def raises(a: int) -> int:
    if a > 0:
        raise ValueError(f"no such thing as {a}")
    return a


@task
def raises_own(a: int) -> int:
    if a > 0:
        raise OwnError("first", a)
    return a


@task
def recoverable(a: int) -> int:
    if a > 0:
        raise FlyteRecoverableException("try that again")
    return a


@task
def coded(a: int) -> int:
    if a > 0:
        raise CodedError("a code of the class")
    return a


@task
def numbered(a: int) -> int:
    if a > 0:
        raise NumberedError("a number of the error")
    return a


@task
def wrong_output(a: int) -> int:
    return "text"


@task
def too_few(a: int) -> typing.Tuple[int, int]:
    return (a,)


@task
def ignored(a: int) -> int:
    if a > 0:
        raise IgnoreOutputs("not mine to say")
    return a


@task
def asserts(a: int) -> int:
    assert a > 10, "too small"
    return a


@task
def chained(a: int) -> int:
    try:
        return a // 0
    except ZeroDivisionError as error:
        raise RuntimeError("as a result") from error


RUNS = {
    "raises": {"a": 1},
    "raises_own": {"a": 1},
    "recoverable": {"a": 1},
    "coded": {"a": 1},
    "numbered": {"a": 1},
    "wrong_output": {"a": 1},
    "too_few": {"a": 1},
    "ignored": {"a": 1},
    "asserts": {"a": 1},
    "chained": {"a": 1},
}
