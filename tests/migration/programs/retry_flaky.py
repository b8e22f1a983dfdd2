"""A flaky service: retries, FlyteRecoverableException, what a failed task raises, a failure node."""

import typing

from flytekit import WorkflowFailurePolicy, task, workflow
from flytekit.exceptions.user import FlyteRecoverableException
from flytekit.types.error import FlyteError


@task(retries=2)
def steady(value: int) -> int:
    return value + 1


@task
def flaky(value: int) -> int:
    if value > 3:
        raise FlyteRecoverableException("the service is busy")
    return value


@task
def strict(value: int) -> int:
    if value % 2:
        raise ValueError(f"{value} is odd")
    return value // 2


@task
def clean_up(value: int, err: typing.Optional[FlyteError] = None) -> None:
    print("cleaned up after", value, err is not None)


@workflow(on_failure=clean_up, failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)
def halve(value: int) -> int:
    return strict(value=value)


if __name__ == "__main__":
    print(steady(value=1), halve(value=8))
    try:
        halve(value=5)
    except Exception as error:
        print("5 is odd" in str(error))
    try:
        flaky(value=9)
    except FlyteRecoverableException as error:
        print("recoverable", "busy" in str(error))
