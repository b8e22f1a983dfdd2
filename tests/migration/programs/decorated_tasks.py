"""Decorators around task functions: wraps, arguments, several at once, and one around a workflow's function."""

import functools
import typing

from flytekit import task, workflow

LOG: typing.List[str] = []


def logged(fn):
    @functools.wraps(fn)
    def wrapper(*args, **kwargs):
        LOG.append(f"> {fn.__name__}")
        result = fn(*args, **kwargs)
        LOG.append(f"< {fn.__name__}")
        return result

    return wrapper


def scaled(fn=None, *, by: int = 1):
    if fn is None:
        return functools.partial(scaled, by=by)

    @functools.wraps(fn)
    def wrapper(*args, **kwargs):
        return fn(*args, **kwargs) * by

    return wrapper


@task
@logged
def pieces(pallets: int, per_pallet: int = 12) -> int:
    return pallets * per_pallet


@task(retries=1)
@logged
@scaled(by=3)
def trips(trucks: int) -> int:
    return trucks + 1


@workflow
def plan(pallets: int, trucks: int) -> (int, int):
    return pieces(pallets=pallets), trips(trucks=trucks)


if __name__ == "__main__":
    print(*plan(pallets=2, trucks=4))
    print(sorted(LOG))
    print(pieces.name.rsplit(".")[-1], trips.name.rsplit(".")[-1])
    print(pieces(pallets=1, per_pallet=7))
