"""Requests and limits."""

from sdk import Resources, task, workflow


@task(requests=Resources(cpu="1", mem="1Gi"))
def requests_only(a: int) -> int:
    return a


@task(limits=Resources(cpu="2", mem="2Gi"))
def limits_only(a: int) -> int:
    return a


@task(
    requests=Resources(cpu="500m", mem="500Mi", gpu="1", ephemeral_storage="1Gi"),
    limits=Resources(cpu="1", mem="1Gi", gpu="2", ephemeral_storage="10Gi"),
)
def all_of_them(a: int) -> int:
    return a


@task(requests=Resources(gpu="0", cpu="1"))
def no_gpu(a: int) -> int:
    return a


@workflow
def flow(a: int) -> int:
    return all_of_them(a=limits_only(a=requests_only(a=no_gpu(a=a))))
