"""Cache of a node as an object, which came with 1.16."""

from sdk import Cache, task, workflow


@task
def plain(a: int) -> int:
    return a


@workflow
def flow(a: int) -> int:
    return plain(a=a).with_overrides(cache=Cache(version="8", serialize=True))
