"""Interfaces and maps of values as Flyte messages."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import NamedTuple, Optional

import pytest
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.types_pb2 import SimpleType

from fletching.errors import ConversionError
from fletching.interface import Interface
from fletching.types.engine import transformer
from fletching.types.idl import from_literal_map, to_literal_map, typed_interface


class Color(Enum):
    RED = "red"


class Sums(NamedTuple):
    total: int
    mean: float


def described(a: int, b: str = "x", c: Optional[float] = None) -> Sums:
    """Add up.

    Args:
        a: the first one.
        b: the second one.

    Returns:
        What comes out.
    """
    return Sums(a, 1.0)


def test_an_interface_has_types_and_descriptions() -> None:
    made = typed_interface(Interface.from_function(described))
    inputs = made.inputs.variables
    assert {name: one.description for name, one in inputs.items()} == {
        "a": "the first one.",
        "b": "the second one.",
        "c": "c",
    }
    assert inputs["a"].type.simple == SimpleType.INTEGER
    assert [one.structure.tag for one in inputs["c"].type.union_type.variants] == ["float", "none"]
    outputs = made.outputs.variables
    assert {name: one.description for name, one in outputs.items()} == {
        "total": "What comes out.",
        "mean": "What comes out.",
    }
    assert outputs["mean"].type.simple == SimpleType.FLOAT


def test_an_interface_without_docstring_describes_by_name() -> None:
    made = typed_interface(Interface(inputs={"a": int}, outputs={"o0": list[str]}))
    assert made.inputs.variables["a"].description == "a"
    assert made.outputs.variables["o0"].description == "o0"
    assert not typed_interface(Interface()).inputs.variables


def test_values_go_and_come_back_in_the_order_of_the_interface() -> None:
    types = {"c": int, "a": list[str], "b": Optional[float]}
    literals = to_literal_map(types, {"b": None, "a": ["x"], "c": 3})
    assert list(from_literal_map(types, literals).items()) == [("c", 3), ("a", ["x"]), ("b", None)]


def test_absent_names_are_left_out() -> None:
    types = {"a": int, "b": int}
    literals = to_literal_map(types, {"a": 1})
    assert set(literals.literals) == {"a"}
    assert from_literal_map(types, literals) == {"a": 1}


def test_a_literal_that_was_stored_apart_is_read_from_there(tmp_path: Path) -> None:
    stored = tmp_path / "a.pb"
    stored.write_bytes(transformer(list[int]).to_literal([1, 2]).SerializeToString())
    given = LiteralMap()
    given.literals["a"].offloaded_metadata.uri = str(stored)
    assert from_literal_map({"a": list[int]}, given) == {"a": [1, 2]}
    stored.write_bytes(b"\xff\xff")
    with pytest.raises(ConversionError, match="argument 'a': expected a literal, got something else at "):
        from_literal_map({"a": list[int]}, given)
    given.literals["a"].offloaded_metadata.uri = ""
    given.literals["a"].offloaded_metadata.size_bytes = 3
    with pytest.raises(ConversionError) as caught:
        from_literal_map({"a": list[int]}, given)
    assert str(caught.value) == "argument 'a': expected a literal, got an offloaded one that does not say where it lies"
