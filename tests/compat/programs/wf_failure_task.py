"""A task that cleans up."""

import typing

from sdk import FlyteError, task, workflow


@task
def inc(a: int) -> int:
    return a + 1


@task
def clean(a: int) -> None: ...


@task
def clean_more(a: int, note: typing.Optional[str] = None, err: typing.Optional[FlyteError] = None) -> None: ...


@workflow(on_failure=clean)
def cleaned(a: int) -> int:
    return inc(a=a)


@workflow(on_failure=clean_more)
def cleaned_more(a: int) -> int:
    return inc(a=inc(a=a))


@workflow
def outer(a: int) -> int:
    return cleaned(a=cleaned_more(a=a))
