"""Types and values as text for messages."""

from __future__ import annotations

import collections.abc
import typing
from enum import Enum
from typing import Annotated, Any, Literal, NewType, Optional, TypeVar, Union

import pytest

from fletching.errors import ConversionError
from fletching.security import remember_secret
from fletching.types.display import preview, type_name
from fletching.types.engine import transformer


class Row:
    class Inner:
        pass


class Color(Enum):
    RED = "red"


class Shown:
    def __init__(self, text: Any) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text  # type: ignore[no-any-return]


T = TypeVar("T")
Id = NewType("Id", int)


def local() -> type:
    class Local:
        pass

    return Local


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (int, "int"),
        (None, "None"),
        (type(None), "None"),
        (Row.Inner, "Row.Inner"),
        (local(), "Local"),
        (list[Row], "list[Row]"),
        (typing.List[Row], "List[Row]"),
        (typing.List, "List"),
        (dict[str, list[Color]], "dict[str, list[Color]]"),
        (Optional[Row], "Optional[Row]"),
        (Union[int, Row, None], "Union[int, Row, None]"),
        (int | Row, "int | Row"),
        (Literal["a.b", 1], "Literal['a.b', 1]"),
        (tuple[int, ...], "tuple[int, ...]"),
        (Annotated[Row, "x"], "Annotated[Row, …]"),
        (collections.abc.Callable[[int], str], "Callable[[int], str]"),
        (T, "T"),
        (Id, "Id"),
        (Any, "Any"),
        ("Row", "'Row'"),
    ],
)
def test_a_type_is_named_as_its_user_writes_it(annotation: Any, text: str) -> None:
    assert type_name(annotation) == text


def test_a_preview_is_bounded_and_says_the_type() -> None:
    assert preview(3) == "int 3"
    assert preview(None) == "None"
    assert len(preview("x" * 1_000_000)) < 100
    assert len(preview(10**5_000)) < 100


def test_no_part_of_a_secret_is_shown() -> None:
    secret = "s3cr3t-" + "0123456789" * 20
    remember_secret(secret)
    for value in (
        secret,
        [secret],
        {"a": {secret: 1}},
        f"Bearer {secret}",
        secret.encode(),
        Shown(secret),
        (1, [secret]),
    ):
        assert "0123" not in preview(value)
        assert "3cr" not in preview(value)
    with pytest.raises(ConversionError) as refused:
        transformer(dict[str, int]).carry({secret: "x"})  # type: ignore[dict-item]
    assert "0123" not in str(refused.value)


def test_a_value_that_cannot_be_shown_is_still_named() -> None:
    assert preview(Shown(3)) == "Shown <repr failed: TypeError>"
