"""Overrides of nodes that are no tasks."""

from sdk import LaunchPlan, task, workflow


@task
def plain(a: int) -> int:
    return a


@workflow
def inner(a: int) -> int:
    return plain(a=a)


plan = LaunchPlan.get_or_create(inner, name="overridden_plan")


@workflow
def flow(a: int) -> int:
    inner(a=a).with_overrides(name="sub", retries=1, timeout=5)
    return plan(a=a).with_overrides(name="plan", interruptible=True)
