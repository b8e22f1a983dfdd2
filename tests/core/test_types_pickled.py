"""Pickles on demand, and bytes that are read without executing anything."""

from __future__ import annotations

import pickle
import socket
import threading
from pathlib import Path
from typing import Annotated, Any, Optional

import pytest
from flyteidl.core.literals_pb2 import Literal
from hypothesis import given
from hypothesis import strategies as st

from fletching import kwtypes
from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.types.engine import transformer
from fletching.types.pickled import Pickled

EXECUTED: list[str] = []


class Evil:
    def __reduce__(self) -> Any:
        return EXECUTED.append, ("executed",)


class Money:
    def __init__(self, amount: int) -> None:
        self.amount = amount

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and other.amount == self.amount

    def __hash__(self) -> int:
        return hash(self.amount)

    def __repr__(self) -> str:
        return f"Money({self.amount})"


def blob(path: Path, data: bytes, form: str = "PythonPickle") -> Literal:
    path.write_bytes(data)
    literal = Literal()
    literal.scalar.blob.uri = str(path)
    literal.scalar.blob.metadata.type.format = form
    return literal


@given(
    st.recursive(
        st.none() | st.complex_numbers(allow_nan=False) | st.binary(max_size=3),
        lambda i: st.sets(st.integers()) | st.tuples(i, i),
    )
)
def test_law_of_pickles(value: Any) -> None:
    kind = transformer(Pickled[Any])
    assert kind.carry(value) == kind.to_python(kind.to_literal(value)) == value


@given(st.binary(max_size=64))
def test_law_of_bytes(value: bytes) -> None:
    kind = transformer(bytes)
    assert kind.carry(value) == kind.to_python(kind.to_literal(value)) == kind.from_plain(kind.to_plain(value)) == value


def test_pickles_share_nothing() -> None:
    value = {"a": [Money(1)]}
    kind = transformer(Pickled[dict])  # type: ignore[type-arg]
    carried = kind.carry(value)
    assert carried == value == kind.to_python(kind.to_literal(value))
    assert carried["a"] is not value["a"]
    assert carried["a"][0] is not value["a"][0]


def test_functions_and_local_classes_can_be_pickled() -> None:
    kind = transformer(Pickled[Any])
    factor = 3
    assert kind.carry(lambda x: x * factor)(2) == 6
    assert kind.to_python(kind.to_literal(lambda x: x * factor))(2) == 6


def test_the_wire_type_names_the_class() -> None:
    made = transformer(Pickled[Money]).literal_type()
    assert made.blob.format == "PythonPickle"
    assert made.metadata["python_class_name"] == str(Money)
    assert transformer(Optional[Pickled[Money]]).carry(Money(1)) == Money(1)


@pytest.mark.parametrize("method", ["carry", "to_literal"])
def test_what_cannot_be_pickled(method: str) -> None:
    kind = transformer(Pickled[Any])
    with pytest.raises(ConversionError) as caught:
        getattr(kind, method)(threading.Lock())
    assert str(caught.value).startswith("expected Pickled[Any], got lock <unlocked _thread.lock object")
    assert str(caught.value).endswith("(cannot be pickled: TypeError: cannot pickle '_thread.lock' object)")
    with socket.socket() as given, pytest.raises(ConversionError, match="cannot be pickled: TypeError"):
        getattr(kind, method)(given)


def test_what_cannot_be_unpickled(tmp_path: Path) -> None:
    kind = transformer(Pickled[Any])
    with pytest.raises(ConversionError, match="a pickle of 3 bytes \\(it cannot be read here: UnpicklingError"):
        kind.to_python(blob(tmp_path / "a", b"abc"))

    class Odd:
        def __reduce__(self) -> Any:
            return int, ("x",)

    with pytest.raises(ConversionError, match="it cannot be read back from its pickle: ValueError"):
        kind.carry(Odd())


def test_the_class_is_checked_where_it_can_be() -> None:
    kind = transformer(Pickled[Money])
    for method in (kind.carry, kind.to_literal):
        with pytest.raises(ConversionError) as caught:
            method(3)
        assert str(caught.value) == "expected Pickled[Money], got int 3"
    literal = transformer(Pickled[Any]).to_literal(3)
    with pytest.raises(ConversionError, match="got int 3"):
        kind.to_python(literal)


def test_a_class_without_transformer_is_told_about_pickled() -> None:
    with pytest.raises(UnsupportedTypeError, match="Pickled"):
        transformer(Money)


@pytest.mark.parametrize("value", ["text", bytearray(b"x"), memoryview(b"x"), None, 3, [1]])
def test_bytes_takes_bytes_only(value: Any) -> None:
    kind = transformer(bytes)
    for method in (kind.carry, kind.to_literal):
        with pytest.raises(ConversionError, match="expected bytes, got "):
            method(value)


@pytest.mark.parametrize("value", [Evil(), {"a": Evil()}, print, Money, "text", [b"x"], bytearray(b"x")])
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_reading_bytes_executes_nothing(value: Any, protocol: int, tmp_path: Path) -> None:
    literal = blob(tmp_path / "a", pickle.dumps(value, protocol=protocol))
    with pytest.raises(ConversionError, match="expected bytes, got "):
        transformer(bytes).to_python(literal)
    assert EXECUTED == []


def test_a_hostile_pickle_tells_the_way_out(tmp_path: Path) -> None:
    data = pickle.dumps(Money(1))
    with pytest.raises(ConversionError) as caught:
        transformer(bytes).to_python(blob(tmp_path / "a", data))
    assert str(caught.value) == (
        f"expected bytes, got a pickle of {len(data)} bytes that holds something else "
        "(annotate Pickled[T] to read it; that executes code of whoever wrote it)"
    )


def test_bytes_in_other_forms(tmp_path: Path) -> None:
    kind = transformer(bytes)
    literal = Literal()
    literal.scalar.binary.value, literal.scalar.binary.tag = b"\xc4\x01a", "msgpack"
    assert kind.to_python(literal) == b"a"
    assert kind.from_plain("AP8=\n") == b"\x00\xff"
    with pytest.raises(ConversionError, match="text stands for bytes only as base64"):
        kind.from_plain("not base64!")
    with pytest.raises(ConversionError, match="a blob of format 'csv' \\(a pickle has the format 'PythonPickle'\\)"):
        kind.to_python(blob(tmp_path / "a", b"", "csv"))
    gone = blob(tmp_path / "a", b"")
    (tmp_path / "a").unlink()
    with pytest.raises(ConversionError, match="it cannot be read: No such file or directory"):
        kind.to_python(gone)
    number = Literal()
    number.scalar.primitive.integer = 3
    with pytest.raises(ConversionError, match="expected bytes, got int 3"):
        kind.to_python(number)


MAYBE = Annotated[dict, kwtypes(allow_pickle=True)]


@given(
    st.dictionaries(
        st.text(max_size=3), st.integers(-9, 9) | st.sets(st.integers()) | st.complex_numbers(allow_nan=False)
    )
)
def test_a_dict_that_may_be_pickled_is_pickled_only_if_it_is_no_plain_data(value: dict[str, Any]) -> None:
    kind = transformer(MAYBE)
    literal = kind.to_literal(value)
    assert kind.carry(value) == kind.to_python(literal) == value
    is_plain = all(type(item) is int for item in value.values())
    assert literal.scalar.HasField("binary") == is_plain
    assert (literal.metadata.get("format") == "pickle") == (not is_plain)
    if not is_plain:
        with pytest.raises(
            ConversionError, match=r"expected dict, got a pickled dict \(annotate Annotated\[dict, kwtypes"
        ):
            transformer(dict).to_python(literal)
    for convert in (kind.carry, kind.to_literal):
        with pytest.raises(ConversionError, match="expected Pickled"):
            convert([value])
