"""Functions below decorators of the user's."""

import functools

from sdk import task, workflow


def logged(function):
    @functools.wraps(function)
    def inner(*args, **kwargs):
        return function(*args, **kwargs)

    return inner


def repeated(times: int):
    def decorate(function):
        @functools.wraps(function)
        def inner(*args, **kwargs):
            for _ in range(times):
                value = function(*args, **kwargs)
            return value

        return inner

    return decorate


@task(retries=1)
@logged
@repeated(2)
def decorated(a: int, b: str = "x") -> int:
    """Decorated.

    :param a: a number
    """
    return a


@workflow
def flow(a: int) -> int:
    return decorated(a=a)
