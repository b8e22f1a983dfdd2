"""Resources of the settings for tasks that ask for none."""

from sdk import Resources, task

SETTINGS = {"default_resources": {"requests": {"cpu": "1", "mem": "1Gi"}, "limits": {"cpu": "2"}}}


@task
def asks_nothing(a: int) -> int:
    return a


@task(requests=Resources(mem="5Gi"))
def asks(a: int) -> int:
    return a
