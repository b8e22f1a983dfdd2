"""A small program."""

from flytekit import CronSchedule, LaunchPlan, Resources, dynamic, map_task, task, workflow


@task(retries=2, requests=Resources(cpu="1"))
def greet(name: str, times: int = 2) -> str:
    """Greet somebody.

    Args:
        name: who.
    """
    return " ".join([name] * times)


@task
def count(text: str) -> int:
    return len(text)


@workflow
def inner(name: str) -> int:
    return count(text=greet(name=name))


@dynamic
def many(n: int) -> int:
    for _ in range(n):
        count(text="x")
    return n


@workflow
def outer(name: str = "you") -> int:
    """The whole."""
    a = inner(name=name)
    map_task(count)(text=["a", "b"])
    return many(n=a).with_overrides(retries=3)


nightly = LaunchPlan.get_or_create(outer, "nightly", schedule=CronSchedule(schedule="0 0 * * *"))
