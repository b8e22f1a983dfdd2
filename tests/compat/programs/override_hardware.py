"""Image, device and shared memory of a node."""

from sdk import accelerators, task, workflow


@task(accelerator=accelerators.T4, shared_memory=True)
def strong(a: int) -> int:
    return a


@task
def plain(a: int) -> int:
    return a


@workflow
def flow(a: int) -> int:
    plain(a=a).with_overrides(container_image="example.com/other:v2")
    plain(a=a).with_overrides(accelerator=accelerators.A100.partition_2g_10gb)
    plain(a=a).with_overrides(shared_memory="1Gi")
    strong(a=a).with_overrides(shared_memory="2Gi")
    return strong(a=a).with_overrides(accelerator=accelerators.V100, shared_memory=True)
