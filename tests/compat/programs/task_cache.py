"""The forms of a cache."""

from sdk import Cache, task, workflow


@task(cache=True, cache_version="1")
def old_style(a: int) -> int:
    return a


@task(cache=Cache(version="2", serialize=True, ignored_inputs=("b",)))
def new_style(a: int, b: int) -> int:
    return a


@task(cache=Cache(version="3", ignored_inputs="b"))
def one_ignored(a: int, b: int) -> int:
    return a


@workflow
def flow(a: int) -> int:
    return new_style(a=old_style(a=a), b=one_ignored(a=a, b=a))
