"""A wire type tells the Python type that reads and writes it, also where its own class is not at hand."""

from __future__ import annotations

import dataclasses
import enum
from datetime import date, datetime, timedelta
from typing import Any, Literal, Optional, Union

import numpy
import pytest
from flyteidl.core.types_pb2 import LiteralType, SimpleType
from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from fletching import FlyteDirectory, FlyteError, FlyteFile, Pickled
from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.extend import guess_python_type, transformer


class Color(enum.Enum):
    RED = "red"
    LIGHT_RED = "light red"


@dataclasses.dataclass
class Point:
    x: int
    label: Optional[str] = None


@dataclasses.dataclass
class Row:
    number: int
    ratio: float
    when: datetime
    day: date
    color: Color
    points: list[Point]
    pair: tuple[int, str]
    by_number: dict[int, Point]
    either: Union[int, str]
    raw: bytes = b"a"
    span: timedelta = timedelta(hours=1)
    size: Literal[1, 2] = 2
    point: Optional[Point] = None
    rest: Any = None
    where: Optional[FlyteFile] = None
    names: set[str] = dataclasses.field(default_factory=set)


class Tree(BaseModel):
    value: int = 1
    children: list[Tree] = []


SAME: list[Any] = [
    *(int, float, str, bool, type(None), datetime, timedelta, bytes, dict, FlyteError, Struct, numpy.ndarray),
    *(list[int], dict[str, list[str]], list[Color], Union[int, str, None], Optional[list[float]]),
    *(FlyteFile, FlyteDirectory, FlyteFile["csv"], FlyteDirectory["parquet"], Literal["a", "b"], Literal[1, 2]),
    *(Literal[True], date | None),
]


def guessed(annotation: Any) -> Any:
    return guess_python_type(transformer(annotation).literal_type())


def row(**changes: Any) -> Row:
    made = Row(
        number=1,
        ratio=2.0,
        when=datetime(2020, 1, 2, 3),
        day=date(2020, 1, 2),
        color=Color.LIGHT_RED,
        points=[Point(1), Point(2, "b")],
        pair=(1, "a"),
        by_number={7: Point(3)},
        either="x",
    )
    return dataclasses.replace(made, **changes)


@pytest.mark.parametrize("annotation", SAME, ids=repr)
def test_the_type_that_is_guessed_has_the_wire_type_it_was_guessed_from(annotation: Any) -> None:
    wire_type = transformer(annotation).literal_type()
    assert transformer(guess_python_type(wire_type)).literal_type() == wire_type


@pytest.mark.parametrize(
    ("annotation", "guess"),
    [
        (dict[int, str], dict),
        (date, datetime),
        (Pickled[int], Pickled[Any]),
        (list[Optional[date]], list[Optional[date]]),
    ],
    ids=repr,
)
def test_what_the_wire_does_not_tell_is_guessed_as_what_reads_it(annotation: Any, guess: Any) -> None:
    assert guessed(annotation) == guess


def test_equal_wire_types_give_the_same_class() -> None:
    for annotation in (Color, Row, Tree, list[Row]):
        assert guessed(annotation) == guessed(annotation)


def test_an_enum_has_members_with_its_values() -> None:
    made = guessed(Color)
    assert issubclass(made, enum.Enum)
    assert [member.value for member in made] == ["red", "light red"]
    assert made.red.value == "red"


def test_a_dataclass_is_read_and_written_without_its_class() -> None:
    kind, own = transformer(guessed(Row)), transformer(Row)
    there = kind.to_python(own.to_literal(row()))
    assert there.points[1].label == "b"
    assert there.color.value == "light red"
    assert there.by_number[7].x == 3
    assert (there.pair, there.when, there.day, there.span) == (
        (1, "a"),
        datetime(2020, 1, 2, 3),
        date(2020, 1, 2),
        timedelta(hours=1),
    )
    assert own.to_python(kind.to_literal(there)) == row()


def test_an_object_of_the_same_form_is_taken_for_one() -> None:
    kind, own = transformer(guessed(Row)), transformer(Row)
    assert own.to_python(kind.to_literal(row(rest={"a": [1]}))) == row(rest={"a": [1]})
    given = {"number": 1, "ratio": 1.0, "when": datetime(2020, 1, 1), "day": date(2020, 1, 1), "color": "red"}
    given |= {"points": [{"x": 1}], "pair": (1, ""), "by_number": {}, "either": 3, "names": set()}
    made = kind.carry(given)
    assert own.to_python(kind.to_literal(made)).points == [Point(1)]
    assert own.to_python(kind.to_literal(made)).span == timedelta(hours=1)
    with pytest.raises(ConversionError, match=r"^expected Row, got dict .* is missing|^expected Row, .*it has no 'x'"):
        kind.carry(Point(1))


def test_a_model_that_contains_itself_ends_in_plain_data() -> None:
    tree = Tree(value=2, children=[Tree(children=[Tree()])])
    there = transformer(guessed(Tree)).to_python(transformer(Tree).to_literal(tree))
    assert there.value == 2
    assert there.children[0]["children"] == [{"value": 1, "children": []}]


def test_names_that_no_attribute_has_are_keys_of_a_dict() -> None:
    kind = LiteralType(simple=SimpleType.STRUCT)
    kind.metadata.update({"type": "object", "title": "Odd", "properties": {"class": {"type": "integer"}}})
    assert guess_python_type(kind) is dict


def test_the_schemas_of_older_writers_are_read() -> None:
    kind = LiteralType(simple=SimpleType.STRUCT)
    inner = {"type": "object", "properties": {"x": {"title": "x", "type": "integer"}}, "required": ["x"]}
    outer = {
        "type": "object",
        "properties": {
            "inner": {"type": "object", "$ref": "#/definitions/Inner"},
            "note": {"type": ["string", "null"]},
        },
        "required": ["inner", "note"],
    }
    kind.metadata.update({"$ref": "#/definitions/Outer", "definitions": {"Inner": inner, "Outer": outer}})
    made = guess_python_type(kind)
    assert made.__name__ == "Outer"
    assert {field.name: field.type for field in dataclasses.fields(made)}["note"] == Optional[str]
    assert transformer(made).from_plain({"inner": {"x": 1.0}, "note": None}).inner.x == 1


def test_a_wire_type_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UnsupportedTypeError, match=r"^no Python type is known for the wire type 'simple: BINARY'$"):
        guess_python_type(LiteralType(simple=SimpleType.BINARY))
    with pytest.raises(UnsupportedTypeError, match=r"^no Python type is known for the wire type ''$"):
        guess_python_type(LiteralType())
    message = LiteralType(simple=SimpleType.STRUCT)
    message.metadata["pb_type"] = "no_such_package_pb2.Thing"
    with pytest.raises(UnsupportedTypeError, match="install the package that has it"):
        guess_python_type(message)
    message.metadata["pb_type"] = "os.system"
    with pytest.raises(UnsupportedTypeError, match="in no generated module"):
        guess_python_type(message)


json = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "properties", "items", "anyOf", "$ref", "title", "enum", "default", "required", "a"]
            ),
            inner | st.sampled_from(["object", "array", "string", "#/a", "integer"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["type", "properties", "$ref", "title", "a", "anyOf"]), json, max_size=4))
def test_no_schema_is_a_crash(schema: dict[str, Any]) -> None:
    kind = LiteralType(simple=SimpleType.STRUCT)
    kind.metadata.update(schema)
    try:
        transformer(guess_python_type(kind))
    except UnsupportedTypeError:
        pass


def test_what_is_made_has_the_dict_and_json_methods_that_readers_of_outputs_call() -> None:
    made = guess_python_type(transformer(Row).literal_type())
    row = Row(1, 0.5, datetime(2024, 1, 2), date(2024, 1, 3), Color.RED, [Point(1, "a")], (1, "b"), {1: Point(2)}, 3)
    data = transformer(Row).to_plain(row)
    read = transformer(made).to_python(transformer(Row).to_literal(row))
    assert read.to_dict() == data
    assert read.points[0].to_json(sort_keys=True) == '{"label": "a", "x": 1}'
    assert made.from_dict(data) == read
    point = type(read.points[0])
    assert point.from_json(read.points[0].to_json()) == read.points[0]
    with pytest.raises(ConversionError, match="it has no 'y'"):
        point.from_json('{"x": 1, "y": 2}')


def test_a_field_may_be_called_like_a_method_of_what_is_made() -> None:
    @dataclasses.dataclass
    class Odd:
        to_json: int
        from_dict: str = "a"

    made = guess_python_type(transformer(Odd).literal_type())
    assert transformer(made).to_plain(transformer(made).from_plain({"to_json": 3})) == {"to_json": 3, "from_dict": "a"}
