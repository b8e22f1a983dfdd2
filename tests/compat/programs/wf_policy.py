"""What happens after a failure, and who may be interrupted."""

from sdk import WorkflowFailurePolicy, task, workflow


@task
def inc(a: int) -> int:
    return a + 1


@workflow(failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)
def goes_on(a: int) -> int:
    return inc(a=a)


@workflow(failure_policy=WorkflowFailurePolicy.FAIL_IMMEDIATELY, interruptible=True)
def interrupted(a: int) -> int:
    return inc(a=a)


@workflow(interruptible=False)
def outer(a: int) -> int:
    return interrupted(a=goes_on(a=a))
