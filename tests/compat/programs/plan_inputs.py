"""Launch plans with inputs of their own."""

import typing

from sdk import LaunchPlan, task, workflow


@task
def add(a: int, b: str) -> int:
    return a


@workflow
def flow(a: int = 3, b: str = "x") -> int:
    return add(a=a, b=b)


@workflow
def required(a: int, b: str) -> int:
    return add(a=a, b=b)


@workflow
def optional(a: typing.Optional[int], b: typing.Optional[int] = 4, c: typing.Optional[typing.List[int]] = None) -> int:
    return add(a=1, b="x")


default = LaunchPlan.get_or_create(flow)
of_required = LaunchPlan.get_or_create(required)
with_defaults = LaunchPlan.get_or_create(flow, name="plan_inputs.with_defaults", default_inputs={"a": 7})
with_fixed = LaunchPlan.get_or_create(flow, name="plan_inputs.with_fixed", fixed_inputs={"b": "y"})
with_both = LaunchPlan.create("plan_inputs.both", required, default_inputs={"a": 7}, fixed_inputs={"b": "y"})
of_optional = LaunchPlan.get_or_create(optional, name="plan_inputs.optional")


@workflow
def calls(a: int) -> int:
    with_fixed(a=with_both(a=a))
    return with_defaults()
