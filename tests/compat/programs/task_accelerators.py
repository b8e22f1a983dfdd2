"""Every device that both releases know."""

from sdk import Resources, accelerators, task


@task(accelerator=accelerators.T4, requests=Resources(gpu="1"))
def t4(a: int) -> int:
    return a


@task(accelerator=accelerators.A10G)
def a10g(a: int) -> int:
    return a


@task(accelerator=accelerators.L4)
def l4(a: int) -> int:
    return a


@task(accelerator=accelerators.L4_VWS)
def l4_vws(a: int) -> int:
    return a


@task(accelerator=accelerators.K80)
def k80(a: int) -> int:
    return a


@task(accelerator=accelerators.M60)
def m60(a: int) -> int:
    return a


@task(accelerator=accelerators.P4)
def p4(a: int) -> int:
    return a


@task(accelerator=accelerators.P100)
def p100(a: int) -> int:
    return a


@task(accelerator=accelerators.V100)
def v100(a: int) -> int:
    return a


@task(accelerator=accelerators.GPUAccelerator("vendor-own"))
def own(a: int) -> int:
    return a
