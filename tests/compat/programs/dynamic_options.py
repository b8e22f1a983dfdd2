"""Options of dynamic tasks, and what their bodies use."""

import typing
from dataclasses import dataclass

from sdk import LaunchPlan, Resources, dynamic, task, workflow


@dataclass
class Row:
    a: int
    b: typing.List[str]


@task(requests=Resources(cpu="1"), environment={"A": "1"})
def inc(a: int) -> int:
    return a + 1


@task
def make(a: int) -> Row:
    return Row(a, [])


@workflow
def inner(a: int) -> int:
    return inc(a=a)


plan = LaunchPlan.get_or_create(inner, name="plan_of_dynamic")


@dynamic(retries=2, requests=Resources(cpu="2"), environment={"B": "2"}, cache=True, cache_version="1")
def options(a: int) -> int:
    return inc(a=a)


@dynamic
def plans(a: int) -> int:
    return plan(a=a)


@dynamic
def overrides(a: int) -> int:
    return inc(a=a).with_overrides(limits=Resources(mem="1Gi"), retries=1, node_name="mine")


@dynamic
def constants(a: int) -> typing.Tuple[typing.Optional[int], typing.Dict[str, int], Row]:
    return None, {"k": a}, Row(a, ["x"])


@dynamic
def paths(a: int) -> int:
    return inc(a=make(a=a).a)


DYNAMIC = {
    "options": {"a": 1},
    "plans": {"a": 1},
    "overrides": {"a": 1},
    "constants": {"a": 1},
    "paths": {"a": 1},
}
