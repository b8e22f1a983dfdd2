"""Request and limit as one value."""

from sdk import Resources, task


@task(resources=Resources(cpu=("1", "2"), mem=("1Gi", "2Gi")))
def pairs(a: int) -> int:
    return a


@task(resources=Resources(cpu="1", mem="1Gi", ephemeral_storage="3Gi"))
def single_values(a: int) -> int:
    return a


@task(resources=Resources(cpu=["250m", "1"], gpu="1", mem="1Gi"))
def mixed(a: int) -> int:
    return a
