"""Launch plans that are registered elsewhere, in imperative workflows and with defaults."""

import typing

from sdk import Workflow, dynamic, reference_launch_plan, task, workflow


@reference_launch_plan(project="other", domain="production", name="their.flow", version="v7")
def theirs(a: int, b: str) -> typing.NamedTuple("Theirs", [("x", int), ("y", str)]): ...


@task
def inc(a: int) -> int:
    return a + 1


@workflow
def flow(a: int) -> int:
    out = theirs(a=inc(a=a), b="y")
    return inc(a=out.x)


@dynamic
def dyn(a: int) -> int:
    return theirs(a=a, b="y").x


by_hand = Workflow(name="reference.by_hand")
_a = by_hand.add_workflow_input("a", int)
_n = by_hand.add_entity(theirs, a=_a, b="z")
by_hand.add_workflow_output("out", _n.outputs["x"])

DYNAMIC = {"dyn": {"a": 1}}
