"""Who hears how an execution ended."""

from sdk import Email, LaunchPlan, PagerDuty, Slack, WorkflowExecutionPhase, task, workflow


@task
def inc(a: int) -> int:
    return a + 1


@workflow
def flow(a: int = 1) -> int:
    return inc(a=a)


notified = LaunchPlan.get_or_create(
    flow,
    name="plan.notified",
    notifications=[
        Email(
            phases=[WorkflowExecutionPhase.SUCCEEDED, WorkflowExecutionPhase.FAILED],
            recipients_email=["a@example.com", "b@example.com"],
        ),
        Slack(phases=[WorkflowExecutionPhase.ABORTED], recipients_email=["s@example.com"]),
        PagerDuty(phases=[WorkflowExecutionPhase.TIMED_OUT], recipients_email=["p@example.com"]),
    ],
)
