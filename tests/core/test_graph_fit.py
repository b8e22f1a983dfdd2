"""Whether one node's output fits another's input: what the graph lets through runs, or names both ends."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, NewType, Optional, TypedDict, Union

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fletching import FlyteFile, task, workflow
from fletching.errors import BindingError, ConversionError
from fletching.types.engine import transformer


@dataclass
class Point:
    x: int
    y: float = 0.0


@dataclass
class Renamed:
    x: int
    y: float = 0.0


@dataclass
class Other:
    name: str


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Shade(Enum):
    RED = "red"
    BLUE = "blue"
    GREEN = "green"


class Options(TypedDict):
    depth: int


Meters = NewType("Meters", int)

LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-(2**40), 2**40),
    float: st.floats(allow_nan=False),
    str: st.sampled_from(["red", "blue", "", "text"]),
    bool: st.booleans(),
    bytes: st.binary(max_size=4),
    type(None): st.none(),
    datetime.timedelta: st.timedeltas(datetime.timedelta(-9), datetime.timedelta(9)),
    datetime.date: st.dates(datetime.date(2000, 1, 1), datetime.date(2030, 1, 1)),
    Point: st.builds(Point, st.integers(-9, 9), st.floats(-9, 9)),
    Renamed: st.builds(Renamed, st.integers(-9, 9), st.floats(-9, 9)),
    Other: st.builds(Other, st.just("n")),
    Colour: st.sampled_from(Colour),
    Shade: st.sampled_from(Shade),
    Meters: st.integers(-9, 9),
    Literal["red", "blue"]: st.sampled_from(["red", "blue"]),
    Annotated[int, "note"]: st.integers(-9, 9),
}

KINDS = st.recursive(
    st.sampled_from(list(LEAVES)),
    lambda inner: st.one_of(
        inner.map(lambda each: list[each]),  # type: ignore[valid-type]
        inner.map(lambda each: dict[str, each]),  # type: ignore[valid-type]
        inner.map(lambda each: Optional[each]),
        st.tuples(inner, inner).map(lambda pair: Union[pair]),
    ),
    max_leaves=3,
)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Return values of an annotation."""
    if kind in LEAVES:
        return LEAVES[kind]
    origin, arguments = getattr(kind, "__origin__", None), getattr(kind, "__args__", ())
    if origin is list:
        return st.lists(values(arguments[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(st.sampled_from("ab"), values(arguments[1]), max_size=2)
    return st.one_of([values(each) for each in arguments])


def between(given_kind: Any, wanted: Any, value: Any, seen: list[Any]) -> Any:
    """Return a workflow in which one task gives ``value`` and another takes it."""

    def gives() -> Any:
        return value

    def takes(v: Any) -> None:
        seen.append(v)

    gives.__annotations__ = {"return": given_kind}
    takes.__annotations__ = {"v": wanted, "return": None}
    give, take = task(gives), task(takes)

    def flow() -> None:
        take(v=give())

    return workflow(flow)


@given(st.data())
def test_what_the_graph_lets_through_runs_or_names_both_ends(data: Any) -> None:
    # A task that is annotated with None gives no output at all.
    given_kind = data.draw(KINDS.filter(lambda each: each is not type(None)), "given")
    wanted = data.draw(KINDS, "wanted")
    value = data.draw(values(given_kind), "value")
    seen: list[Any] = []
    flow = between(given_kind, wanted, value, seen)
    try:
        _ = flow.graph
    except BindingError as error:
        assert "output 'o0' of node 'n0' (gives) is " in str(error)  # noqa: PT017
        assert "and input 'v' of node 'n1' (takes) takes " in str(error)  # noqa: PT017
        return
    try:
        flow()
    except ConversionError as error:
        told = "".join([str(error), *getattr(error, "__notes__", [])])
        assert "node 'n0' (gives)" in told
        assert "node 'n1' (takes)" in told
        return
    # What arrived is a value of the annotation that takes it.
    (arrived,) = seen
    assert transformer(wanted).carry(arrived) == arrived


@given(st.data())
def test_an_annotation_fits_itself(data: Any) -> None:
    kind = data.draw(KINDS.filter(lambda each: each is not type(None)), "kind")
    value = data.draw(values(kind), "value")
    over = transformer(kind)
    seen: list[Any] = []
    between(kind, kind, value, seen)()
    assert seen == [over.to_python(over.to_literal(value))]


FITS: list[tuple[Any, Any, Any, Any]] = [
    (int, float, 3, 3.0),
    (list[int], list[float], [1], [1.0]),
    (int, Union[str, float, int], 3, 3),
    (int, int | None, 3, 3),
    (list[int] | None, Optional[list[float]], [1], [1.0]),
    (Union[int, str], Union[str, int], "x", "x"),
    (Meters, int, 3, 3),
    (int, Meters, 3, 3),
    (Annotated[int, "a"], Annotated[int, "b"], 3, 3),
    (Point, Renamed, Point(1), Renamed(1)),
    (Colour, Shade, Colour.RED, Shade.RED),
    (Colour, str, Colour.RED, "red"),
    (str, Colour, "blue", Colour.BLUE),
    (Options, dict, {"depth": 1}, {"depth": 1}),
    (Point, dict, Point(1, 2.0), {"x": 1, "y": 2.0}),
]


@pytest.mark.parametrize(("given_kind", "wanted", "value", "arrives"), FITS, ids=lambda each: str(each)[:40])
def test_what_fits(given_kind: Any, wanted: Any, value: Any, arrives: Any) -> None:
    seen: list[Any] = []
    between(given_kind, wanted, value, seen)()
    assert seen == [arrives]
    assert type(seen[0]) is type(arrives)


MISFITS = [
    (int, str),
    (float, int),
    (bool, int),
    (int, bool),
    (int, list[int]),
    (list[int], int),
    (list[int], list[str]),
    (dict[str, int], dict[str, str]),
    (Union[int, str], int),
    (int | None, int),
    (Shade, Colour),
    (str, bytes),
    (str, FlyteFile),
    (datetime.timedelta, int),
    (datetime.date, str),
]


@pytest.mark.parametrize(("given_kind", "wanted"), MISFITS, ids=str)
def test_what_never_fits_is_told_when_the_graph_is_built(given_kind: Any, wanted: Any) -> None:
    with pytest.raises(BindingError, match=r"output 'o0' of node 'n0' \(gives\) is .*, and input 'v' of node 'n1'"):
        _ = between(given_kind, wanted, None, []).graph


def test_a_value_that_does_not_fit_although_its_type_may_names_both_ends() -> None:
    seen: list[Any] = []
    flow = between(str, Colour, "green", seen)
    with pytest.raises(ConversionError, match="green") as caught:
        flow()
    told = "".join([str(caught.value), *caught.value.__notes__])
    assert "output 'o0' of node 'n0' (gives)" in told
    assert "node 'n1' (takes)" in told
    assert seen == []


def test_iterators_take_lists_and_lists_take_iterators() -> None:
    seen: list[Any] = []
    between(list[int], Iterator[int], [1, 2], seen)()
    between(Iterator[int], list[int], iter([1, 2]), seen)()
    assert list(seen[0]) == seen[1] == [1, 2]


@dataclass
class Holder:
    inner: Point | None = None
    count: int | None = None


def test_an_optional_part_is_taken_where_there_is_one_and_refused_where_it_is_none() -> None:
    @task
    def make(full: bool) -> Holder:
        return Holder(Point(3), 4) if full else Holder()

    @task
    def use(point: Point, count: float) -> float:
        return point.x + count

    @workflow
    def flow(full: bool) -> tuple[float, int]:
        held = make(full=full)
        return use(point=held.inner, count=held.count), held.inner.x

    assert flow(full=True) == (7.0, 3)
    with pytest.raises(ConversionError, match="use: argument 'point': expected Point, got None"):
        flow(full=False)

    @task
    def whole(full: bool) -> Point | None: ...

    @workflow
    def refused(full: bool) -> int:
        return use(point=whole(full=full), count=1.0)

    with pytest.raises(BindingError, match="put a task between them that deals with None"):
        refused(full=True)
