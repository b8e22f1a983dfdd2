"""Options that several tasks share."""

from sdk import Environment, Resources, workflow

env = Environment(retries=2, environment={"A": "1"}, requests=Resources(cpu="1"))
more = env.extend(retries=5, interruptible=True)


@env.task
def first(a: int) -> int:
    return a


@more.task(timeout=60)
def second(a: int) -> int:
    return a


@env
def third(a: int) -> int:
    return a


@more.dynamic
def fourth(a: int) -> int:
    return first(a=a)


@workflow
def flow(a: int) -> int:
    return fourth(a=third(a=second(a=first(a=a))))
