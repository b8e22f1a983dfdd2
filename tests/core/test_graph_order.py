"""Order: ids and upstream nodes are the same each time; what is put in order runs in order; no circles."""

from __future__ import annotations

import itertools
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fletching import Workflow, create_node, dynamic, task, workflow
from fletching.errors import CallError, CycleError, GraphError
from fletching.graph.node import dns_name

if TYPE_CHECKING:
    from pathlib import Path

ran: list[str] = []


@pytest.fixture(autouse=True)
def _forget() -> None:
    ran.clear()


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@task
def total(xs: list[int]) -> int:
    return sum(xs)


@task
def step(name: str) -> None:
    ran.append(name)


@task
def named(name: str) -> str:
    ran.append(name)
    return name


@workflow
def inner(a: int) -> int:
    return add(a=add(a=a))


@workflow
def diamond(a: int) -> int:
    last = add(a=a)
    sides = [add(a=last, b=at) for at in range(3)]
    middle = inner(a=sides[1])
    return total(xs=[sides[2], middle, sides[0], last])


def ids(flow: Any) -> list[tuple[str, list[str]]]:
    return [(node.id, [before.id for before in node.upstream]) for node in flow.nodes]


def test_ids_count_the_calls_and_upstream_is_in_their_order() -> None:
    assert ids(diamond) == [
        ("n0", []),
        ("n1", ["n0"]),
        ("n2", ["n0"]),
        ("n3", ["n0"]),
        ("n4", ["n2"]),
        ("n5", ["n0", "n1", "n3", "n4"]),
    ]
    assert ids(inner) == [("n0", []), ("n1", ["n0"])]
    assert diamond(a=1) == 4 + 5 + 2 + 2


def test_two_processes_build_the_same_graph(tmp_path: Path) -> None:
    program = tmp_path / "same.py"
    program.write_text(
        "from fletching import task, workflow\n"
        "@task\n"
        "def add(a: int, b: dict[str, int]) -> int:\n"
        "    return a\n"
        "@workflow\n"
        "def flow(a: int, b: int) -> int:\n"
        "    made = [add(a=a, b={str(at): b}) for at in range(9)]\n"
        "    last = add(a=a, b={str(at): each for at, each in enumerate(made)})\n"
        "    made[5] >> made[0]\n"
        "    return last\n"
        "print([(n.id, [u.id for u in n.upstream], n.bindings) for n in flow.nodes])\n"
    )
    told = {
        subprocess.run(
            [sys.executable, program], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(told) == 1
    assert "'n9', ['n0', 'n1', 'n2'" in told.pop()


def test_arrows_and_runs_before_put_calls_in_order() -> None:
    @workflow
    def flow() -> None:
        a, b, c, d = step(name="a"), step(name="b"), named(name="c"), create_node(step, name="d")
        d >> c >> b
        b.runs_before(a)

    for _ in range(3):
        ran.clear()
        flow()
        assert ran == ["d", "c", "b", "a"]
    assert ids(flow) == [("n0", ["n1"]), ("n1", ["n2"]), ("n2", ["n3"]), ("n3", [])]


def test_an_order_that_is_there_already_is_no_second_one() -> None:
    @workflow
    def flow(a: int) -> int:
        one = add(a=a)
        two = add(a=one)
        one >> two
        one >> two
        return two

    assert ids(flow) == [("n0", []), ("n1", ["n0"])]
    assert flow(a=1) == 3


def test_orders_in_dynamic_tasks_and_among_subworkflows() -> None:
    @workflow
    def sub(name: str) -> None:
        step(name=name)

    @dynamic
    def backwards(n: int) -> None:
        nodes = [sub(name=str(at)) for at in range(n)]
        for later, earlier in itertools.pairwise(nodes):
            earlier >> later

    backwards(n=5)
    assert ran == ["4", "3", "2", "1", "0"]


def test_a_circle_is_refused_and_named() -> None:
    @workflow
    def flow(a: int) -> int:
        one = add(a=a)
        two = add(a=one)
        three = total(xs=[two])
        three >> one
        return three

    with pytest.raises(CycleError) as caught:
        _ = flow.graph
    assert "n0 (add) -> n1 (add) -> n2 (total) -> n0 (add); take one of the orders out" in str(caught.value)


def test_a_call_before_itself_is_a_circle() -> None:
    @workflow
    def flow(a: int) -> int:
        one = add(a=a)
        one >> one
        return one

    with pytest.raises(CycleError, match=r"n0 \(add\) -> n0 \(add\)"):
        _ = flow.graph


def test_a_circle_in_a_dynamic_task_and_an_imperative_workflow() -> None:
    @dynamic
    def circle(n: int) -> None:
        one, two = step(name="a"), step(name="b")
        one >> two
        two >> one

    with pytest.raises(CycleError, match="n0"):
        circle(n=1)
    assert ran == []
    flow = Workflow("circle-of-nodes")
    one, two = flow.add_entity(step, name="a"), flow.add_entity(step, name="b")
    one >> two
    two >> one
    with pytest.raises(CycleError, match="n0"):
        flow()


def test_workflows_that_call_each_other_in_a_circle() -> None:
    later: list[Any] = []

    @workflow
    def one(a: int) -> int:
        return later[0](a=a)

    @workflow
    def two(a: int) -> int:
        return one(a=a)

    later.append(two)
    with pytest.raises(GraphError, match="calls itself, so it would never end; only a @dynamic task can"):
        one(a=1)


def test_only_nodes_of_one_graph_have_an_order() -> None:
    @workflow
    def with_input(a: int) -> None:
        step(name="x") >> a  # type: ignore[operator]

    @workflow
    def from_input(a: int) -> None:
        a >> step(name="x")  # type: ignore[operator]

    @workflow
    def with_value(a: int) -> None:
        step(name="x") >> 5  # type: ignore[operator]

    for flow in (with_input, from_input):
        with pytest.raises(GraphError, match="is there from the start; only calls can be put in order"):
            _ = flow.graph
    with pytest.raises(GraphError, match="expected a node or what a call in a workflow returned, got 5"):
        _ = with_value.graph


def test_create_node_gives_nodes_with_outputs() -> None:
    @workflow
    def flow(a: int) -> int:
        node = create_node(add, a=a)
        assert node.o0 is not None
        assert list(node.outputs) == ["o0"]
        with pytest.raises(AttributeError, match=r"node 'n0' of '.*add' has no output 'o1'; it has: o0"):
            _ = node.o1
        after = create_node(step, name="after")
        node >> after
        assert (after.flyte_entity, after.upstream_nodes) == (step, [node])
        return node.o0

    assert flow(a=1) == 2
    assert ran == ["after"]


def test_create_node_in_plain_python_gives_values() -> None:
    node = create_node(add, a=1)
    assert (node.o0, node.outputs) == (2, {"o0": 2})
    assert node >> 5 == 5
    with pytest.raises(CallError, match="create_node takes the inputs by keyword, got 1 by position"):
        create_node(add, 1)
    with pytest.raises(GraphError, match="create_node takes a task, a workflow or a launch plan, got 5"):
        create_node(5)


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=12))
def test_whatever_runs_keeps_the_orders_it_was_given(pairs: list[tuple[int, int]]) -> None:
    @workflow
    def flow() -> None:
        nodes = [step(name=str(at)) for at in range(8)]
        for before, after in pairs:
            nodes[before] >> nodes[after]

    ran.clear()
    try:
        flow()
    except CycleError:
        assert ran == []
        return
    assert sorted(ran) == [str(at) for at in range(8)]
    places = {int(name): at for at, name in enumerate(ran)}
    assert all(places[before] < places[after] for before, after in pairs)


@pytest.mark.parametrize(
    ("given", "made"),
    [
        ("simple", "simple"),
        ("Hello_World", "hello-world"),
        ("AB", "a-b"),
        ("a.b-c_d", "a-b-c-d"),
        ("_x", "x"),
        ("x_", "x"),
        ("a b!c", "abc"),
        ("x" * 62, "x" * 62),
        ("x" * 63, "-" + "x" * 52),
    ],
)
def test_names_become_what_a_cluster_takes(given: str, made: str) -> None:
    got = dns_name(given)
    assert got.endswith(made)
    assert len(got) <= 63
    assert len(given) >= 63 or got == made
