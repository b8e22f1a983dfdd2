"""What is no plain call in a branch."""

from sdk import LaunchPlan, Resources, conditional, dynamic, task, workflow


@task
def inc(a: int) -> int:
    return a + 1


@workflow
def inner(a: int) -> int:
    return inc(a=inc(a=a))


@workflow
def other(a: int) -> int:
    return inc(a=a)


@dynamic
def dyn(a: int) -> int:
    return inc(a=a)


plan = LaunchPlan.get_or_create(inner, name="plan_in_branch")


@workflow
def workflows(a: int) -> int:
    return conditional("choice").if_(a == 1).then(inner(a=a)).else_().then(other(a=a))


@workflow
def plans(a: int) -> int:
    return conditional("choice").if_(a == 1).then(plan(a=a)).else_().then(inner(a=a))


@workflow
def dynamics(a: int) -> int:
    return conditional("choice").if_(a == 1).then(dyn(a=a)).else_().then(inc(a=2))


@workflow
def overridden(a: int) -> int:
    return (
        conditional("choice")
        .if_(a == 1)
        .then(inc(a=a).with_overrides(requests=Resources(cpu="1"), node_name="mine"))
        .else_()
        .then(inc(a=2).with_overrides(retries=3))
    )
