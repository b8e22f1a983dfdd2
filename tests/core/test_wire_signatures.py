"""Signatures from the wire, and whether one is still what is written here."""

from __future__ import annotations

import datetime
import enum
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from flyteidl.core.interface_pb2 import ParameterMap, TypedInterface, Variable
from flyteidl.core.types_pb2 import LiteralType, SimpleType
from hypothesis import given
from hypothesis import strategies as st

from fletching import FlyteDirectory, FlyteFile, Interface, LaunchPlan, task, workflow
from fletching.errors import DriftError, UnsupportedTypeError, WireError
from fletching.extend import check_signature, interface_from_idl, serialize
from fletching.settings import ImageConfig, SerializationSettings
from fletching.types.idl import typed_interface


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Row:
    a: int


PLAIN: list[Any] = [
    *(int, float, str, bool, datetime.datetime, datetime.timedelta, Color, Row, dict, FlyteFile, FlyteDirectory),
    *(int | None, int | str | None, Literal["a", "b"]),
]
FILE: Any = FlyteFile
KINDS = st.recursive(
    st.sampled_from(PLAIN),
    lambda inner: inner.map(lambda kind: list[kind]) | inner.map(lambda kind: dict[str, kind]),  # type: ignore[valid-type]
    max_leaves=3,
)
NAMES = st.from_regex(r"[a-z][a-z0-9]{0,3}", fullmatch=True).filter(
    lambda name: name not in {"if", "in", "is", "or", "as"}
)
SIDES = st.dictionaries(NAMES, KINDS, max_size=4).filter(lambda side: all(name.isidentifier() for name in side))


@given(SIDES, SIDES)
def test_what_is_read_writes_the_same_signature(inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
    try:
        local = Interface(inputs, outputs)
    except ValueError:
        return  # a keyword
    wire = typed_interface(local)
    read = interface_from_idl(wire)
    check_signature(read, wire, "it")
    check_signature(local, typed_interface(read), "it")
    check_signature(local, wire, "it")


def test_the_order_is_that_of_the_numbers() -> None:
    names = ("o0", "o1", "o10", "o2", "o9")
    interface = interface_from_idl(typed_interface(Interface(outputs=dict.fromkeys(names, int))))
    assert list(interface.outputs) == ["o0", "o1", "o2", "o9", "o10"]


@pytest.mark.parametrize(
    ("here", "told"),
    [
        (Interface({"a": int}, {"o0": int}), r"input 'b' is only registered"),
        (Interface({"a": int, "b": list[str], "c": int}, {"o0": int}), r"input 'c' is only here"),
        (
            Interface({"a": int, "b": list[int]}, {"o0": int}),
            r"input 'b' is list\[int\] here and registered as list\[str\]",
        ),
        (Interface({"a": int, "b": list[str]}, {"o0": float}), r"output 'o0' is float here and registered as int"),
        (Interface({"a": int, "b": list[str]}), r"output 'o0' is only registered"),
        (Interface({"a": int | None, "b": list[str]}, {"o0": int}), r"input 'a' is Optional\[int\] here"),
    ],
)
def test_drift_shows_both(here: Interface, told: str) -> None:
    registered = typed_interface(Interface({"b": list[str], "a": int}, {"o0": int}))
    with pytest.raises(DriftError, match=told) as caught:
        check_signature(here, registered, "task 'x' of version 'v2'")
    text = str(caught.value)
    assert text.startswith("task 'x' of version 'v2' has another signature than the one written here: ")
    assert "\n  registered: (a: int, b: list[str]) -> (o0: int)\n" in text
    assert "\n  here:       (a: " in text
    assert "refer to another version" in text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (dict[str, int], dict[str, str]),
        (int | str, int | float),
        (int | str, int | str | None),
        (Color, Literal["red"]),
        (FlyteFile, FlyteDirectory),
        (FILE["csv"], FILE["txt"]),
        (datetime.datetime, datetime.timedelta),
        (Row, str),
    ],
)
def test_types_that_mean_different_things(one: Any, other: Any) -> None:
    with pytest.raises(DriftError):
        check_signature(Interface({"a": one}), typed_interface(Interface({"a": other})), "it")


def test_types_that_mean_the_same() -> None:
    @dataclass
    class Other:
        b: str

    pairs: list[Any] = [
        (Row, Other),  # what a dataclass consists of is not said in a way that all writers share
        (int | str, str | int),
        (Color, enum.Enum("Other", {"B": "blue", "R": "red"})),
        (FlyteFile, FILE["csv"]),
    ]
    for one, other in pairs:
        check_signature(Interface({"a": one}), typed_interface(Interface({"a": other})), "it")


@task
def pick(a: int, b: str, c: int | None) -> int:
    return a


@workflow
def flow(a: int, b: str = "x", c: int | None = None) -> int:
    return pick(a=a, b=b, c=c)


def test_the_inputs_of_a_launch_plan_have_its_defaults() -> None:
    settings = SerializationSettings(ImageConfig.from_images("example.com/image:v1"), "p", "d", "v")
    plan = LaunchPlan("signature plan", flow, default_inputs={"b": "y"})
    message = serialize([plan], settings).entities[-1].message
    wire = typed_interface(flow.python_interface)
    read = interface_from_idl(wire, message.spec.default_inputs)
    assert dict(read.defaults) == {"b": "y", "c": None}
    assert read.inputs["a"] is int
    check_signature(Interface({"a": int}, {"o0": int}), wire, "it", message.spec.default_inputs)
    with pytest.raises(DriftError, match="input 'a' is only registered"):
        check_signature(Interface({}, {"o0": int}), wire, "it", message.spec.default_inputs)


def test_what_cannot_be_read() -> None:
    odd = TypedInterface()
    odd.inputs.variables["a"].CopyFrom(Variable(type=LiteralType(simple=SimpleType.ERROR)))
    odd.inputs.variables["b"].CopyFrom(Variable())
    with pytest.raises(DriftError, match="b: no type"):
        check_signature(Interface(), odd, "it")
    with pytest.raises(UnsupportedTypeError, match="no Python type is known"):
        interface_from_idl(odd)
    parameters = ParameterMap()
    parameters.parameters["a"].default.scalar.primitive.string_value = "x"
    with pytest.raises(WireError, match="the default of input 'a' cannot be read: expected int"):
        interface_from_idl(typed_interface(Interface({"a": int})), parameters)
