"""Many cases, and a failure as the last."""

from sdk import conditional, task, workflow


@task
def inc(a: int) -> int:
    return a + 1


@workflow
def flow(a: int, b: int) -> int:
    return (
        conditional("choice")
        .if_((a > 3) & (b < 2))
        .then(inc(a=a))
        .elif_((a >= 3) | (b != 2))
        .then(inc(a=b))
        .elif_(((a <= b) & (a == 1)) | (b == 7))
        .then(inc(a=1))
        .else_()
        .fail("none of them")
    )


@workflow
def only_failure(a: int) -> int:
    return conditional("checked").if_(a < 5).then(inc(a=a)).else_().fail("too large")
