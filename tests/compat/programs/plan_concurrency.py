"""How many executions of a launch plan may run, which came with 1.16."""

from sdk import ConcurrencyLimitBehavior, ConcurrencyPolicy, LaunchPlan, task, workflow


@task
def inc(a: int) -> int:
    return a + 1


@workflow
def flow(a: int = 1) -> int:
    return inc(a=a)


skips = LaunchPlan.get_or_create(
    flow,
    name="plan.skips",
    concurrency=ConcurrencyPolicy(max_concurrency=2, behavior=ConcurrencyLimitBehavior.SKIP),
)
