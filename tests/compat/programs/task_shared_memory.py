"""Shared memory, of a size or of the node's."""

from sdk import accelerators, task


@task(shared_memory=True)
def of_the_node(a: int) -> int:
    return a


@task(shared_memory="2Gi")
def of_a_size(a: int) -> int:
    return a


@task(shared_memory="2Gi", accelerator=accelerators.T4)
def with_a_device(a: int) -> int:
    return a
