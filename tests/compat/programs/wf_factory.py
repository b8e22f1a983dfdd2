"""Workflows and tasks made in a loop and by partial."""

import functools

from sdk import task, workflow


@task
def scale(a: int, by: int = 2) -> int:
    return a * by


quick_task = functools.partial(task, retries=2, interruptible=True)


@quick_task
def quick(a: int) -> int:
    return a


@quick_task(retries=5)
def patient(a: int) -> int:
    return a


@workflow
def flow(a: int) -> int:
    for factor in range(3):
        a = scale(a=a, by=factor)
    return patient(a=quick(a=a))
