"""Tasks without inputs, without outputs, without either."""

from sdk import task


@task
def nothing() -> None: ...


@task()
def makes() -> int:
    return 1


@task
def takes(a: int) -> None: ...


@task
def unannotated(a: int):
    print(a)
