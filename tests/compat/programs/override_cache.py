"""Cache of a node."""

from sdk import task, workflow


@task
def plain(a: int) -> int:
    return a


@workflow
def flow(a: int) -> int:
    plain(a=a).with_overrides(cache=True, cache_version="7", cache_serialize=True)
    return plain(a=a).with_overrides(cache=True, cache_version="8")
