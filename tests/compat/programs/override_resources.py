"""Resources of a node."""

from sdk import Resources, task, workflow


@task(requests=Resources(cpu="1"), limits=Resources(cpu="2"))
def asks(a: int) -> int:
    return a


@task
def plain(a: int) -> int:
    return a


@workflow
def flow(a: int) -> int:
    plain(a=a).with_overrides(requests=Resources(cpu="1", mem="100Mi"))
    plain(a=a).with_overrides(limits=Resources(gpu="1", ephemeral_storage="1Gi"))
    asks(a=a).with_overrides(requests=Resources(cpu="1"), limits=Resources(cpu="4", mem="2Gi"))
    asks(a=a).with_overrides(limits=Resources(mem="2Gi"))
    return asks(a=a).with_overrides(resources=Resources(cpu=("1", "2"), mem="1Gi"))
