"""Dataclasses: the law, what is accepted, and the messages."""

from __future__ import annotations

import copy
from dataclasses import KW_ONLY, InitVar, dataclass, field
from datetime import date, datetime, timedelta, timezone
from enum import Enum
from typing import Any, ClassVar, Generic, Optional, TypeVar, Union

import pytest
from hypothesis import given
from hypothesis import strategies as st

import laws
from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.types.engine import transformer
from fletching.types.pickled import Pickled
from laws import refused

T = TypeVar("T")


class Color(Enum):
    RED = "red"
    GREEN = "green"


@dataclass
class Point:
    x: int
    y: Optional[float] = None


@dataclass
class Box(Generic[T]):
    held: T
    more: list[T] = field(default_factory=list)


@dataclass
class IntBox(Box[int]):
    name: str = "box"


@dataclass(frozen=True, slots=True)
class Shape:
    points: list[Point]
    box: Box[Point]
    by_name: dict[str, Point]
    when: datetime
    day: date
    span: timedelta
    color: Color
    either: Union[int, str, Point]
    maybe: Point | None
    free: dict  # type: ignore[type-arg]
    raw: bytes
    pair: tuple[int, str]
    flags: frozenset[int]


@dataclass
class Special:
    a: int
    shared: ClassVar[int] = 3
    seed: InitVar[int] = 4
    _: KW_ONLY
    b: str = "b"
    made: int = field(default=0, init=False)
    unset: int = field(init=False)

    def __post_init__(self, seed: int) -> None:
        self.made = self.a + seed


@dataclass
class Row:
    price: float


@dataclass
class Table:
    rows: list[Row]
    name: str = "t"


@dataclass
class Positive:
    value: int

    def __post_init__(self) -> None:
        if self.value <= 0:
            raise ValueError("value must be positive")


@dataclass
class Node:
    value: int
    next: Optional[Node] = None


@dataclass
class Ping:
    pong: list[Pong]


@dataclass
class Pong:
    ping: dict[str, Ping]


@dataclass
class Endless(Generic[T]):
    value: T
    inner: Optional[Endless[list[T]]] = None


@dataclass
class NeedsSeed:
    a: int
    seed: InitVar[int]


@dataclass
class Unknown:
    a: Nowhere  # type: ignore[name-defined]


@dataclass
class WithPickle:
    model: Pickled[complex]


@dataclass
class Implicit:
    a: int = None  # type: ignore[assignment]


@dataclass(kw_only=True)
class Named:
    first: int
    shared: ClassVar[int] = 0


@dataclass
class Mixed(Named):
    second: int
    third: list[Point] = field(default_factory=list)
    seed: InitVar[int] = 0
    fourth: str = "d"
    cls: int = 0
    value: int = 0


@dataclass(init=False)
class OwnInit:
    a: int
    b: int

    def __init__(self, b: int, a: int) -> None:
        self.a, self.b = a, b


POINTS = st.builds(Point, st.integers(-(1 << 63), (1 << 63) - 1), st.none() | st.floats(allow_nan=False))
ZONES = st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23)))
SHAPES = st.builds(
    Shape,
    points=st.lists(POINTS, max_size=2),
    box=st.builds(Box, POINTS, st.lists(POINTS, max_size=2)),
    by_name=st.dictionaries(st.text(max_size=3), POINTS, max_size=2),
    when=st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.none() | ZONES),
    day=st.dates(),
    span=st.timedeltas(timedelta(days=-3_000_000), timedelta(days=3_000_000)),
    color=st.sampled_from(Color),
    either=st.integers(0, 9) | st.text(max_size=3) | POINTS,
    maybe=st.none() | POINTS,
    free=st.dictionaries(st.text(max_size=3) | st.integers(0, 9), st.none() | st.lists(st.booleans(), max_size=2)),
    raw=st.binary(max_size=4),
    pair=st.tuples(st.integers(0, 9), st.text(max_size=3)),
    flags=st.frozensets(st.integers(0, 99), max_size=3),
)


def obeys(annotation: Any, value: Any) -> Any:
    """Assert the law and that the value stays as it was, and return what the other side sees."""
    before = copy.deepcopy(value)
    carried = laws.obeys(annotation, value)
    assert value == before
    return carried


@given(SHAPES)
def test_law_of_nested_fields(shape: Shape) -> None:
    carried = obeys(Shape, shape)
    # A set of -0.0 or a duration of centuries aside, what arrives is what was sent.
    assert carried.points == shape.points
    assert carried.points is not shape.points
    assert all(mine is not theirs for mine, theirs in zip(carried.points, shape.points, strict=True))
    assert carried.free is not shape.free
    assert carried.box is not shape.box
    assert carried.box.more is not shape.box.more


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3) | POINTS,
        lambda inner: st.lists(inner, max_size=2),
    )
)
def test_law_of_what_may_not_fit(value: Any) -> None:
    given_point = Point(value, value)  # type: ignore[arg-type]
    kind = transformer(Point)
    try:
        carried = kind.carry(given_point)
    except ConversionError:
        refused(Point, given_point)
    else:
        assert carried == kind.to_python(kind.to_literal(given_point))


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Box[int], Box(1, [2])),
        (Box[Box[str]], Box(Box("a"), [Box("b", ["c"])])),
        (IntBox, IntBox(1, [2], "n")),
        (list[Box[int]], [Box(1)]),
        (dict[str, Point], {"a": Point(1)}),
        (Optional[Point], Point(1, 2.0)),
        (Union[int, Point], Point(1)),
        (Implicit, Implicit()),
        (OwnInit, OwnInit(b=1, a=2)),
        (Mixed, Mixed(2, [Point(1)], 5, "e", 6, 7, first=1)),
    ],
)
def test_law_of_generic_inherited_and_contained(annotation: Any, value: Any) -> None:
    carried = obeys(annotation, value)
    assert carried == value
    assert carried is not value


def test_fields_that_init_does_not_take_arrive_as_they_are() -> None:
    value = Special(1, seed=9)
    assert obeys_special(value) == {"a": 1, "b": "b", "made": 10}
    value.made, value.unset = 77, 5
    assert obeys_special(value) == {"a": 1, "b": "b", "made": 77, "unset": 5}


def obeys_special(value: Special) -> dict[str, Any]:
    kind = transformer(Special)
    carried, read = kind.carry(value), kind.to_python(kind.to_literal(value))
    assert vars(carried) == vars(read)
    return vars(carried)


def test_a_subclass_arrives_as_the_annotated_class() -> None:
    @dataclass
    class Named(Point):
        name: str = "n"

    carried = obeys(Point, Named(1, 2.0, "m"))
    assert type(carried) is Point
    assert carried == Point(1, 2.0)


def test_a_dict_of_the_fields_stands_for_an_instance() -> None:
    assert obeys(Table, {"rows": [{"price": 1.5}, Row(2.5)]}) == Table([Row(1.5), Row(2.5)])
    assert refused(Point, {"y": 1.0}) == "expected Point, got dict {'y': 1.0} ('x' is missing)"
    assert refused(Table, {"rows": [], "nmae": "x"}) == (
        "expected Table, got dict {'nmae': 'x', 'rows': []} (it has no 'nmae'; did you mean 'name'?)"
    )


def test_messages_say_where() -> None:
    assert refused(Table, Table([Row(1.0), Row("x")])) == "value.rows[1].price: expected float, got str 'x'"  # type: ignore[arg-type]
    assert refused(Table, 3) == "expected Table, got int 3"
    assert refused(Box[int], Box("a")).endswith("held: expected int, got str 'a'")
    error = ConversionError("float", "str 'x'").at(".price").at("[3]").at(".rows").within("total", "argument 'p'")
    assert str(error) == "total: argument 'p' at p.rows[3].price: expected float, got str 'x'"


def test_an_instance_that_lacks_a_field() -> None:
    value = Point(1)
    del value.x
    with pytest.raises(ConversionError, match="its field 'x' is not set"):
        transformer(Point).carry(value)
    with pytest.raises(ConversionError, match="its field 'x' is not set"):
        transformer(Point).to_literal(value)


def test_another_class_of_the_same_name() -> None:
    def make() -> Any:
        @dataclass
        class Again:
            a: int

        return Again

    first, second = make(), make()
    with pytest.raises(ConversionError, match="another class of the same name; was it defined twice\\?"):
        transformer(first).carry(second(1))


def test_what_post_init_refuses() -> None:
    value = Positive(1)
    value.value = -1
    with pytest.raises(ConversionError) as carried:
        transformer(Positive).carry(value)
    assert (
        str(carried.value)
        == "expected Positive, got Positive Positive(value=-1) (Positive() raised ValueError: value must be positive)"
    )
    kind = transformer(Positive)
    with pytest.raises(ConversionError, match="Positive\\(\\) raised ValueError: value must be positive"):
        kind.to_python(kind.to_literal(value))


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (
            Node,
            (
                "Node.next: Node contains itself, and a type without end has no wire form; "
                "refer to the inner values by an id, or pass a Pickled[Node]"
            ),
        ),
        (
            Ping,
            (
                "Ping.pong: Pong.ping: Ping contains itself, and a type without end has no wire form; "
                "refer to the inner values by an id, or pass a Pickled[Ping]"
            ),
        ),
        (
            NeedsSeed,
            (
                "NeedsSeed.seed: an InitVar is not kept, so the other side cannot call NeedsSeed(); "
                "give it a default, or make it a field"
            ),
        ),
        (
            Unknown,
            (
                "Unknown names 'Nowhere' in an annotation, and its module has no such name; "
                "define or import it at module level, outside 'if TYPE_CHECKING'"
            ),
        ),
        (Box, "Box.held: Box is generic in T; say what it holds: Box[int]"),
    ],
)
def test_types_that_are_refused(annotation: Any, message: str) -> None:
    with pytest.raises(UnsupportedTypeError) as caught:
        transformer(annotation)
    assert str(caught.value) == message


def test_a_generic_that_never_ends() -> None:
    with pytest.raises(UnsupportedTypeError) as caught:
        transformer(Endless[int])
    assert str(caught.value).endswith(
        "Endless[int] contains ever deeper forms of itself, and a type without end has no wire form; "
        "pass a Pickled[Endless]"
    )


def test_a_pickle_has_no_place_inside() -> None:
    with pytest.raises(UnsupportedTypeError) as caught:
        transformer(WithPickle)
    assert str(caught.value).startswith("WithPickle.model: ")
    assert str(caught.value).endswith("make it an input or output of its own")
