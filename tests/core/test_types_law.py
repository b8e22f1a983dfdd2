"""The law: in process and over the wire a value arrives alike, and both refuse the same values."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, NamedTuple, NewType, Optional, Union
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.types.annotations import FlyteAnnotation, HashMethod
from fletching.types.engine import field_transformer, transformer


class Color(Enum):
    RED = "red"
    GREEN = "grün"


class Level(IntEnum):
    LOW = -1
    HIGH = 7


class Word(str):
    __slots__ = ()


class Pair(NamedTuple):
    left: int
    right: Optional[str]


UserId = NewType("UserId", int)

INTS = st.integers(-(1 << 63), (1 << 63) - 1)
ZONES = st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23)))
TEXT = st.text(max_size=8)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.floats() | TEXT | st.binary(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(TEXT | st.integers(-9, 9) | st.none(), inner, max_size=3)
        | st.tuples(inner)
    ),
    max_leaves=6,
)


class Typed(NamedTuple):
    """An annotation and the values it takes; printed short, or Hypothesis warns."""

    annotation: Any
    values: st.SearchStrategy[Any]

    def __repr__(self) -> str:
        return repr(self.annotation)


SCALARS = [
    Typed(int, INTS),
    Typed(float, st.floats() | st.integers(-(1 << 53), 1 << 53)),
    Typed(bool, st.booleans()),
    Typed(str, TEXT | TEXT.map(Word)),
    Typed(type(None), st.none()),
    Typed(datetime, st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.none() | ZONES)),
    Typed(date, st.dates()),
    Typed(timedelta, st.timedeltas(timedelta(days=-3_000_000), timedelta(days=3_000_000))),
    Typed(Color, st.sampled_from([*Color, "red"])),
    Typed(Level, st.sampled_from([*Level, 7])),
    Typed(Literal["a", "b"], st.sampled_from(["a", "b"])),
    Typed(Literal[1, 2], st.sampled_from([1, 2])),
    Typed(UserId, INTS),
    Typed(Annotated[int, HashMethod(str), FlyteAnnotation({"a": 1})], INTS),
    Typed(Annotated[str, "whatever"], TEXT),
]
PACKED = [
    Typed(dict, st.dictionaries(TEXT | st.integers(-9, 9), PLAIN, max_size=3)),
    Typed(
        dict[int, list[Optional[float]]],
        st.dictionaries(INTS, st.lists(st.none() | st.floats(), max_size=3), max_size=3),
    ),
    Typed(dict[Color, date], st.dictionaries(st.sampled_from(Color), st.dates())),
    Typed(
        dict[datetime, timedelta],
        st.dictionaries(st.datetimes(timezones=st.none() | ZONES), st.timedeltas(timedelta(-9), timedelta(999_999))),
    ),
    Typed(dict[int, Pair], st.dictionaries(INTS, st.builds(Pair, INTS, st.none() | TEXT), max_size=3)),
    Typed(dict[int, tuple[int, ...]], st.dictionaries(INTS, st.lists(INTS, max_size=3).map(tuple), max_size=3)),
    Typed(dict[int, frozenset[str]], st.dictionaries(INTS, st.frozensets(TEXT, max_size=3), max_size=3)),
    Typed(dict[UUID, Decimal], st.dictionaries(st.uuids(), st.decimals(allow_nan=False), max_size=3)),
]
INSIDE = [
    Typed(tuple[int, str], st.tuples(INTS, TEXT)),
    Typed(Pair, st.builds(Pair, INTS, st.none() | TEXT)),
    Typed(set[int], st.sets(INTS, max_size=3)),
    Typed(Decimal, st.decimals(allow_nan=False)),
    Typed(UUID, st.uuids()),
    Typed(Any, PLAIN),
]


def containers(inner: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    lists = inner.map(lambda one: Typed(list[one[0]], st.lists(one[1], max_size=4)))  # type: ignore[name-defined]
    dicts = inner.map(lambda one: Typed(dict[str, one[0]], st.dictionaries(TEXT, one[1], max_size=4)))  # type: ignore[name-defined]
    optional = inner.map(lambda one: Typed(Optional[one[0]], st.none() | one[1]))
    unions = st.tuples(inner, inner).map(lambda two: Typed(Union[two[0][0], two[1][0]], two[0][1] | two[1][1]))
    return lists | dicts | optional | unions.filter(lambda one: can_be_told_apart(one[0]))


def can_be_told_apart(union: Any) -> bool:
    try:
        transformer(union)
    except UnsupportedTypeError as error:
        return "look alike on the wire" not in str(error)
    return True


TYPED = st.recursive(st.sampled_from(SCALARS + PACKED), containers, max_leaves=4)
FIELDS = st.recursive(st.sampled_from(SCALARS + PACKED + INSIDE), containers, max_leaves=4)
ANYTHING = st.one_of(
    PLAIN,
    *(one[1] for one in SCALARS + PACKED + INSIDE),
    st.lists(PLAIN, max_size=3),
    st.just("\ud800"),
    st.just(1 << 70),
    st.just(Ellipsis),
    st.just([1, "\ud800"]),
    st.just({"a": object()}),
    st.just(timedelta.max),
    st.just(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))),
)


def same(left: Any, right: Any) -> bool:
    """Equality that tells 1 from 1.0 and True, and takes NaN for itself."""
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return left == right or (math.isnan(left) and math.isnan(right))
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return len(left) == len(right) and all(
            same(one, other) and same(left[one], right[other])
            for one, other in zip(left, sorted_like(left, right), strict=True)
        )
    return bool(left == right)


def sorted_like(model: dict[Any, Any], other: dict[Any, Any]) -> list[Any]:
    """Return the keys of ``other`` in the order of ``model``: a map on the wire has no order."""
    return [next((one for one in other if same(one, key)), None) for key in model]


def mutables(value: Any) -> set[int]:
    """Return the identities of everything in ``value`` that could be changed."""
    found: set[int] = set()
    if isinstance(value, (list, tuple, set, frozenset)):
        found.update(*map(mutables, value))
    if isinstance(value, dict):
        found.update(*map(mutables, value.values()))
    if isinstance(value, (list, dict, set)):
        found.add(id(value))
    return found


def outcome(convert: Any, value: Any) -> tuple[Any, str]:
    try:
        return convert(value), ""
    except ConversionError as error:
        return None, str(error)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_carry_gives_what_the_wire_gives(data: st.DataObject) -> None:
    annotation, values = data.draw(TYPED)
    value = data.draw(values)
    mine = transformer(annotation)
    before = repr(value)
    carried = mine.carry(value)
    literal = mine.to_literal(value)
    arrived = mine.to_python(type(literal).FromString(literal.SerializeToString()))
    assert same(carried, arrived)
    assert same(mine.carry(carried), carried)
    assert repr(value) == before
    assert not mutables(value) & (mutables(carried) | mutables(arrived))
    filled = type(literal)()
    mine.fill(filled, value)
    assert filled == literal


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_plain_forms_keep_the_law(data: st.DataObject) -> None:
    import msgpack

    annotation, values = data.draw(FIELDS)
    value = data.draw(values)
    mine = field_transformer(annotation)
    packed = msgpack.packb(mine.to_plain(value))
    arrived = mine.from_plain(msgpack.unpackb(packed, strict_map_key=False))
    assert same(mine.carry_plain(value), arrived)
    assert not mutables(value) & mutables(mine.carry_plain(value))
    assert mine.json_schema() is not None


@settings(max_examples=400, deadline=None)
@given(TYPED, ANYTHING)
def test_both_ways_refuse_the_same_values_with_the_same_words(typed: Typed, value: Any) -> None:
    mine = transformer(typed[0])
    carried, complaint = outcome(mine.carry, value)
    arrived, other = outcome(lambda one: mine.to_python(mine.to_literal(one)), value)
    assert complaint == other
    assert same(carried, arrived)


@settings(max_examples=200, deadline=None)
@given(FIELDS, ANYTHING)
def test_plain_forms_refuse_the_same_values(typed: Typed, value: Any) -> None:
    mine = field_transformer(typed[0])
    carried, complaint = outcome(mine.carry_plain, value)
    arrived, other = outcome(lambda one: mine.from_plain(mine.to_plain(one)), value)
    assert complaint == other
    assert same(carried, arrived)


@settings(max_examples=200, deadline=None)
@given(TYPED, st.binary(max_size=12), PLAIN)
def test_foreign_messagepack_is_read_or_refused(typed: Typed, noise: bytes, plain: Any) -> None:
    import msgpack
    from flyteidl.core.literals_pb2 import Literal as Message

    for packed in (noise, msgpack.packb(plain)):
        literal = Message()
        literal.scalar.binary.value, literal.scalar.binary.tag = packed, "msgpack"
        arrived, complaint = outcome(transformer(typed[0]).to_python, literal)
        assert complaint or same(transformer(typed[0]).carry(arrived), arrived)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_inline_is_true_only_where_carry_gives_the_same_object(data: st.DataObject) -> None:
    annotation, values = data.draw(TYPED)
    mine = transformer(annotation)
    if mine.inline is None:
        return
    value = data.draw(values | ANYTHING)
    if eval(mine.inline.format(v="value")):
        assert mine.carry(value) is value


@pytest.mark.parametrize(
    "annotation", [one[0] for one in SCALARS + PACKED], ids=lambda one: repr(one).partition(" object at ")[0]
)
def test_every_scalar_has_a_wire_type_and_is_made_once(annotation: Any) -> None:
    mine = transformer(annotation)
    assert mine is transformer(annotation)
    assert mine.literal_type().WhichOneof("type")
    assert mine.literal_type() is not mine.literal_type()
    assert mine.name
