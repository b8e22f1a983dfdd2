"""Devices that came with 1.16."""

from sdk import accelerators, task


@task(accelerator=accelerators.H100)
def h100(a: int) -> int:
    return a


@task(accelerator=accelerators.H200)
def h200(a: int) -> int:
    return a


@task(accelerator=accelerators.L40S)
def l40s(a: int) -> int:
    return a


@task(accelerator=accelerators.RTX_PRO_6000)
def rtx_pro_6000(a: int) -> int:
    return a
