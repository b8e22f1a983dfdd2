"""Iterators of JSON, files that are open when the task begins, and the JSON form that older programs read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Iterator, TextIO

import pytest
from flyteidl.core.literals_pb2 import Literal
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from fletching import JSON, FlyteFile, task, workflow
from fletching.errors import ConversionError
from fletching.extend import transformer

LINES = transformer(Iterator[JSON])


@task
def rows(count: int) -> Iterator[JSON]:
    return ({"row": number} for number in range(count))


@task
def total(items: Iterator[JSON]) -> int:
    return sum(item["row"] for item in items)  # type: ignore[index,misc,call-overload]


@task
def count_lines(text: TextIO) -> int:
    with text:
        return len(text.readlines())


@task
def size(data: BinaryIO) -> int:
    with data:
        return len(data.read())


@task
def write(text: str) -> FlyteFile:
    file = FlyteFile.new("a.txt")
    Path(file).write_text(text)
    return file


@workflow
def flow(text: str) -> int:
    return count_lines(text=write(text=text))


@workflow
def summed(count: int) -> int:
    return total(items=rows(count=count))


def test_json_values_go_from_task_to_task() -> None:
    assert summed(count=4) == 6
    assert list(rows(count=2)) == [{"row": 0}, {"row": 1}]


def test_each_value_is_a_line(outputs: Path) -> None:
    literal = LINES.to_literal(iter([{"a": "ü\n"}, [1, None], "x", 2.5, (1, 2)]))  # type: ignore[list-item]
    assert literal.scalar.blob.metadata.type.format == "jsonl"
    text = Path(literal.scalar.blob.uri).read_text(encoding="utf-8")
    assert text == '{"a": "ü\\n"}\n[1, null]\n"x"\n2.5\n[1, 2]\n'
    assert list(LINES.to_python(literal)) == [{"a": "ü\n"}, [1, None], "x", 2.5, [1, 2]]


def test_what_is_no_json_is_refused_with_its_place(outputs: Path) -> None:
    for convert in (LINES.carry, LINES.to_literal):
        with pytest.raises(ConversionError, match=r"value\[1\]: expected a JSON value, got complex 1j"):
            convert(iter([1, 1j]))  # type: ignore[list-item]
        with pytest.raises(ConversionError, match="expected Iterator"):
            convert("text")  # type: ignore[arg-type]
    literal = LINES.to_literal(iter([1, 2]))
    Path(literal.scalar.blob.uri).write_text("1\n{\n")
    items = LINES.to_python(literal)
    assert next(items) == 1
    with pytest.raises(ConversionError, match=r"JSON lines at str '.*\.jsonl', got str '{\\n' \(Expecting"):
        next(items)
    Path(literal.scalar.blob.uri).write_bytes(b"1\n\xff\xff")
    with pytest.raises(ConversionError, match=r"expected JSON lines at .* can't decode byte 0xff"):
        list(LINES.to_python(literal))
    Path(literal.scalar.blob.uri).unlink()
    with pytest.raises(ConversionError, match=r"expected a file of JSON lines, got .*No such file"):
        list(LINES.to_python(literal))


@given(st.lists(st.recursive(st.integers() | st.booleans() | st.text(), lambda one: st.lists(one), max_leaves=5)))
def test_carried_is_written_and_read(values: list[Any]) -> None:
    assert list(LINES.carry(iter(values))) == list(LINES.to_python(LINES.to_literal(iter(values)))) == values


def test_a_task_reads_a_file_that_is_open(table: Path, outputs: Path) -> None:
    assert flow(text="a\nb\n") == 2
    assert count_lines(text=table) == 2  # type: ignore[arg-type]
    assert size(data=FlyteFile(table)) == len(table.read_bytes())  # type: ignore[arg-type]
    with table.open() as opened, pytest.raises(ConversionError, match="what is open here is not open elsewhere"):
        count_lines(text=opened)
    with pytest.raises(ConversionError, match="does not exist"):
        count_lines(text="/no/such/file")  # type: ignore[arg-type]
    literal = transformer(TextIO).to_literal(table)  # type: ignore[arg-type]
    assert literal.scalar.blob.metadata.type.format == "text/plain"
    with transformer(TextIO).to_python(literal) as text:
        assert text.read() == table.read_text()


@dataclass
class Row:
    a: int
    raw: bytes = b"\x00"


class Part(BaseModel):
    x: int


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Row, Row(3)),
        (Part, Part(x=1)),
        (dict[int, str], {1: "a", -2: "b"}),
        (dict[bool, int], {True: 1, False: 0}),
        (dict[float, Row], {0.5: Row(1)}),
        (list[Row], [Row(1, b"b")]),
    ],
    ids=str,
)
def test_older_programs_get_json(kind: Any, value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLYTE_USE_OLD_DC_FORMAT", "true")
    literal: Literal = transformer(kind).to_literal(value)
    inner = literal.collection.literals[0] if kind == list[Row] else literal
    assert inner.scalar.HasField("generic")
    assert (inner.metadata.get("format") == "json") == isinstance(value, dict)
    assert transformer(kind).to_python(literal) == value
    json.dumps(str(literal))
    monkeypatch.delenv("FLYTE_USE_OLD_DC_FORMAT")
    assert transformer(kind).to_python(literal) == value
