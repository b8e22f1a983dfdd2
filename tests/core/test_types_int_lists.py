"""Lists of ints are looked at as a whole; that must say the same as looking at each."""

from __future__ import annotations

from enum import IntEnum
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fletching.errors import ConversionError
from fletching.types.engine import transformer

INTS, INT = transformer(list[int]), transformer(int)


class Colour(IntEnum):
    RED = 1


class Mine(int):
    pass


# What has four bytes of length or content after its mark in the bytes of marshal, and the edges of 32 and 64 bits.
OTHERS: list[Any] = [
    *("", "i", "iiii", b"", b"i", [], [105], ["i"], (), {}, frozenset()),
    *(None, True, False, ..., StopIteration, 1.5, 1j, object(), lambda: 0, Colour.RED, Mine(7)),
    *(-(1 << 31) - 1, 1 << 31, (1 << 63) - 1, -(1 << 63), 1 << 63, 1 << 80, 105),
]


def one_by_one(values: list[Any]) -> list[int] | str:
    carried = []
    for position, value in enumerate(values):
        try:
            carried.append(INT.carry(value))
        except ConversionError as error:
            return str(error.at(f"[{position}]"))
    return carried


def whole(values: list[Any]) -> list[int] | str:
    try:
        carried: list[int] = INTS.carry(values)
    except ConversionError as error:
        return str(error)
    assert all(type(one) is int for one in carried)
    assert carried is not values
    return carried


@pytest.mark.parametrize("length", [0, 1, 2])
def test_nothing_that_is_no_int_slips_through(length: int) -> None:
    for others in product(OTHERS, repeat=length):
        values = [1, *others, 2]
        assert whole(values) == one_by_one(values)


@given(st.lists(st.one_of(st.integers(), st.sampled_from(OTHERS)), max_size=60))
def test_any_mixture(values: list[Any]) -> None:
    assert whole(values) == one_by_one(values)


def test_a_list_in_itself() -> None:
    endless: list[Any] = [1]
    endless.append(endless)
    with pytest.raises(ConversionError, match=r"\[1\]"):
        INTS.carry(endless)
