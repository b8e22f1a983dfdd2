"""A workflow put together by hand, with a policy and a clean-up."""

from sdk import LaunchPlan, Workflow, WorkflowFailurePolicy, task, workflow


@task
def inc(a: int) -> int:
    return a + 1


@task
def clean(a: int) -> None: ...


@workflow
def inner(a: int) -> int:
    return inc(a=a)


plan = LaunchPlan.get_or_create(inner, name="imperative_plan")

flow = Workflow(
    name="imperative.failure",
    failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE,
    interruptible=True,
)
_a = flow.add_workflow_input("a", int)
_n = flow.add_task(inc, a=_a)
_p = flow.add_launch_plan(plan, a=_n.outputs["o0"])
flow.add_workflow_output("out", _p.outputs["o0"])
flow.add_on_failure_handler(clean)
