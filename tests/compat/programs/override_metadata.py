"""What a node says otherwise than its task."""

import datetime

from sdk import task, workflow


@task(retries=4, timeout=60, interruptible=True, cache=True, cache_version="1")
def everything(a: int) -> int:
    return a


@task
def plain(a: int) -> int:
    return a


@workflow
def adds(a: int) -> int:
    plain(a=a).with_overrides(retries=2)
    plain(a=a).with_overrides(timeout=30)
    plain(a=a).with_overrides(timeout=datetime.timedelta(minutes=1))
    plain(a=a).with_overrides(interruptible=True)
    plain(a=a).with_overrides(interruptible=False)
    return plain(a=a).with_overrides(name="other name")


@workflow
def removes(a: int) -> int:
    everything(a=a).with_overrides(retries=0)
    everything(a=a).with_overrides(timeout=None)
    everything(a=a).with_overrides(cache=False)
    return everything(a=a).with_overrides(interruptible=False, retries=1, name="x")
