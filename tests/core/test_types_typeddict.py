"""TypedDict: the law, which keys must be there, and the messages."""

from __future__ import annotations

import typing
from typing import Any, Generic, NotRequired, Required, TypedDict, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.types.engine import transformer

T = TypeVar("T")


class Plain(TypedDict):
    a: int
    b: NotRequired[list[float]]


class Loose(TypedDict, total=False):
    c: Required[str]
    d: str


class Both(Plain, Loose):
    e: Plain


class Held(TypedDict, Generic[T]):
    value: T
    maybe: NotRequired[list[T]]


class HeldInt(Held[int]):
    name: str


class Again(TypedDict):
    again: list[Again]


PLAINS = st.fixed_dictionaries(
    {"a": st.integers(0, 9)}, optional={"b": st.lists(st.floats(allow_nan=False), max_size=2)}
)
BOTHS = st.fixed_dictionaries(
    {"a": st.integers(0, 9), "c": st.text(max_size=3), "e": PLAINS}, optional={"d": st.text(max_size=3)}
)


@given(BOTHS)
def test_law(value: Any) -> None:
    kind = transformer(Both)
    carried = kind.carry(value)
    assert carried == kind.to_python(kind.to_literal(value)) == value
    assert carried is not value
    assert carried["e"] is not value["e"]
    assert type(carried) is dict


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Held[int], {"value": 1}),
        (Held[str], {"value": "a", "maybe": ["b"]}),
        (HeldInt, {"value": 1, "maybe": [2], "name": "n"}),
    ],
)
def test_generic_and_inherited(annotation: Any, value: Any) -> None:
    kind = transformer(annotation)
    assert kind.carry(value) == kind.to_python(kind.to_literal(value)) == value


@pytest.mark.parametrize(
    ("annotation", "value", "message"),
    [
        (Both, {"a": 1, "c": "x"}, "expected Both, got dict {'a': 1, 'c': 'x'} ('e' is missing)"),
        (Plain, {"a": 1, "bb": []}, "expected Plain, got dict {'a': 1, 'bb': []} (it has no 'bb'; did you mean 'b'?)"),
        (Plain, {"a": 1, "b": [1.0, "x"]}, "value['b'][1]: expected float, got str 'x'"),
        (Plain, [1], "expected Plain, got list [1]"),
        (Plain, {1: 1}, "expected Plain, got dict {1: 1} (it has no 1)"),
        (HeldInt, {"value": "x", "name": "n"}, "value['value']: expected int, got str 'x'"),
    ],
)
def test_what_does_not_fit_is_refused_by_both(annotation: Any, value: Any, message: str) -> None:
    kind = transformer(annotation)
    for method in (kind.carry, kind.to_literal):
        with pytest.raises(ConversionError) as caught:
            method(value)
        assert str(caught.value) == message


def test_wire_type() -> None:
    made = transformer(Plain).literal_type()
    assert made.annotation.annotations["cache-key-metadata"]["serialization-format"] == "msgpack"
    assert list(made.metadata["required"]) == ["a"]
    assert made.metadata["properties"]["b"]["items"]["type"] == "number"


def test_refused_types() -> None:
    with pytest.raises(UnsupportedTypeError, match=r"Again\.again: Again contains itself"):
        transformer(Again)
    with pytest.raises(
        UnsupportedTypeError, match=r"Held\.value: Held is generic in T; say what it holds: Held\[int\]"
    ):
        transformer(Held)


@pytest.mark.skipif(not hasattr(typing, "ReadOnly"), reason="Python 3.13 has it")
def test_read_only_members() -> None:
    read_only: Any = getattr(typing, "ReadOnly")  # noqa: B009 - older checkers do not know it
    made: Any = TypedDict("made", {"a": read_only[int], "b": NotRequired[read_only[str]]})  # type: ignore[misc]
    kind = transformer(made)
    assert kind.carry({"a": 1}) == {"a": 1}
    with pytest.raises(ConversionError, match="'a' is missing"):
        kind.carry({"b": "x"})


def test_keys_are_text() -> None:
    made: Any = TypedDict("made", {1: int})  # type: ignore[misc]
    with pytest.raises(UnsupportedTypeError, match="made has the key 1; keys are text"):
        transformer(made)


@pytest.mark.parametrize(
    "annotation", [Plain | dict[str, Plain], dict[str, Plain] | Plain, Plain | dict[str, Plain] | None]
)
def test_one_and_a_dict_of_them_are_told_apart(annotation: Any) -> None:
    one: Any = {"a": 1, "b": [0.5]}
    kind = transformer(annotation)
    for value in (one, {"a": one}, {"a": one, "b": one}):
        assert kind.carry(value) == kind.to_python(kind.to_literal(value)) == value
        assert kind.from_plain(kind.to_plain(value)) == value
    with pytest.raises(ConversionError):
        kind.carry({"a": "x"})
