"""What a dynamic task says it will need."""

from sdk import LaunchPlan, dynamic, task, workflow


@task
def inc(a: int) -> int:
    return a + 1


@workflow
def inner(a: int) -> int:
    return inc(a=a)


plan = LaunchPlan.get_or_create(inner, name="hinted_plan")


@dynamic(node_dependency_hints=[plan])
def hinted(a: int) -> int:
    return plan(a=a)
