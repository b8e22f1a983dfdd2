"""The law of graphs: a body gives the same whether its calls run at once or are recorded and run as a graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fletching import LaunchPlan, Promise, Runner, WorkflowFailurePolicy, conditional, dynamic, task, workflow


@dataclass
class Record:
    value: int
    parts: dict[str, list[int]]


class Both(NamedTuple):
    left: int
    right: int


@task
def add(a: int, b: int = 1) -> int:
    return (a + b) % 1000


@task
def total(xs: list[int]) -> int:
    return sum(xs) % 1000


@task
def record(a: int) -> Record:
    return Record(a, {"k": [a, a + 1]})


@task
def both(a: int) -> Both:
    return Both(a + 1, 2 * a)


@task
async def later(a: int) -> int:
    return a + 2


@task
def refuse(a: int) -> int:
    if a % 5 == 0:
        raise ValueError(f"refused {a}")
    return a


@workflow
def sub(a: int, b: int = 3) -> int:
    return add(a=add(a=a, b=b), b=both(a=a).right)


@dynamic
def grow(a: int) -> int:
    got = a
    for _ in range(a % 4):
        got = add(a=got)
    return got


plan = LaunchPlan.create("law-plan", sub, fixed_inputs={"b": 7})


def choose(name: str, a: Any, b: Any, c: Any) -> Any:
    """Return ``add(a)`` if a > b, else c: as a conditional where that is known later, as an if where it is known."""
    asked = a > b
    if isinstance(asked, bool):
        return add(a=a) if asked else c
    last = c if isinstance(c, Promise) else add(a=c, b=0)
    return conditional(name).if_(asked).then(add(a=a)).else_().then(last)


def in_order(first: Any, then: Any) -> Any:
    """Put two calls in order where they are recorded."""
    if isinstance(first, Promise):
        first >> then
    return then


STEPS = {
    "add": lambda at, a, b, c: add(a=a, b=b),
    "constant": lambda at, a, b, c: add(a=at),
    "list": lambda at, a, b, c: total(xs=[a, at, b, c]),
    "part": lambda at, a, b, c: add(a=record(a=a).value, b=record(a=b).parts["k"][1]),
    "both": lambda at, a, b, c: add(a=both(a=a).left, b=both(a=b)[1]),
    "sub": lambda at, a, b, c: sub(a=a),
    "plan": lambda at, a, b, c: plan(a=a),
    "grow": lambda at, a, b, c: grow(a=a),
    "choose": lambda at, a, b, c: choose(f"c{at}", a, b, c),
    "order": lambda at, a, b, c: in_order(add(a=a), add(a=b)),
    "refuse": lambda at, a, b, c: refuse(a=a),
}

Step = tuple[str, int, int, int]
PROGRAMS = st.lists(
    st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 20), st.integers(0, 20), st.integers(0, 20)),
    min_size=1,
    max_size=12,
)


def body_of(program: list[Step]) -> Any:
    """Return a function that makes the steps, each with values of those before it."""

    def body(x: int, y: int) -> tuple[int, list[int]]:
        values = [x, y]
        for at, (name, *places) in enumerate(program):
            a, b, c = (values[place % len(values)] for place in places)
            values.append(STEPS[name](at, a, b, c))
        return values[-1], values[2:]

    return body


def outcome(call: Any) -> Any:
    try:
        value = call()
    except ValueError as error:
        return str(error).partition(":")[0][:7]
    return tuple(value)


@settings(max_examples=60, deadline=None)
@given(PROGRAMS, st.integers(0, 9), st.integers(0, 9))
def test_a_body_gives_the_same_in_every_way(program: list[Step], x: int, y: int) -> None:
    body = body_of(program)
    expected = outcome(lambda: body(x, y))
    flow, loop = workflow(body), dynamic(body)
    patient = workflow(body, failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)

    @workflow
    def outer(x: int, y: int) -> tuple[int, list[int]]:
        first, rest = flow(x=x, y=y)
        return first, rest

    for each in (flow, loop, patient, outer):
        assert outcome(lambda each=each: each(x=x, y=y)) == expected
    for executor in ("inline", "thread"):
        assert outcome(lambda executor=executor: Runner(executor=executor).run(outer, x=x, y=y)) == expected
    assert [node.id for node in flow.nodes] == [node.id for node in workflow(body).nodes]


@pytest.mark.parametrize("parallel", [1, 2, 7])
def test_any_number_at_a_time_gives_the_same(parallel: int) -> None:
    program: list[Step] = [(name, at, at + 1, at * 3) for at, name in enumerate([*STEPS, *STEPS]) if name != "refuse"]
    body = body_of(program)
    assert tuple(Runner(max_parallel=parallel).run(workflow(body), x=1, y=2)) == body(1, 2)
