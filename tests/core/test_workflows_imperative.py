"""Workflows that are put together call by call."""

from __future__ import annotations

from typing import Any

import pytest

from fletching import ImperativeWorkflow, LaunchPlan, Workflow, WorkflowFailurePolicy, task, workflow
from fletching.errors import BindingError, CallError, ConfigError, ConversionError, GraphError, InterfaceError

ran: list[str] = []


@task
def add(a: int, b: int = 2) -> int:
    return a + b


@task
def total(xs: list[int]) -> int:
    return sum(xs)


@task
def step(name: str) -> None:
    ran.append(name)


@workflow
def inner(a: int) -> tuple[int, str]:
    return add(a=a), word(a=a)


@task
def word(a: int) -> str:
    return "w" * a


def test_put_together_and_called() -> None:
    flow = Workflow(name="flow")
    a = flow.add_workflow_input("a", int)
    node = flow.add_entity(add, a=a)
    sub = flow.add_subwf(inner, a=node.outputs["o0"])
    flow.add_workflow_output("total", node.outputs["o0"])
    flow.add_workflow_output("text", sub.outputs["o1"])
    flow.add_workflow_output("both", [node.o0, sub.o0, 7], python_type=list[int])
    flow.add_workflow_output("by_name", {"x": node.o0}, dict[str, int])
    result = flow(a=3)
    assert (result.total, result.text, result.both, result.by_name) == (5, "wwwww", [5, 7, 7], {"x": 5})
    assert flow.ready()
    assert isinstance(flow, ImperativeWorkflow)
    assert ImperativeWorkflow is Workflow


def test_it_is_an_entity_like_any_other() -> None:
    flow = Workflow("used")
    flow.add_workflow_output("o", flow.add_task(add, a=flow.add_workflow_input("a", int)).o0)
    outer = Workflow("outer-of-used")
    first = outer.add_subwf(flow, a=outer.add_workflow_input("x", int, default=4))
    second = outer.add_launch_plan(LaunchPlan.create("used-plan", flow), a=first.o)
    outer.add_workflow_output("o", second.o)

    @workflow
    def function(a: int) -> int:
        return outer(x=flow(a=a))

    assert outer() == 8
    assert function(a=1) == 7


def test_it_can_grow_after_it_ran() -> None:
    flow = Workflow("growing")
    a = flow.add_workflow_input("a", int)
    node = flow.add_entity(add, a=a)
    flow.add_workflow_output("first", node.o0)
    assert flow(a=1) == 3
    flow.add_workflow_output("second", flow.add_entity(total, xs=[a, node.o0]).o0)
    assert flow(a=1) == (3, 4)
    flow.add_workflow_input("b", int, default=5)
    assert flow(a=1, b=3) == (3, 4)


def test_an_order_given_after_it_ran_counts() -> None:
    flow = Workflow("reordered")
    one, two = flow.add_entity(step, name="one"), flow.add_entity(step, name="two")
    two >> one
    flow()
    assert ran[-2:] == ["two", "one"]
    last = flow.add_entity(step, name="last")
    flow()
    last >> two
    flow()
    assert ran[-3:] == ["last", "two", "one"]
    last.with_overrides(node_name="the-last")
    assert [node.id for node in flow.nodes] == ["n0", "n1", "the-last"]


def test_calls_can_be_recorded() -> None:
    flow = Workflow("recorded")
    a = flow.add_workflow_input("a", int)
    with flow.recording():
        got = add(a=add(a=a))
    flow.add_workflow_output("o", got)
    assert flow(a=1) == 5
    assert add(a=1) == 3


def test_what_it_has_can_be_asked_for() -> None:
    flow = Workflow("asked", WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE, interruptible=True)
    assert not flow.ready()
    a = flow.add_workflow_input("a", int)
    assert list(flow.inputs) == ["a"]
    assert flow.inputs["a"].ref[:2] == a.ref[:2]
    flow.add_entity(step, name="x")
    assert not flow.ready()  # a is not used
    node = flow.add_entity(total, xs=[a, 1])
    assert flow.ready()
    flow.add_workflow_output("o", node.o0)
    assert list(flow.output_bindings) == ["o"]
    assert [each.ref.node_id for each in flow.get_input_values({"k": [node.o0], "l": node.o0})] == ["n1", "n1"]
    assert (flow.name, flow.short_name) == ("asked", "asked")
    assert flow.workflow_metadata_defaults.interruptible
    assert flow.python_interface.inputs == {"a": int}


def wrong() -> dict[str, tuple[Any, type[Exception], str]]:
    flow = Workflow("wrong")
    a = flow.add_workflow_input("a", int)
    other = Workflow("other").add_workflow_input("x", int)
    node = flow.add_entity(add, a=a)
    text = flow.add_entity(word, a=a)
    return {
        "no entity": (lambda: flow.add_entity(len, a=a), GraphError, "only tasks, workflows and launch plans"),
        "missing": (lambda: flow.add_entity(add), CallError, "missing 1 required .* 'a'"),
        "extra": (lambda: flow.add_entity(add, a=a, z=1), CallError, "unexpected keyword argument 'z'"),
        "misfit": (
            lambda: flow.add_entity(add, a=text.o0),
            BindingError,
            r"is str, and input 'a' of node 'n\d'",
        ),
        "constant": (lambda: flow.add_entity(add, a="x"), ConversionError, "add: argument 'a': expected int"),
        "other graph": (lambda: flow.add_entity(add, a=other), GraphError, "belongs to the graph of 'other'"),
        "input twice": (lambda: flow.add_workflow_input("a", str), InterfaceError, "'a' is already there"),
        "no type": (lambda: flow.add_workflow_output("l", [node.o0]), GraphError, "give its python_type"),
        "output misfit": (lambda: flow.add_workflow_output("o", node.o0, str), BindingError, "takes str"),
        "not a name": (lambda: flow.add_workflow_input("a b", int), InterfaceError, "not a Python identifier"),
        "no name": (lambda: Workflow(""), GraphError, "name must be a non-empty string"),
        "policy": (lambda: Workflow("x", failure_policy=3), ConfigError, "failure_policy must be one of"),
        "typo": (lambda: flow.add_entitty(add), AttributeError, "workflow 'wrong' has no 'add_entitty'; did you mean"),
    }


@pytest.mark.parametrize("name", wrong())
def test_what_is_wrong_is_refused(name: str) -> None:
    do, kind, told = wrong()[name]
    with pytest.raises(kind, match=told):
        do()


def test_what_was_refused_left_nothing_behind() -> None:
    flow = Workflow("tidy")
    a = flow.add_workflow_input("a", int)
    with pytest.raises(ConversionError):
        flow.add_entity(add, a="x")
    with pytest.raises(InterfaceError):
        flow.add_workflow_input("a", int)
    good = flow.add_entity(add, a=a)
    with pytest.raises(BindingError):
        flow.add_workflow_output("o", good.o0, str)
    flow.add_workflow_output("o", good.o0)
    with pytest.raises(InterfaceError, match="'o' is already there"):
        flow.add_workflow_output("o", a)
    assert flow(a=1) == 3
    assert [node.id for node in flow.nodes] == ["n0"]


def test_a_workflow_without_calls_passes_its_inputs_on() -> None:
    flow = Workflow("passing")
    flow.add_workflow_output("o", flow.add_workflow_input("a", list[int]))
    assert flow(a=[1]) == [1]
    assert Workflow("empty")() is None
