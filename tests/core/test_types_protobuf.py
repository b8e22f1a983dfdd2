"""Protobuf messages: carried as their JSON mapping writes and reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from flyteidl.core.identifier_pb2 import Identifier
from flyteidl.core.literals_pb2 import Literal, Primitive
from flyteidl.core.tasks_pb2 import TaskMetadata
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import ListValue, Struct
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.types.engine import transformer

JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def obeys(annotation: Any, value: Any) -> Any:
    kind = transformer(annotation)
    carried = kind.carry(value)
    assert carried == kind.to_python(kind.to_literal(value))
    assert carried is not value
    return carried


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=3))
def test_law_of_struct(data: Any) -> None:
    value = Struct()
    value.update(data)
    assert obeys(Struct, value) == value


@given(st.lists(JSON, max_size=3))
def test_law_of_list_value(data: Any) -> None:
    value = ListValue()
    value.extend(data)
    assert obeys(ListValue, value) == value


@given(st.integers(-(1 << 63), (1 << 63) - 1), st.floats(), st.text(max_size=3))
def test_law_of_messages(integer: int, number: float, text: str) -> None:
    for value in (Primitive(integer=integer), Primitive(float_value=number), Primitive(string_value=text)):
        carried = obeys_text(Primitive, value)
        assert carried.WhichOneof("value") == value.WhichOneof("value")
    obeys(Identifier, Identifier(project=text, resource_type=integer % 3))  # type: ignore[arg-type]


def obeys_text(annotation: Any, value: Any) -> Any:
    kind = transformer(annotation)
    carried = kind.carry(value)
    assert str(carried) == str(kind.to_python(kind.to_literal(value)))
    return carried


def test_list_value_is_a_collection() -> None:
    value = ListValue()
    value.extend([1, "x", True, None, {"a": 2}, [3]])
    literal = transformer(ListValue).to_literal(value)
    forms = [item.scalar.WhichOneof("value") or item.WhichOneof("value") for item in literal.collection.literals]
    assert forms == ["primitive", "primitive", "primitive", "none_type", "generic", "collection"]
    literal.collection.literals.add().scalar.primitive.integer = 7
    assert transformer(ListValue).to_python(literal)[6] == 7
    literal.collection.literals.add().scalar.blob.uri = "x"
    with pytest.raises(ConversionError, match="expected ListValue, got a blob"):
        transformer(ListValue).to_python(literal)


def test_durations_inside_a_message() -> None:
    value = TaskMetadata(timeout=Duration(seconds=5, nanos=7000), discoverable=True)
    assert obeys(TaskMetadata, value) == value


def test_other_forms() -> None:
    literal = Literal()
    literal.scalar.binary.value, literal.scalar.binary.tag = b"\x91\x01", "msgpack"
    assert list(transformer(ListValue).to_python(literal)) == [1]
    with pytest.raises(ConversionError, match=r"expected Identifier, got list \[1\]"):
        transformer(Identifier).to_python(literal)
    with pytest.raises(UnsupportedTypeError):
        transformer(Message)
    assert transformer(ListValue).json_schema() == {"type": "array"}


def test_inside_a_dataclass() -> None:
    @dataclass
    class Holder:
        value: Identifier

    assert transformer(Holder).json_schema()["properties"] == {"value": {"type": "object"}}
    assert obeys(Holder, Holder(Identifier(name="n"))) == Holder(Identifier(name="n"))


def test_messages() -> None:
    kind = transformer(Identifier)
    for method in (kind.carry, kind.to_literal):
        with pytest.raises(ConversionError) as caught:
            method(Primitive(integer=1))
        assert str(caught.value) == "expected Identifier, got Primitive integer: 1\n"
    literal = Literal()
    literal.scalar.generic.update({"nme": "x"})
    with pytest.raises(ConversionError, match='no field named "nme"'):
        kind.to_python(literal)
    value = Struct()
    value.update({"a": float("inf")})
    for method in (transformer(Struct).carry, transformer(Struct).to_literal):
        with pytest.raises(ConversionError, match="Infinity"):
            method(value)
    with pytest.raises(UnsupportedTypeError) as refused:
        transformer(Timestamp)
    assert (
        str(refused.value)
        == "Timestamp has no struct form; use the Python type instead, or a message with a field of it"
    )
