"""Literals that are not what they should be: a `ConversionError` that names the input, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Iterator, Literal, Optional, TypedDict, Union

import msgpack
import pytest
from flyteidl.core.literals_pb2 import Literal as Message
from flyteidl.core.literals_pb2 import LiteralMap
from google.protobuf.message import DecodeError
from google.protobuf.struct_pb2 import ListValue, Struct
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from fletching import JSON, FlyteDirectory, FlyteError, FlyteFile
from fletching.errors import ConversionError
from fletching.extend import from_literal_map, transformer


class Color(Enum):
    RED = "red"


@dataclass
class Row:
    number: int
    when: datetime
    file: Optional[FlyteFile] = None
    tags: dict[int, list[str]] = field(default_factory=dict)
    either: Union[int, str, None] = None
    pair: tuple[int, str] = (1, "a")


class Model(BaseModel):
    number: int
    names: list[str] = []


class Names(TypedDict):
    first: str


WHEN = datetime(2024, 1, 1)
HERE = str(Path(__file__).resolve())
VALUES: list[tuple[Any, Any]] = [
    *((int, 1), (float, 1.5), (str, "a"), (bool, True), (type(None), None), (bytes, b"a")),
    *((datetime, WHEN), (date, WHEN.date()), (timedelta, timedelta(1)), (Color, Color.RED), (Literal["a"], "a")),
    *((list[int], [1, 2]), (list[Row], [Row(1, WHEN)]), (dict[str, str], {"a": "b"}), (dict, {"a": [1]})),
    *(
        (dict[int, date], {1: WHEN.date()}),
        (Optional[int], 1),
        (Union[int, list[str], Row], ["a"]),
        (Row, Row(1, WHEN)),
    ),
    *((Model, Model(number=1)), (Names, {"first": "a"}), (FlyteFile, FlyteFile(HERE)), (Iterator[int], iter([1]))),
    *(
        (FlyteDirectory, FlyteDirectory(str(Path(HERE).parent))),
        (FlyteError, FlyteError(message="m", failed_node_id="n")),
    ),
    *((Struct, Struct()), (ListValue, ListValue()), (Iterator[JSON], iter([1]))),
]
KINDS = [kind for kind, _ in VALUES]
LITERALS: list[Message] = [transformer(kind).to_literal(value) for kind, value in VALUES]


def read(kind: Any, literal: Message) -> None:
    """Read a literal to the end; the only error there may be names the task and the argument."""
    try:
        found = from_literal_map({"a": kind}, LiteralMap(literals={"a": literal}), task="f")["a"]
    except ConversionError as error:
        refused = str(error)
    else:
        refused = ""
    if refused:
        assert refused.startswith("f: argument 'a'")
        assert ": expected " in refused
        assert len(refused) < 1000
        return
    if hasattr(found, "__next__"):
        try:
            list(found)
        except ConversionError:
            return


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_literal_is_read_or_refused_as_every_type(kind: Any) -> None:
    for literal in LITERALS:
        read(kind, literal)
    for other in (Message(), Message(scalar={}), Message(scalar={"primitive": {}}), Message(scalar={"union": {}})):
        read(kind, other)


@given(
    st.integers(0, len(VALUES) - 1),
    st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=3),
    st.floats(0, 1),
)
def test_a_spoiled_literal_is_read_or_refused(at: int, changes: list[tuple[float, int]], kept: float) -> None:
    data = bytearray(LITERALS[at].SerializeToString())
    for place, byte in changes:
        data[int(place * len(data))] = byte
    if not changes:
        del data[int(kept * len(data)) :]
    try:
        literal = Message.FromString(bytes(data))
    except DecodeError:
        return
    if "://" not in str(literal):
        read(KINDS[at], literal)


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["number", "when", "file", "path", "names", "first", "tags"]) | st.integers(-5, 5), inner
        )
    ),
    max_leaves=6,
)


@given(PLAIN)
def test_any_plain_data_is_read_or_refused_as_every_type(data: Any) -> None:
    literal = Message()
    literal.scalar.binary.tag = "msgpack"
    literal.scalar.binary.value = msgpack.packb(data)
    for kind in KINDS:
        read(kind, literal)
