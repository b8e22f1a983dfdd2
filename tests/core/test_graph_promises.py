"""Promises: their parts, and what is said to those who use one like a value."""

from __future__ import annotations

import copy
import datetime
import json
import math
import os
import pickle
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypedDict

import pytest

from fletching import Promise, task, workflow
from fletching.errors import BindingError, GraphError, PromiseError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Item:
    price: float
    tags: list[str] = field(default_factory=list)


@dataclass
class Order:
    items: list[Item]
    by_name: dict[str, Item]
    first: Item | None = None


class Settings(TypedDict):
    depth: int
    names: list[str]


class Pair(NamedTuple):
    left: int
    right: list[Order]


@task
def order() -> Order:
    return Order([Item(1.5, ["a"]), Item(2.5)], {"x": Item(3.5, ["b", "c"])})


@task
def pair() -> Pair:
    return Pair(7, [Order([Item(9.5)], {})])


@task
def settings() -> Settings:
    return {"depth": 3, "names": ["n"]}


@task
def nested() -> dict[str, list[dict[str, int]]]:
    return {"a": [{"b": 5}]}


@task
def number(x: float) -> float:
    return x


@task
def whole(a: int) -> int:
    return a


@task
def text(s: str) -> str:
    return s


@task
def numbers(x: list[int]) -> list[int]:
    return x


@task
def item(i: Item) -> Item:
    return i


@task
def nothing(a: int) -> None: ...


@task
def two(a: int) -> tuple[int, str]:
    return a, str(a)


def test_parts_of_outputs() -> None:
    @workflow
    def flow() -> tuple[float, float, str, float, int, int, str]:
        o, p, s = order(), pair(), settings()
        return (
            number(x=o.items[1].price),
            number(x=o.by_name["x"].price),
            text(s=o.by_name["x"].tags[-1]),
            number(x=p.right[0].items[0].price),
            whole(a=nested()["a"][0]["b"]),
            whole(a=s["depth"]),
            text(s=s["names"][0]),
        )

    assert flow() == (2.5, 3.5, "c", 9.5, 5, 3, "n")


def test_parts_of_inputs_and_parts_as_outputs() -> None:
    @workflow
    def flow(o: Order, many: dict[str, list[int]]) -> tuple[float, int, Item]:
        return o.items[0].price, many["a"][1], item(i=o.by_name["x"])

    assert flow(o=Order([Item(4.5)], {"x": Item(1.0)}), many={"a": [1, 2]}) == (4.5, 2, Item(1.0))


def test_what_a_promise_refers_to() -> None:
    found: list[Promise] = []

    @workflow
    def flow(a: int) -> float:
        o = order()
        found.extend([a, o.items[0].price])
        return o.items[0].price

    flow(a=1)
    start, part = found
    assert (start.ref.node_id, start.ref.var, start.ref.attr_path) == ("", "a", ())
    assert (part.ref.node_id, part.ref.var, part.ref.attr_path) == ("n0", "o0", ("items", 0, "price"))
    assert part.var == "o0"
    assert not part.is_ready
    assert repr(part) == "Promise(n0.o0.items[0].price)"


def in_a_workflow(use: Callable[..., Any]) -> None:
    """Build a workflow in whose body something is done with several promises."""

    @workflow
    def flow(a: int, s: str) -> None:
        use(a=whole(a=a), s=s, o=order(), n=numbers(x=[a]), d=nested(), p=pair(), v=nothing(a=a), t=two(a=a))

    _ = flow.graph


DYNAMIC = "@dynamic task"
WRONG: dict[str, tuple[Callable[..., Any], str]] = {
    "if": (lambda a, **_: 1 if a else 2, DYNAMIC),
    "not": (lambda a, **_: not a, DYNAMIC),
    "and": (lambda a, s, **_: a and s, DYNAMIC),
    "and with a comparison": (lambda a, **_: (a > 3) and (a < 5), "& and |"),
    "chained comparison": (lambda a, **_: 1 < a < 5, "& and |"),
    "& with a promise": (lambda a, **_: a & (a > 3), "compare it first"),
    "for": (lambda n, **_: list(n), "map_task"),
    "unpacking": (lambda n, **_: [*n], "map_task"),
    "dict unpacking": (lambda d, **_: dict(**d), "inside a task"),
    "sum": (lambda n, **_: sum(n), "map_task"),
    "len": (lambda n, **_: len(n), r"len\(\) inside a task"),
    "in": (lambda a, n, **_: 3 in n, "inside a task"),
    "in a list": (lambda a, **_: a in [1, 2], DYNAMIC),
    "+": (lambda a, **_: a + 1, r"\+ cannot be computed; compute with it inside a task"),
    "1 +": (lambda a, **_: 1 + a, r"\+ cannot"),
    "//": (lambda a, **_: a // 2, "// cannot"),
    "-a": (lambda a, **_: -a, "compute with it inside a task"),
    "abs": (lambda a, **_: abs(a), "inside a task"),
    "round": (lambda a, **_: round(a), "inside a task"),
    "str +": (lambda s, **_: s + "x", r"\+ cannot"),
    "f-string": (lambda s, **_: f"{s}", "format it inside a task"),
    "str.format": (lambda s, **_: f"{s}", "format it inside a task"),
    "int()": (lambda a, **_: int(a), "it is no number"),
    "float()": (lambda a, **_: math.sqrt(a), "it is no number"),
    "range": (lambda a, **_: range(a), "it is no number"),
    "index": (lambda a, **_: [1, 2][a], "it is no number"),
    "slice": (lambda n, **_: n[1:2], "slice it inside a task"),
    "open": (lambda s, **_: open(s), "open it inside a task"),  # noqa: SIM115
    "path": (lambda s, **_: os.fspath(s), "open it inside a task"),
    "call": (lambda a, **_: a(), "inside a task"),
    "method": (lambda s, **_: s.upper(), "which has no .upper"),
    "method of a list": (lambda n, **_: n.append(1), "which has no .append"),
    "typo": (lambda o, **_: o.itms, "did you mean 'items'"),
    "typo further in": (lambda o, **_: o.items[0].prise, "did you mean 'price'"),
    "index of an int": (lambda a, **_: a[0], r"which has no \[0\]"),
    "key of a list": (lambda n, **_: n["k"], "a list has numbers"),
    "attribute of a dict": (lambda d, **_: d.a, r"write \['a'\]"),
    "compare with a list": (lambda a, **_: a == [1], "can be compared with"),
    "compare with nan": (lambda a, **_: a == math.nan, "never true"),
    "void if": (lambda v, **_: 1 if v else 2, "returns nothing"),
    "void str": (lambda v, **_: str(v), "returns nothing"),
    "void attribute": (lambda v, **_: v.x, "returns nothing"),
    "void ==": (lambda v, **_: v == 1, "returns nothing"),
    "void to a task": (lambda v, **_: whole(a=v), "returns nothing"),
    "all outputs to a task": (lambda t, **_: whole(a=t), r"pick one of them: \.o0, \.o1"),
    "condition to a task": (lambda a, **_: whole(a=a > 3), "only conditional"),
    "promise in a dataclass": (lambda a, **_: item(i=Item(a)), "make the object inside a task"),
    "promise in a tuple": (lambda a, **_: numbers(x=(a, a)), "only lists and dicts can hold promises"),
    "with_overrides of a promise": (lambda a, s, **_: a.with_overrides(retries=a), "has no value"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_promise_is_no_value(name: str) -> None:
    use, told = WRONG[name]
    with pytest.raises(GraphError, match=told):
        in_a_workflow(use)


def test_what_is_said_names_the_promise_and_what_to_do() -> None:
    with pytest.raises(PromiseError) as caught:
        in_a_workflow(lambda a, **_: a + 1)
    assert str(caught.value) == (
        "output 'o0' of node 'n0' (whole) has no value while the workflow is built, so + cannot be computed; "
        "compute with it inside a task"
    )
    with pytest.raises(PromiseError, match=r"^input 's' has no value"):
        in_a_workflow(lambda s, **_: f"{s}")


def test_a_promise_cannot_be_json_or_an_item_of_a_set_by_accident() -> None:
    with pytest.raises(TypeError, match="Promise is not JSON serializable"):
        in_a_workflow(lambda a, **_: json.dumps(a))
    with pytest.raises(GraphError):
        in_a_workflow(lambda a, **_: numbers(x={a}))


def test_promises_have_an_identity_and_print_for_debugging() -> None:
    def use(a: Any, t: Any, **_: Any) -> None:
        assert len({a, a, t.o0}) == 2
        assert str(a) == repr(a) == "Promise(n0.o0)"

    in_a_workflow(use)


def test_a_part_that_is_not_there_is_told_when_it_runs() -> None:
    @task
    def lost() -> Order:
        return Order([], {})

    @workflow
    def index() -> float:
        return number(x=lost().items[3].price)

    @workflow
    def key() -> float:
        return number(x=lost().by_name["k"].price)

    @workflow
    def none() -> float:
        return number(x=lost().first.price)

    with pytest.raises(PromiseError, match=r"output 'o0' of node 'n0' \(lost\)\.items has no \[3\]: it is list \[\]"):
        index()
    with pytest.raises(PromiseError, match=r"\.by_name has no \.k: it is dict"):
        key()
    with pytest.raises(PromiseError, match=r"\.first has no \.price: it is None") as caught:
        none()
    assert "in the inputs of node 'n1' (number)" in "".join(caught.value.__notes__)


def test_the_type_of_a_part_is_checked_when_the_graph_is_built() -> None:
    @workflow
    def flow() -> int:
        return whole(a=order().items[0].price)

    with pytest.raises(BindingError, match=r"\.items\[0\]\.price is float, and input 'a' of node 'n1' \(whole\) takes"):
        _ = flow.graph


def test_parts_of_annotated_and_any() -> None:
    Named = Annotated[Order, "note"]

    @task
    def annotated() -> Named:
        return Order([Item(0.5)], {})

    @task
    def untyped() -> dict:  # type: ignore[type-arg]
        return {"a": {"b": [1, 2]}}

    @workflow
    def flow() -> tuple[float, int]:
        return number(x=annotated().items[0].price), whole(a=untyped()["a"]["b"][1])

    assert flow() == (0.5, 2)


def test_a_promise_of_another_graph_is_refused() -> None:
    kept: list[Any] = []

    @workflow
    def one(a: int) -> int:
        kept.append(whole(a=a))
        return kept[0]

    @workflow
    def other(a: int) -> int:
        return whole(a=kept[0])

    one(a=1)
    with pytest.raises(PromiseError, match=r"belongs to the graph of .*one.* was used in that of .*other.*pass it on"):
        other(a=1)
    with pytest.raises(GraphError, match=r"comes too late: the graph of .*one.* is built already"):
        kept[0].with_overrides(retries=1)
    with pytest.raises(GraphError, match="no value while the workflow is built"):
        whole(a=kept[0] + 1)


def test_a_promise_outside_of_any_graph_fits_no_task() -> None:
    kept: list[Any] = []

    @workflow
    def flow(a: int) -> int:
        kept.append(whole(a=a))
        return kept[0]

    flow(a=1)
    with pytest.raises(TypeError, match=r"expected int, got Promise"):
        whole(a=kept[0])


def test_comparisons_take_dates() -> None:
    @task
    def day() -> datetime.datetime:
        return datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)

    @workflow
    def flow() -> None:
        assert repr(day() > datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)).startswith("Promise(n0.o0) > datetime")

    flow()


def test_deepcopy_and_pickle_do_not_make_a_promise_of_another_node() -> None:
    def use(a: Any, **_: Any) -> None:
        for make in (copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))):
            try:
                other = make(a)
            except Exception:
                continue
            with pytest.raises(GraphError):
                whole(a=other)

    in_a_workflow(use)
