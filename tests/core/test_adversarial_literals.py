"""Literals that nobody should send: whatever is in them, reading gives a value or a `ConversionError`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any, Optional, Union

import pytest
from flyteidl.core.literals_pb2 import Literal
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from fletching.errors import ConversionError
from fletching.types.engine import transformer


@dataclass
class Row:
    a: int
    b: list[str] = field(default_factory=list)


class Letter(Enum):
    A = "a"


KINDS: list[Any] = [
    int, float, str, bool, bytes, None, date, datetime, timedelta, Letter, Row, dict, dict[int, str], dict[str, Row],
    list[int], Iterator[int], Optional[Iterator[int]], dict[str, Iterator[int]], Union[int, str], Union[Row, int, None],
]  # fmt: skip


def read(kind: Any, literal: Literal) -> None:
    with suppress(ConversionError):
        transformer(kind).to_python(literal)


@given(st.sampled_from(KINDS), st.binary(max_size=60))
def test_any_bytes_as_literal(kind: Any, data: bytes) -> None:
    with suppress(DecodeError):
        read(kind, Literal.FromString(data))


@given(st.sampled_from(KINDS), st.binary(max_size=40))
def test_any_bytes_as_message_pack(kind: Any, data: bytes) -> None:
    literal = Literal()
    literal.scalar.binary.value, literal.scalar.binary.tag = data, "msgpack"
    read(kind, literal)


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("data", [b"\x91" * 50_000, b"\x81\xa1a" * 5_000, b"\xdd\xff\xff\xff\xff", b"\x81\x90\x01"])
def test_message_pack_without_end(kind: Any, data: bytes) -> None:
    literal = Literal()
    literal.scalar.binary.value, literal.scalar.binary.tag = data, "msgpack"
    with pytest.raises(ConversionError):
        transformer(kind).to_python(literal)


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("form", ["datetime", "duration"])
@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**31), 2**31 - 1))
def test_any_moment(kind: Any, form: str, seconds: int, nanos: int) -> None:
    literal = Literal()
    moment = getattr(literal.scalar.primitive, form)
    moment.seconds, moment.nanos = seconds, nanos
    read(kind, literal)


def test_a_type_without_plain_form_is_not_read_from_one() -> None:
    literal = Literal()
    literal.scalar.binary.value, literal.scalar.binary.tag = b"\x80", "msgpack"
    with pytest.raises(ConversionError) as caught:
        transformer(Optional[Iterator[int]]).to_python(literal)
    assert str(caught.value) == "expected Optional[Iterator[int]], got binary data tagged 'msgpack'"
