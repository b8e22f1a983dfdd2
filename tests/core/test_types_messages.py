"""What a user reads when a value or a type does not fit."""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import typing
from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any, Literal, NamedTuple, Optional, TypeVar, Union

import pytest

from fletching.errors import CallError, ConversionError, UnsupportedTypeError
from fletching.types.annotations import FlyteAnnotation, HashMethod
from fletching.types.engine import field_transformer, transformer
from fletching.types.idl import from_literal_map, to_literal_map


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Many(Enum):
    A, B, C, D, E, F, G, H, I, J = "abcdefghij"  # noqa: E741


class Mixed(Enum):
    A = 1
    B = "b"


class Ratio(Enum):
    HALF = 0.5


class Point(NamedTuple):
    x: int


class Custom:
    pass


class UserId(int):
    pass


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("no")


T = TypeVar("T")
LOOP: list[Any] = []
LOOP.append(LOOP)
DEEP: Any = {}
for _ in range(5_000):
    DEEP = {"a": DEEP}

VALUES: list[tuple[Any, Any, str]] = [
    (int, "x", "add: argument 'b': expected int, got str 'x'"),
    (int, True, "add: argument 'b': expected int, got bool True"),
    (int, 2.0, "add: argument 'b': expected int, got float 2.0"),
    (int, None, "add: argument 'b': expected int, got None"),
    (
        int,
        1 << 63,
        "add: argument 'b': expected int of at most 64 bits, got int 9223372036854775808 (pass it as a str)",
    ),
    (float, True, "add: argument 'b': expected float, got bool True"),
    (float, (1 << 53) + 1, "add: argument 'b': expected float, got int 9007199254740993 (no float equals this int)"),
    (bool, 1, "add: argument 'b': expected bool, got int 1"),
    (str, b"x", "add: argument 'b': expected str, got bytes b'x'"),
    (
        str,
        "\udc80",
        (
            "add: argument 'b': expected str of valid Unicode, got str '\\udc80' "
            "(it holds half a surrogate pair; pass bytes)"
        ),
    ),
    (type(None), 0, "add: argument 'b': expected None, got int 0"),
    (
        dt.date,
        dt.datetime(2020, 1, 1),
        "add: argument 'b': expected date, got datetime datetime.datetime(2020, 1, 1, 0, 0) (call its .date())",
    ),
    (dt.datetime, "2020", "add: argument 'b': expected datetime, got str '2020'"),
    (
        dt.datetime,
        dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))),
        (
            "add: argument 'b': expected datetime between the years 1 and 9999 in UTC, "
            "got datetime datetime.datetime(1, 1, 1, 0, ...e.timedelta(seconds=3600)))"
        ),
    ),
    (
        dt.timedelta,
        dt.timedelta(days=10_000_000),
        (
            "add: argument 'b': expected timedelta of at most 10,000 years, got timedelta "
            "datetime.timedelta(days=10000000)"
        ),
    ),
    (Color, "green", "add: argument 'b': expected Color (one of 'red', 'blue'), got str 'green'"),
    (Color, 3, "add: argument 'b': expected Color (one of 'red', 'blue'), got int 3"),
    (Many, "z", "add: argument 'b': expected Many (one of 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', …), got str 'z'"),
    (Literal["a", "b"], "c", "add: argument 'b': expected Literal['a', 'b'], got str 'c'"),
    (Literal[1], True, "add: argument 'b': expected Literal[1], got bool True"),
    (list[int], [1, 2, 3, "x"], "add: argument 'b' at b[3]: expected int, got str 'x'"),
    (list[int], (1, 2), "add: argument 'b': expected list[int], got tuple (1, 2) (pass list(...) of it)"),
    (
        list[int],
        [1 << 64],
        "add: argument 'b' at b[0]: expected int of at most 64 bits, got int 18446744073709551616 (pass it as a str)",
    ),
    (
        list[str],
        ["a", "\udc80"],
        (
            "add: argument 'b' at b[1]: expected str of valid Unicode, got str '\\udc80' (it holds half a surrogate "
            "pair; pass bytes)"
        ),
    ),
    (list[list[bool]], [[True], [False, 1]], "add: argument 'b' at b[1][1]: expected bool, got int 1"),
    (list[int], LOOP, "add: argument 'b' at b[0]: expected int, got list [[[[[[[...]]]]]]]"),
    (dict[str, int], {"k": 1, "l": "x"}, "add: argument 'b' at b['l']: expected int, got str 'x'"),
    (
        dict[str, int],
        {1: 1},
        "add: argument 'b': expected a str as key, got int 1 (declare the dict with the type of its keys)",
    ),
    (dict[str, int], [1], "add: argument 'b': expected dict[str, int], got list [1]"),
    (
        dict[str, int],
        {"k" * 100: "x"},
        "add: argument 'b' at b['kkkkkkkkkkkkkkkkk...kkkkkkkkkkkkkkkkkk']: expected int, got str 'x'",
    ),
    (dict[int, str], {"k": "v"}, "add: argument 'b': expected int as key, got str 'k'"),
    (dict[int, str], {1: 2}, "add: argument 'b' at b[1]: expected str, got int 2"),
    (
        dict,
        {"a": [1, {2: Custom}]},
        (
            "add: argument 'b' at b['a'][1][2]: expected plain data (None, bool, int, float, str, bytes, list or "
            "dict), got type <class 'tests.core.test_types_messages.Custom'> (give the dict a value type, or use a "
            "dataclass)"
        ),
    ),
    (
        dict,
        {(1, 2): 3},
        "add: argument 'b': expected a plain key (str, int, float, bool, bytes or None), got tuple (1, 2)",
    ),
    (
        dict,
        {"a": 1 << 64},
        "add: argument 'b' at b['a']: expected int of at most 64 bits, got int 18446744073709551616 (pass it as a str)",
    ),
    (dict, [], "add: argument 'b': expected dict, got list []"),
    (Optional[int], "x", "add: argument 'b': expected Optional[int], got str 'x'"),
    (
        Optional[int],
        1 << 63,
        "add: argument 'b': expected int of at most 64 bits, got int 9223372036854775808 (pass it as a str)",
    ),
    (int | str | None, 2.5, "add: argument 'b': expected int | str | None, got float 2.5"),
    (
        Union[list[int], list[str]],
        [1, "x"],
        "add: argument 'b': expected Union[list[int], list[str]], got list [1, 'x']",
    ),
    (Optional[list[int]], [1, "x"], "add: argument 'b' at b[1]: expected int, got str 'x'"),
    (Annotated[int, HashMethod(str)], "x", "add: argument 'b': expected int, got str 'x'"),
    (
        Annotated[int, HashMethod(int)],
        3,
        "add: argument 'b': expected a str from the function of HashMethod, got int 3",
    ),
]


@pytest.mark.parametrize(("annotation", "value", "message"), VALUES, ids=[str(n) for n in range(len(VALUES))])
def test_a_value_that_does_not_fit(annotation: Any, value: Any, message: str) -> None:
    with pytest.raises(ConversionError) as refused:
        to_literal_map({"a": int, "b": annotation}, {"a": 1, "b": value}, task="add")
    assert str(refused.value).replace(__name__, "tests.core.test_types_messages") == message


@pytest.mark.parametrize("value", [DEEP, {"a": LOOP}], ids=["deep", "loop"])
def test_data_without_end_is_refused(value: Any) -> None:
    for convert in (transformer(dict).carry, transformer(dict).to_literal):
        with pytest.raises(ConversionError) as refused:
            convert(value)
        assert "expected plain data nested at most 256 deep, got" in str(refused.value)
        assert "(does it contain itself?)" in str(refused.value)
        assert len(str(refused.value)) < 300


def test_a_huge_value_is_shown_in_part() -> None:
    for value in ("x" * 10_000_000, list(range(1_000_000)), {str(n): n for n in range(100_000)}, Custom):
        with pytest.raises(ConversionError) as refused:
            transformer(int).carry(value)
        assert len(str(refused.value)) < 120


def test_a_broken_repr_does_not_hide_the_message() -> None:
    with pytest.raises(ConversionError, match=r"^expected int, got Broken <.*>$"):
        transformer(int).carry(Broken())  # type: ignore[arg-type]


def test_an_output_and_a_value_without_place_say_so() -> None:
    with pytest.raises(ConversionError, match=r"^add: output 'o0': expected int, got str 'x'$"):
        to_literal_map({"o0": int}, {"o0": "x"}, task="add", kind="output")
    with pytest.raises(ConversionError, match=r"^value\[0\]: expected int, got str 'x'$"):
        transformer(list[int]).carry(["x"])  # type: ignore[list-item]


def test_a_literal_of_another_form_is_described() -> None:
    literals = to_literal_map(
        {"a": str, "b": list[int], "c": dt.datetime}, {"a": "x", "b": [1], "c": dt.datetime(2020, 1, 1)}
    )
    for name, annotation, message in [
        ("a", int, "argument 'a': expected int, got str 'x'"),
        ("b", int, "argument 'b': expected int, got a collection of 1"),
        ("b", dict[str, int], "argument 'b': expected dict[str, int], got a collection of 1"),
        ("b", Optional[str], "argument 'b': expected Optional[str], got a collection of 1"),
        ("b", list[str], "argument 'b' at b[0]: expected str, got int 1"),
        ("c", bool, "argument 'c': expected bool, got a datetime"),
        ("a", list[int], "argument 'a': expected list[int], got str 'x'"),
        ("a", dict, "argument 'a': expected dict, got str 'x'"),
        ("a", Color, "argument 'a': expected Color (one of 'red', 'blue'), got str 'x'"),
    ]:
        with pytest.raises(ConversionError) as refused:
            from_literal_map({"a": str, "b": list[int], "c": dt.datetime, name: annotation}, literals)
        assert str(refused.value) == message


def test_a_name_that_nothing_has_is_refused() -> None:
    with pytest.raises(CallError, match=r"^add: nothing is named 'ab'; did you mean 'abc'\?$"):
        to_literal_map({"abc": int}, {"ab": 1}, task="add")
    with pytest.raises(CallError, match=r"^nothing is named 'x'$"):
        from_literal_map({}, to_literal_map({"x": int}, {"x": 1}))


PICKLED = "let it be pickled: Pickled[{0}], with Pickled from fletching"
TUPLE = (
    "cannot be an input or output: a tuple has no wire form; use list[T] if its items are alike, "
    "a dataclass if they are not, or return it as several outputs"
)
ANY = (
    "cannot be an input or output: Any says nothing about the value; name its type, write dict for JSON-like data, "
    "or Pickled[Any] to pickle it"
)
TYPES: list[tuple[Any, str]] = [
    (Custom, "no transformer handles Custom; make it a dataclass, or " + PICKLED.format("Custom")),
    (
        UserId,
        "no transformer handles UserId; annotate with int, which is what would arrive, or " + PICKLED.format("UserId"),
    ),
    (object, "no transformer handles object; name the type of the value, or " + PICKLED.format("object")),
    (complex, "no transformer handles complex; use two floats, or " + PICKLED.format("complex")),
    (
        Callable[[int], int],
        "no transformer handles Callable[[int], int]; " + PICKLED.format("Callable[[int], int]"),
    ),
    (typing.Sequence[int], "no transformer handles Sequence[int]; use list[T], or " + PICKLED.format("Sequence[int]")),
    (
        collections.OrderedDict,
        "no transformer handles OrderedDict; use dict[str, T], or " + PICKLED.format("OrderedDict"),
    ),
    (Any, "Any " + ANY),
    (dict[str, Any], "dict[str, Any] " + ANY),
    (tuple[int, str], "tuple[int, str] " + TUPLE),
    (Point, "Point " + TUPLE),
    (list[tuple[int, int]], "list[tuple[int, int]] " + TUPLE),
    (set[int], "set[int] cannot be an input or output: a set has no wire form; use list[T]"),
    (
        decimal.Decimal,
        "Decimal cannot be an input or output: Decimal has no wire form; pass its str(), or put it into a dataclass",
    ),
    (T, "T is a type variable, and a value has one type; name that type"),
    ("Missing", "'Missing' was not resolved; import it in the module of the function"),
    (3, "3 is no type that a value can be checked against; annotate with a class"),
    (list, "list does not say what it holds; write list[T], for example list[int]"),
    (typing.List, "list does not say what it holds; write list[T], for example list[int]"),
    (typing.Iterator, "Iterator does not say what it yields; write Iterator[T], for example Iterator[int]"),
    (Union, "Union does not say of what; write A | B, for example int | str"),
    (
        Literal["a", 1],
        (
            "Literal['a', 1] mixes types, or has values that are not str, int or bool; use Optional[Literal[...]] for "
            "None, and an Enum for the rest"
        ),
    ),
    (
        Mixed,
        (
            "Mixed has no members, or members whose values are not all of one type; give each member a str as value, "
            "or each an int"
        ),
    ),
    (
        Ratio,
        "Ratio cannot be an input or output: the values of an Enum are text or integers; give its members such values",
    ),
    (
        dict[tuple[int, int], int],
        (
            "dict[tuple[int, int], int] cannot have keys of type tuple[int, int]; "
            "use str, int, float, bool, an Enum, a Literal, datetime, date or timedelta, or a list of dataclasses"
        ),
    ),
    (
        Union[dict, dict[int, str]],
        (
            "Union[dict, dict[int, str]] cannot be an input or output: "
            "dict and dict[int, str] look alike on the wire; keep one of them, or put one into a dataclass"
        ),
    ),
]


@pytest.mark.parametrize(("annotation", "message"), TYPES, ids=[str(n) for n in range(len(TYPES))])
def test_a_type_that_nothing_handles(annotation: Any, message: str) -> None:
    with pytest.raises(UnsupportedTypeError) as refused:
        transformer(annotation)
    assert str(refused.value) == message


def test_a_type_without_plain_form_cannot_stand_inside() -> None:
    with pytest.raises(UnsupportedTypeError) as refused:
        field_transformer(list[typing.Iterator[int]])
    assert str(refused.value) == (
        "list[Iterator[int]] cannot stand inside a dataclass or an untyped dict; make it an input or output of its own"
    )


def test_what_stands_beside_a_type_is_checked() -> None:
    with pytest.raises(UnsupportedTypeError, match=r"has more than one FlyteAnnotation; merge their data into one$"):
        transformer(Annotated[int, FlyteAnnotation({"a": 1}), FlyteAnnotation({"b": 1})])
    with pytest.raises(
        ValueError, match=r"^FlyteAnnotation cannot set 'cache-key-metadata': the type itself does; choose another key$"
    ):
        FlyteAnnotation({"cache-key-metadata": 1})
    with pytest.raises(TypeError, match=r"^FlyteAnnotation takes a dict with keys of text, not list \[\]$"):
        FlyteAnnotation([])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^HashMethod takes a function from a value to a str, not str 'x'$"):
        HashMethod("x")  # type: ignore[arg-type]
