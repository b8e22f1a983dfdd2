"""Operands of every type that can be compared."""

import datetime

from sdk import conditional, task, workflow


@task
def inc(a: int) -> int:
    return a + 1


@task
def flag(a: int) -> bool:
    return True


@workflow
def truth(a: int) -> int:
    f = flag(a=a)
    return conditional("choice").if_(f.is_true()).then(inc(a=a)).else_().then(inc(a=1))


@workflow
def untruth(a: bool) -> int:
    return conditional("choice").if_(a.is_false()).then(inc(a=2)).else_().then(inc(a=1))


@workflow
def texts(a: str, b: float) -> int:
    return conditional("choice").if_((a == "x") & (b > 1.5)).then(inc(a=2)).else_().then(inc(a=1))


@workflow
def times(c: datetime.datetime, d: datetime.timedelta) -> int:
    return (
        conditional("choice")
        .if_(c < datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc))
        .then(inc(a=2))
        .elif_(d >= datetime.timedelta(hours=1))
        .then(inc(a=3))
        .else_()
        .fail("no")
    )
