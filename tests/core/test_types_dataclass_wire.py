"""Dataclasses on the wire: older forms, what is missing or unknown, and the schema."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Optional

import pytest
from flyteidl.core.literals_pb2 import Literal

from fletching.errors import ConversionError
from fletching.types.engine import transformer
from laws import obeys, refused


@dataclass
class Point:
    x: int
    y: Optional[float] = None


@dataclass
class Row:
    price: float


@dataclass
class Table:
    rows: list[Row]
    name: str = "t"


@dataclass(frozen=True)
class Corner:
    x: int = 1


@dataclass
class Defaults:
    """Defaults that JSON holds in another form, or that do not fit."""

    raw: bytes = b"\x00\xff"
    keyed: dict[int, bytes] = field(default_factory=dict)
    wrong: int = "x"  # type: ignore[assignment]
    point: Corner = Corner(2)


def test_the_old_struct_form_is_read_field_by_field() -> None:
    literal = Literal()
    literal.scalar.generic.update({"rows": [{"price": 2}], "name": "x"})
    assert transformer(Table).to_python(literal) == Table([Row(2.0)], "x")
    literal = Literal()
    literal.scalar.generic.update({"x": 3.0, "y": 4})
    assert transformer(Point).to_python(literal) == Point(3, 4.0)


def test_other_literals_are_refused() -> None:
    literal = Literal()
    literal.scalar.primitive.integer = 3
    with pytest.raises(ConversionError, match="expected Point, got int 3"):
        transformer(Point).to_python(literal)
    literal = Literal()
    literal.scalar.binary.value, literal.scalar.binary.tag = b"\x80", "cbor"
    with pytest.raises(ConversionError, match="expected Point, got binary data tagged 'cbor'"):
        transformer(Point).to_python(literal)
    literal.scalar.binary.tag = "msgpack"
    with pytest.raises(ConversionError, match="'x' is missing"):
        transformer(Point).to_python(literal)


def test_a_missing_field_takes_its_default() -> None:
    literal = Literal()
    literal.scalar.generic.update({"rows": []})
    assert transformer(Table).to_python(literal) == Table([], "t")


def test_the_wire_type_can_be_changed_by_the_caller() -> None:
    kind = transformer(Point)
    changed = kind.literal_type()
    changed.metadata.Clear()
    assert kind.literal_type().metadata["title"] == "Point"
    assert dataclasses.is_dataclass(kind.python_type)


def test_unknown_fields_of_a_dict_are_refused_not_dropped() -> None:
    with pytest.raises(ConversionError) as caught:
        transformer(Point).carry({"x": 1, "z": 2})
    assert str(caught.value).endswith("(it has no 'z')")
    with pytest.raises(ConversionError, match="expected Point, got list"):
        transformer(Point).from_plain([1])


@dataclass
class Larger(Point):
    z: int = 0


@dataclass
class Holds:
    one: Point
    many: list[Point]
    perhaps: Optional[Point] = None


@dataclass
class HoldsLarger:
    one: Larger
    many: list[Larger]
    perhaps: Optional[Larger] = None


def test_what_a_larger_class_has_beyond_the_one_that_reads_it_is_left_out() -> None:
    larger, point = Larger(1, 2.0, 3), Point(1, 2.0)
    for wanted in (Point, Optional[Point], list[Point]):
        given = [larger] if wanted == list[Point] else larger
        literal = transformer(list[Larger] if given == [larger] else Larger).to_literal(given)
        assert transformer(wanted).to_python(literal) == ([point] if given == [larger] else point)
    nested = transformer(HoldsLarger).to_literal(HoldsLarger(larger, [larger], larger))
    assert transformer(Holds).to_python(nested) == Holds(point, [point], point)
    old = Literal()
    old.scalar.generic.update({"x": 1, "y": 2.0, "z": 3})
    assert transformer(Point).to_python(old) == point
    with pytest.raises(ConversionError, match="'x' is missing"):
        transformer(Point).to_python(transformer(dict).to_literal({"y": 1.0}))


def test_of_a_union_the_class_with_all_fields_is_read_first() -> None:
    literal = transformer(Larger).to_literal(Larger(1, 2.0, 3))
    assert transformer(Point | Larger | None).to_python(literal) == Larger(1, 2.0, 3)
    written = transformer(Point | Larger).to_literal(Larger(1, 2.0, 3))
    written.scalar.union.type.ClearField("metadata")  # as another program writes it
    assert transformer(Point | Larger).to_python(written) == Larger(1, 2.0, 3)
    assert transformer(Point | str).to_python(transformer(Larger | str).to_literal(Larger(1))) == Point(1)


def test_the_variant_of_a_union_is_the_one_that_was_written() -> None:
    @dataclass
    class Wide:
        x: int
        y: float
        z: int

    @dataclass
    class Either:
        value: Point | Wide

    Either.__annotations__["value"] = Point | Wide
    for value in (Point(1, 2.0), Wide(1, 2.0, 3)):
        assert obeys(Either, Either(value)).value == value
        assert obeys(Point | Wide, value) == value


def test_defaults_in_the_schema() -> None:
    properties = transformer(Defaults).json_schema()["properties"]
    assert properties["raw"]["default"] == "AP8=\n"
    assert "default" not in properties["keyed"]
    assert "default" not in properties["wrong"]
    assert properties["point"]["default"] == {"x": 2}
    assert refused(Defaults, Defaults()) == "value.wrong: expected int, got str 'x'"


def test_a_tuple_is_no_instance() -> None:
    assert refused(Point, (1, 2)) == "expected Point, got tuple (1, 2)"


def test_the_old_struct_form_holds_every_float() -> None:
    literal = Literal()
    literal.scalar.generic.fields["price"].number_value = float("inf")
    assert transformer(Row).to_python(literal) == Row(float("inf"))
