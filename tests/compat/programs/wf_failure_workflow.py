"""A workflow that cleans up."""

from sdk import WorkflowFailurePolicy, task, workflow


@task
def inc(a: int) -> int:
    return a + 1


@task
def clean(a: int, b: str) -> None: ...


@workflow
def cleaning(a: int, b: str) -> None:
    clean(a=a, b=b)


@workflow(on_failure=cleaning, failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)
def flow(a: int, b: str = "x") -> int:
    return inc(a=a)
