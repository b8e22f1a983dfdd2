"""Whole devices, parts of them, and slices of TPUs."""

from sdk import accelerators, task


@task(accelerator=accelerators.A100)
def whole(a: int) -> int:
    return a


@task(accelerator=accelerators.A100.unpartitioned)
def unpartitioned(a: int) -> int:
    return a


@task(accelerator=accelerators.A100.partition_1g_5gb)
def smallest(a: int) -> int:
    return a


@task(accelerator=accelerators.A100_80GB.partition_7g_80gb)
def largest(a: int) -> int:
    return a


@task(accelerator=accelerators.A100_80GB.partitioned("2g.20gb"))
def named(a: int) -> int:
    return a


@task(accelerator=accelerators.V5E.slice_2x4)
def tpu(a: int) -> int:
    return a


@task(accelerator=accelerators.V5P.slice_4x4x8)
def tpu_cube(a: int) -> int:
    return a


@task(accelerator=accelerators.V6E.slice_16x16)
def tpu_large(a: int) -> int:
    return a
