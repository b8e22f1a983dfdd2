"""Bindings: what inputs of nodes and outputs of graphs can be given, and how the values get there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple, Optional, TypedDict, Union

import pytest
from pydantic import BaseModel

from fletching import FlyteDirectory, FlyteFile, create_node, task, workflow
from fletching.errors import BindingError, CallError, ConversionError


@task
def add(a: int, b: int = 2) -> int:
    return a + b


@task
def total(xs: list[int]) -> int:
    return sum(xs)


@task
def text(s: str) -> str:
    return s


@task
def maybe(x: int | None = None) -> int:
    return -1 if x is None else x


@task
def nothing(a: int) -> None: ...


class Two(NamedTuple):
    left: int
    right: str


@task
def two(a: int) -> Two:
    return Two(a, str(a))


def test_constants_defaults_and_promises() -> None:
    @workflow
    def flow(a: int) -> tuple[int, int, int, int]:
        return add(a=1), add(a, 5), add(a=add(a=a)), maybe()

    assert flow(a=10) == (3, 15, 14, -1)
    assert repr(flow.nodes[0].bindings["b"]) == "2"
    assert repr(flow.nodes[3].bindings["a"]) == "n2.o0"


def test_lists_and_dicts_may_hold_promises() -> None:
    @task
    def deep(d: dict[str, list[int]], o: list[int] | None = None) -> int:
        return sum(map(sum, d.values())) + sum(o or [])

    @workflow
    def flow(a: int) -> int:
        return deep(d={"x": [a, 1, add(a=a)], "y": []}, o=[a])

    assert flow(a=1) == 6


def test_a_list_of_promises_takes_the_variant_it_fits() -> None:
    @task
    def either(x: Union[list[int], list[str], dict[str, int]]) -> str:
        return repr(x)

    @workflow
    def flow(s: str, a: int) -> tuple[str, str, str]:
        return either(x=[s, "t"]), either(x=[a, 1]), either(x={"k": a})

    assert flow(s="s", a=5) == ("['s', 't']", "[5, 1]", "{'k': 5}")


def test_outputs_may_be_lists_and_dicts_of_promises() -> None:
    @workflow
    def flow(a: int) -> tuple[list[int], dict[str, int]]:
        return [a, add(a=a), 7], {"x": add(a=a), "y": 1}

    assert flow(a=1) == ([1, 3, 7], {"x": 3, "y": 1})


def test_what_a_caller_gets_is_nobody_elses() -> None:
    @task
    def made() -> list[int]:
        return [1]

    @workflow
    def flow(a: int) -> tuple[list[int], list[int], list[list[int]]]:
        one = made()
        return one, one, [[1, 2], [a]]

    first = flow(a=1)
    first[0].append(9)
    assert first[1] == [1]
    first[2][0].append(9)
    assert flow(a=1)[2] == [[1, 2], [1]]


def test_what_one_node_does_to_a_value_no_other_sees() -> None:
    @task
    def made() -> dict[str, list[int]]:
        return {"a": [1]}

    @task
    def spoil(d: dict[str, list[int]]) -> dict[str, list[int]]:
        d["a"].append(2)
        d["b"] = []
        return d

    @workflow
    def both(given: dict[str, list[int]]) -> tuple[dict[str, list[int]], dict[str, list[int]], dict[str, list[int]]]:
        one = made()
        first = create_node(spoil, d=one)
        second = create_node(spoil, d=one)
        third = create_node(spoil, d=given)
        first >> second
        return first.o0, second.o0, third.o0

    mine = {"a": [5]}
    expected = {"a": [1, 2], "b": []}
    for _ in range(2):
        assert both(given=mine) == (expected, expected, {"a": [5, 2], "b": []})
    assert mine == {"a": [5]}


@dataclass
class Row:
    a: int
    tags: list[str]


class Model(BaseModel):
    name: str
    rows: list[Row]


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Options(TypedDict):
    depth: int
    names: list[str]


VALUES: list[tuple[Any, Any]] = [
    (Row, Row(1, ["x"])),
    (list[Row], [Row(1, []), Row(2, ["y"])]),
    (Model, Model(name="m", rows=[Row(1, ["x"])])),
    (Colour, Colour.BLUE),
    (Options, {"depth": 1, "names": ["n"]}),
    (Union[int, str], "s"),
    (int | list[int] | None, [1, 2]),
    (Optional[Row], None),
    (dict[str, Colour], {"k": Colour.RED}),
    (float, 1.5),
    (bytes, b"x"),
]


@pytest.mark.parametrize(("kind", "value"), VALUES, ids=[str(kind) for kind, _ in VALUES])
def test_values_pass_between_nodes_as_over_the_wire(kind: Any, value: Any) -> None:
    from fletching.types.engine import transformer

    def give() -> Any:
        return value

    def take(v: Any) -> Any:
        seen.append(v)
        return v

    give.__annotations__ = {"return": kind}
    take.__annotations__ = {"v": kind, "return": kind}
    seen: list[Any] = []
    gives, takes = task(give), task(take)

    def body(v: Any) -> Any:
        return takes(v=gives()), takes(v=v)

    body.__annotations__ = {"v": kind, "return": tuple[kind, kind]}
    flow = workflow(body)
    over = transformer(kind)
    wired = over.to_python(over.to_literal(value))
    assert flow(v=value) == (wired, wired)
    assert seen == [wired, wired]
    if isinstance(value, (list, dict, Row, Model)):
        assert all(each is not value for each in seen)


def test_files_and_folders_pass_between_nodes(tmp_path: Any) -> None:
    @task
    def write(s: str) -> FlyteFile:
        place = tmp_path / "written.txt"
        place.write_text(s)
        return FlyteFile(str(place))

    @task
    def folder(f: FlyteFile) -> FlyteDirectory:
        place = tmp_path / "folder"
        place.mkdir()
        with open(f) as file:
            (place / "copy.txt").write_text(file.read() * 2)
        return FlyteDirectory(str(place))

    @task
    def read(d: FlyteDirectory, f: FlyteFile) -> str:
        with open(f"{d}/copy.txt") as one, open(f) as other:
            return one.read() + other.read()

    @workflow
    def flow(s: str) -> tuple[str, FlyteFile]:
        file = write(s=s)
        return read(d=folder(f=file), f=file), file

    told, file = flow(s="x")
    assert told == "xxx"
    with open(file) as opened:
        assert opened.read() == "x"


def test_an_iterator_can_be_read_by_several_nodes_and_by_the_caller() -> None:
    @task
    def count(n: int) -> Iterator[int]:
        yield from range(n)

    @task
    def add_up(it: Iterator[int]) -> int:
        return sum(it)

    @workflow
    def inner(it: Iterator[int]) -> tuple[int, Iterator[int]]:
        return add_up(it=it), it

    @workflow
    def flow(n: int, it: Iterator[int]) -> tuple[int, int, int, int, int, Iterator[int]]:
        made = count(n=n)
        total, passed = inner(it=made)
        return add_up(it=made), add_up(it=made), add_up(it=it), add_up(it=it), total, passed

    *sums, last = flow(n=4, it=iter([1, 2]))
    assert sums == [6, 6, 3, 3, 6]
    assert isinstance(last, Iterator)
    assert list(last) == [0, 1, 2, 3]


def test_an_int_is_taken_for_a_float_and_is_one_then() -> None:
    @task
    def kind(x: float) -> str:
        return type(x).__name__

    @workflow
    def flow(a: int) -> tuple[str, float]:
        return kind(x=add(a=a)), a

    told, out = flow(a=1)
    assert told == "float"
    assert (out, type(out)) == (1.0, float)


def test_a_type_that_does_not_fit_is_told_with_both_ends_when_the_graph_is_built() -> None:
    @workflow
    def flow(a: int) -> str:
        return text(s=add(a=a))

    with pytest.raises(BindingError) as caught:
        _ = flow.graph
    assert str(caught.value) == (
        "output 'o0' of node 'n0' (add) is int, and input 's' of node 'n1' (text) takes str; "
        "put a task between them that makes the one from the other"
    )


def test_ends_are_told_for_inputs_outputs_and_items() -> None:
    @workflow
    def of_input(a: int) -> str:
        return text(s=a)

    @workflow
    def of_output(a: int) -> str:
        return add(a=a)  # type: ignore[return-value]

    @workflow
    def of_item(a: int, s: str) -> int:
        return total(xs=[a, s])

    for flow, told in (
        (of_input, r"^input 'a' is int, and input 's' of node 'n0' \(text\) takes str"),
        (of_output, r"^output 'o0' of node 'n0' \(add\) is int, and output 'o0' of workflow '.*of_output' takes str"),
        (of_item, r"^input 's' is str, and input 'xs' of node 'n0' \(total\)\[1\] takes int"),
    ):
        with pytest.raises(BindingError, match=told):
            _ = flow.graph


def test_a_constant_that_does_not_fit_is_told_when_the_graph_is_built() -> None:
    @workflow
    def flow(a: int) -> int:
        return add(a=a, b="x")

    with pytest.raises(ConversionError, match=r"^add: argument 'b': expected int, got str 'x'"):
        _ = flow.graph

    @workflow
    def large() -> int:
        return add(a=2**70)

    with pytest.raises(ConversionError, match="argument 'a': expected"):
        _ = large.graph


def test_a_missing_and_an_extra_input_are_told_when_the_graph_is_built() -> None:
    @workflow
    def missing() -> int:
        return add()

    @workflow
    def extra(a: int) -> int:
        return add(a=a, z=3)

    @workflow
    def twice(a: int) -> int:
        return add(a, a=a)

    with pytest.raises(CallError, match=r"missing 1 required positional argument: 'a'; inputs of task '.*add': a: int"):
        _ = missing.graph
    with pytest.raises(CallError, match="unexpected keyword argument 'z'"):
        _ = extra.graph
    with pytest.raises(CallError, match="multiple values for argument 'a'"):
        _ = twice.graph


def test_an_optional_fits_only_what_takes_none_as_a_backend_has_it() -> None:
    @task
    def none() -> int | None:
        return None

    @workflow
    def to_task() -> int:
        return add(a=none())

    @workflow
    def to_output() -> int:
        return none()

    @workflow
    def fits() -> int:
        return maybe(x=none())

    with pytest.raises(BindingError, match=r"is int \| None, and input 'a' of node 'n1' \(add\) takes int; .*None"):
        to_task()
    with pytest.raises(BindingError, match=r"is int \| None, and output 'o0' of workflow '.*to_output' takes int"):
        to_output()
    assert fits() == -1
