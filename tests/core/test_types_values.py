"""What single values become, and what other writers' literals are read as."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, IntFlag
from typing import Annotated, Any, Literal, NamedTuple, NewType, Optional, Union
from uuid import UUID

import msgpack
import pytest
from flyteidl.core.literals_pb2 import Literal as Message
from google.protobuf.json_format import ParseDict

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.types.annotations import FlyteAnnotation, HashMethod, kwtypes
from fletching.types.engine import field_transformer, transformer


class Color(Enum):
    RED = "red"
    BLUE = "blue"
    CRIMSON = "red"  # noqa: PIE796 - an alias


class Level(IntEnum):
    LOW = 1


class Rights(IntFlag):
    READ = 1
    WRITE = 2


class Shade(Enum):
    RED = "red"
    BLUE = "blue"


class Word(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "something else"


class Moment(datetime):
    pass


def packed(data: Any) -> Message:
    literal = Message()
    literal.scalar.binary.value, literal.scalar.binary.tag = msgpack.packb(data), "msgpack"
    return literal


def generic(data: dict[str, Any]) -> Message:
    literal = Message()
    ParseDict(data, literal.scalar.generic)
    return literal


def both(annotation: Any, value: Any) -> Any:
    """Return what arrives, having checked that it does on both ways."""
    mine = transformer(annotation)
    carried = mine.carry(value)
    arrived = mine.to_python(mine.to_literal(value))
    assert (type(carried), carried) == (type(arrived), arrived)
    return carried


def test_subclasses_of_scalars_arrive_as_their_base() -> None:
    assert type(both(str, Word("a"))) is str
    assert both(str, Word("a")) == "a"
    assert type(both(int, Level.LOW)) is int
    assert both(list[str], [Word("a"), "b"]) == ["a", "b"]
    assert [*map(type, both(dict[str, int], {Word("a"): Level.LOW}))] == [str]
    assert type(both(datetime, Moment(2020, 1, 1))) is datetime


def test_an_int_stands_for_a_float() -> None:
    assert type(both(float, 3)) is float
    assert [*map(type, both(list[float], [1, 2.5]))] == [float, float]


def test_times_arrive_in_utc() -> None:
    assert both(datetime, datetime(2020, 1, 1)) == datetime(2020, 1, 1, tzinfo=UTC)
    there = datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    assert both(datetime, there).tzinfo is UTC
    assert both(datetime, there).hour == 22


def test_times_inside_keep_their_offset() -> None:
    inside = field_transformer(datetime)
    naive = datetime(2020, 1, 1, 3)
    assert inside.carry_plain(naive) == naive
    there = datetime(2020, 1, 1, 3, tzinfo=timezone(timedelta(hours=2)))
    assert inside.to_plain(there) == "2020-01-01T03:00:00+02:00"
    assert inside.carry_plain(there).utcoffset() == timedelta(hours=2)


def test_members_of_enums() -> None:
    assert both(Color, Color.CRIMSON) is Color.RED
    assert both(Color, "blue") is Color.BLUE
    assert both(Level, Level.LOW) is Level.LOW
    assert both(Rights, Rights.READ | Rights.WRITE) == Rights.READ | Rights.WRITE
    assert transformer(Color).literal_type().enum_type.values == ["red", "blue"]


def test_the_exact_class_decides_for_a_variant() -> None:
    mine = transformer(Union[float, int, str, bool, None])
    for value in (1, 1.0, "1", True, None):
        assert both(Union[float, int, str, bool, None], value) is value or value == 1.0
        tag = mine.to_literal(value).scalar.union.type.structure.tag
        assert tag == {int: "int", float: "float", str: "str", bool: "bool"}.get(type(value), "none")
    assert both(Union[str, Color], Color.RED) is Color.RED
    assert both(Union[Color, str], "red") == "red"
    assert both(Union[date, datetime], datetime(2020, 1, 1, tzinfo=UTC)) == datetime(2020, 1, 1, tzinfo=UTC)
    assert both(Union[list[int], list[str]], ["a"]) == ["a"]
    assert both(Union[list[int], list[float]], []) == []
    assert type(both(Union[str, float], 3)) is float


def test_variants_with_one_tag_are_told_apart_by_type() -> None:
    assert both(Union[list[float], list[int]], [1]) == [1.0]
    assert both(Union[list[int], list[float]], [1.5]) == [1.5]
    mine = transformer(Union[list[str], list[int]])
    assert mine.to_python(mine.to_literal([1])) == [1]


def test_a_variant_that_is_not_chosen_has_no_side_effect() -> None:
    seen: list[Any] = []

    def note(value: Any) -> str:
        seen.append(value)
        return "x"

    mine = transformer(Union[Annotated[str, HashMethod(note)], int])
    mine.to_literal(3)
    assert seen == []
    assert mine.to_literal("a").scalar.union.value.hash == "x"
    assert seen == ["a"]


def test_variants_that_look_alike_may_stand_inside() -> None:
    with pytest.raises(UnsupportedTypeError, match="Color and Shade look alike on the wire"):
        transformer(Union[Annotated[Color, "a"], Shade])
    assert field_transformer(Union[Color, Shade]).carry_plain(Shade.BLUE) is Color.BLUE


def test_a_new_type_beside_its_base_is_one_variant() -> None:
    assert len(transformer(Union[int, NewType("Id", int), str]).literal_type().union_type.variants) == 2


def test_a_literal_without_union_is_read_as_the_variant_of_its_form() -> None:
    assert type(transformer(Union[float, int]).to_python(transformer(int).to_literal(3))) is int
    assert type(transformer(Union[int, float]).to_python(transformer(float).to_literal(3.0))) is float
    assert transformer(Optional[int]).to_python(transformer(type(None)).to_literal(None)) is None
    assert transformer(Optional[list[int]]).to_python(transformer(list[int]).to_literal([1])) == [1]


ATTRIBUTES: list[tuple[Any, Any, Any]] = [
    (int, 3, 3),
    (int, 3.0, 3),
    (float, 3, 3.0),
    (str, "a", "a"),
    (bool, True, True),
    (type(None), None, None),
    (datetime, "2020-01-01T03:00:00", datetime(2020, 1, 1, 3, tzinfo=UTC)),
    (date, "2020-01-01", date(2020, 1, 1)),
    (timedelta, 1.5, timedelta(seconds=1.5)),
    (Color, "red", Color.RED),
    (Level, 1, Level.LOW),
    (Literal["a"], "a", "a"),
    (list[int], [1, 2], [1, 2]),
    (list[list[float]], [[1]], [[1.0]]),
    (dict[str, int], {"a": 1}, {"a": 1}),
    (dict, {1: [2]}, {1: [2]}),
    (dict[int, date], {1: "2020-01-01"}, {1: date(2020, 1, 1)}),
    (Optional[int], None, None),
    (Union[float, int], 1, 1),
    (Union[int, str], "a", "a"),
]


@pytest.mark.parametrize(("annotation", "data", "value"), ATTRIBUTES, ids=[str(n) for n in range(len(ATTRIBUTES))])
def test_a_resolved_attribute_is_read(annotation: Any, data: Any, value: Any) -> None:
    arrived = transformer(annotation).to_python(packed(data))
    assert (type(arrived), arrived) == (type(value), value)


def test_the_json_of_older_writers_is_read() -> None:
    assert transformer(dict).to_python(generic({"a": 1, "b": [True, None]})) == {"a": 1, "b": [True, None]}
    assert transformer(dict[str, int]).to_python(generic({"a": 1})) == {"a": 1}
    assert transformer(dict[int, bool]).to_python(generic({"1": True})) == {1: True}
    arrived = transformer(dict[str, int]).to_python(generic({"a": 3}))
    assert type(arrived["a"]) is int


def test_other_tags_and_broken_bytes_are_refused() -> None:
    literal = packed(3)
    literal.scalar.binary.tag = "pickle"
    with pytest.raises(ConversionError, match=r"^expected int, got binary data tagged 'pickle'$"):
        transformer(int).to_python(literal)
    literal.scalar.binary.value, literal.scalar.binary.tag = b"\xc1", "msgpack"
    with pytest.raises(ConversionError, match=r"^expected MessagePack, got bytes b'\\xc1'"):
        transformer(dict).to_python(literal)
    with pytest.raises(ConversionError, match=r"^expected int, got an empty literal$"):
        transformer(int).to_python(Message())


def test_zeros_in_a_collection_are_told_from_other_forms() -> None:
    literal = Message()
    add = literal.collection.literals.add
    add().scalar.primitive.integer = 0
    add().scalar.primitive.float_value = 2.0
    assert transformer(list[int]).to_python(literal) == [0, 2]
    add().scalar.primitive.string_value = ""
    with pytest.raises(ConversionError, match=r"^value\[2\]: expected int, got str ''$"):
        transformer(list[int]).to_python(literal)


def test_a_hash_is_written_for_the_value_or_each_item() -> None:
    assert transformer(Annotated[int, HashMethod(hex), HashMethod(oct)]).to_literal(3).hash == "0x3"
    items = transformer(list[Annotated[int, HashMethod(hex)]]).to_literal([1, 2]).collection.literals
    assert [one.hash for one in items] == ["0x1", "0x2"]
    assert both(dict[str, Annotated[int, HashMethod(hex)]], {"a": 1}) == {"a": 1}


def test_an_annotation_is_merged_into_the_wire_type() -> None:
    made = transformer(Annotated[dict, FlyteAnnotation({"unit": "ms"})]).literal_type()
    assert set(made.annotation.annotations.fields) == {"unit", "cache-key-metadata"}
    note = FlyteAnnotation({"unit": "ms"})
    note.data["unit"] = "s"
    assert note == FlyteAnnotation({"unit": "ms"})
    assert hash(note) == hash(FlyteAnnotation({"unit": "ms"}))


def test_kwtypes_keep_their_order() -> None:
    assert list(kwtypes(b=int, a=str).items()) == [("b", int), ("a", str)]


def test_an_iterator_is_a_collection_that_is_read_item_by_item() -> None:
    mine = transformer(Iterator[int])
    assert mine.literal_type() == transformer(list[int]).literal_type()
    assert mine.name == "Typed Iterator"
    literal = mine.to_literal(iter([1, 2]))
    assert literal == transformer(list[int]).to_literal([1, 2])
    arrived: Any = mine.to_python(literal)
    assert len(arrived) == 2
    assert list(arrived) == list(mine.carry(one for one in (1, 2))) == [1, 2]
    with pytest.raises(ConversionError, match=r"^value\[1\]: expected int, got str 'x'$"):
        mine.carry(iter([1, "x"]))  # type: ignore[list-item]
    with pytest.raises(ConversionError, match=r"^expected Iterator\[int\], got str 'abc'$"):
        mine.carry("abc")  # type: ignore[arg-type]
    with pytest.raises(ConversionError, match=r"Iterator\[int\], got int 3$"):
        mine.to_python(transformer(int).to_literal(3))


def test_times_out_of_range_in_a_literal_are_refused() -> None:
    literal = Message()
    literal.scalar.primitive.datetime.seconds = 1 << 60
    for annotation in (datetime, date):
        with pytest.raises(ConversionError, match="between the years 1 and 9999"):
            transformer(annotation).to_python(literal)
    literal.scalar.primitive.duration.seconds = 1 << 60
    with pytest.raises(ConversionError, match="timedelta of at most 10,000 years"):
        transformer(timedelta).to_python(literal)
    for data in (1e300, float("nan"), "1"):
        with pytest.raises(ConversionError, match="expected timedelta"):
            transformer(timedelta).to_python(packed(data))


def test_a_numpy_scalar_is_told_how_to_become_a_number() -> None:
    numpy = pytest.importorskip("numpy")
    assert both(float, numpy.float64(1.5)) == 1.5
    with pytest.raises(ConversionError, match=r"call its \.item\(\)"):
        transformer(int).carry(numpy.int64(3))


class Pair(NamedTuple):
    left: int
    right: str = ""


class Loose(namedtuple("Loose", "a b")):
    __slots__ = ()


BAD_DATA: list[tuple[Any, Any, str]] = [
    (tuple[int, str], [1], "expected tuple[int, str], got list [1]"),
    (tuple[int, ...], [1, "x"], "value[1]: expected int, got str 'x'"),
    (Pair, {"left": 1}, "expected Pair, got dict {'left': 1}"),
    (set[int], {1: 2}, "expected set[int], got dict {1: 2}"),
    (set[Any], [[1]], "expected set[Any], got list [[1]] (unhashable type: 'list')"),
    (Decimal, "x", "expected Decimal, got str 'x'"),
    (Decimal, 1.5, "expected Decimal, got float 1.5"),
    (UUID, "x", "expected UUID, got str 'x'"),
    (date, "2020-13-01", "expected date in ISO 8601, got str '2020-13-01'"),
    (datetime, 3, "expected datetime in ISO 8601, got int 3"),
    (Color, 3, "expected str, got int 3"),
    (Color, "green", "expected Color (one of 'red', 'blue'), got str 'green'"),
    (Literal["a"], "b", "expected Literal['a'], got str 'b'"),
    (dict[int, str], {"x": "y"}, "expected int as key, got str 'x'"),
    (dict[int, str], [1], "expected dict[int, str], got list [1]"),
    (dict[str, int], {1: 1}, "expected a str as key, got int 1 (declare the dict with the type of its keys)"),
    (list[int], 3, "expected list[int], got int 3"),
    (Any, {"a": timedelta}, "value['a']: expected plain data (None, bool, int, float, str, bytes, list or dict), got "),
]


@pytest.mark.parametrize(("annotation", "data", "message"), BAD_DATA, ids=[str(n) for n in range(len(BAD_DATA))])
def test_plain_data_that_does_not_fit_is_refused(annotation: Any, data: Any, message: str) -> None:
    with pytest.raises(ConversionError) as refused:
        field_transformer(annotation).from_plain(data)
    assert str(refused.value).startswith(message)


BAD_INSIDE: list[tuple[Any, Any, str]] = [
    (tuple[int, str], [1, "a"], "expected tuple[int, str], got list [1, 'a']"),
    (Pair, Pair("x"), "value[0]: expected int, got str 'x'"),  # type: ignore[arg-type]
    (set[int], [1], "expected set[int], got list [1]"),
    (set[int], {"x"}, "expected int, got str 'x'"),
    (Decimal, 1, "expected Decimal, got int 1"),
]


@pytest.mark.parametrize(("annotation", "value", "message"), BAD_INSIDE, ids=[str(n) for n in range(len(BAD_INSIDE))])
def test_values_that_do_not_fit_inside_are_refused(annotation: Any, value: Any, message: str) -> None:
    with pytest.raises(ConversionError) as refused:
        field_transformer(annotation).carry_plain(value)
    assert str(refused.value) == message


def test_what_may_stand_inside_only() -> None:
    assert field_transformer(Loose).carry_plain(Loose(1, [2])) == Loose(1, [2])
    assert field_transformer(tuple).carry_plain((1, "a")) == (1, "a")
    assert field_transformer(tuple[()]).carry_plain(()) == ()
    assert field_transformer(set).to_plain({"a"}) == ["a"]
    assert len(field_transformer(set[Any]).to_plain({1, "a"})) == 2
    for annotation in (tuple[int, ...], Decimal, Any, set[int]):
        with pytest.raises(UnsupportedTypeError, match="cannot be an input or output"):
            transformer(annotation)
    with pytest.raises(UnsupportedTypeError, match="cannot be an input or output"):
        field_transformer(tuple[int, ...]).literal_type()
    # What an object's wire type says of such a field is what flytekit says there.
    for annotation, name in ((Decimal, "<class 'decimal.Decimal'>"), (Any, "typing.Any"), (set[int], "set[int]")):
        said = field_transformer(annotation).literal_type()
        assert (said.blob.format, said.metadata["python_class_name"]) == ("PythonPickle", name)
    assert field_transformer(Decimal).to_python(packed("1.50")) == Decimal("1.50")
    assert field_transformer(UUID).to_python(packed(str(UUID(int=3)))) == UUID(int=3)


def test_days_of_other_classes_arrive_as_days() -> None:
    class Day(date):
        pass

    assert type(both(date, Day(2020, 1, 1))) is date
    far = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1, microseconds=1)))
    with pytest.raises(ConversionError, match="between the years 1 and 9999"):
        field_transformer(datetime).to_plain(far)


def test_an_untyped_dict_keeps_subclasses_as_their_base() -> None:
    arrived = both(dict, {"a": Word("b"), "c": Level.LOW, "d": bytearray(b"e"), "f": (1, [2])})
    assert arrived == {"a": "b", "c": 1, "d": b"e", "f": [1, [2]]}
    assert [*map(type, arrived.values())] == [str, int, bytes, list]


def test_what_a_literal_holds_is_said() -> None:
    union = transformer(Optional[int]).to_literal(3)
    offloaded = Message()
    offloaded.offloaded_metadata.uri = "s3://bucket/key"
    many = transformer(dict[str, int]).to_literal({"a": 1, "b": 2})
    for literal, text in [
        (union, "a union"),
        (offloaded, "a literal that is stored at str 's3://bucket/key'"),
        (many, "a map of 2"),
        (transformer(type(None)).to_literal(None), "None"),
    ]:
        with pytest.raises(ConversionError, match=f"^expected int, got {text}$"):
            transformer(int).to_python(literal)
