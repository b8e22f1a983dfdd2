"""Workflows put together by hand."""

import typing

from sdk import Workflow, task, workflow


@task
def inc(a: int) -> int:
    return a + 1


@task
def total(values: typing.List[int]) -> int:
    return sum(values)


@task
def nothing() -> None: ...


@workflow
def inner(a: int) -> int:
    return inc(a=a)


plain = Workflow(name="imperative.plain")
_a = plain.add_workflow_input("a", int)
_n = plain.add_entity(inc, a=_a)
plain.add_workflow_output("out", _n.outputs["o0"])

more = Workflow(name="imperative.more")
_a = more.add_workflow_input("a", int)
_n = more.add_entity(inc, a=_a)
_v = more.add_entity(nothing)
_m = more.add_entity(total, values=[_n.outputs["o0"], _a])
_s = more.add_subwf(inner, a=_m.outputs["o0"])
_v >> _s
more.add_workflow_output("out", _s.outputs["o0"])
more.add_workflow_output("all", [_n.outputs["o0"], _m.outputs["o0"]], python_type=typing.List[int])


@workflow
def outer(a: int) -> int:
    return plain(a=a)
