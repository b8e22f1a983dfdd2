"""One value of a column as its declared type: what fits, what is converted, what is refused."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Optional, Union

import polars as pl
import pyarrow as pa
import pytest

from fletching.errors import ConfigError, ConversionError
from fletching_sql import DuckDB, SQLAlchemy, SQLite
from fletching_sql.cells import cell

NOON = dt.datetime(2013, 1, 2, 12)


class Level(enum.IntEnum):
    LOW = 1


class Tag(str):
    __slots__ = ()


@dataclass
class Point:
    x: int


FITS = [
    (Any, [1], [1]),
    (None, None, None),
    (int, Decimal(7), 7),
    (float, Decimal("1.5"), 1.5),
    (float, 3, 3.0),
    (str, uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (bytes, memoryview(b"x"), b"x"),
    (bytes, bytearray(b"x"), b"x"),
    (Decimal, 3, Decimal(3)),
    (uuid.UUID, "00000000-0000-0000-0000-000000000001", uuid.UUID(int=1)),
    (Level, 1, Level.LOW),
    (Tag, "x", Tag("x")),
    (dict[str, int], {"a": 1}, {"a": 1}),
    (list, [1, "a"], [1, "a"]),
    (Optional[list[int]], None, None),
    (Union[int, str], "a", "a"),
    (Point, {"x": 1}, Point(1)),
]
MISFITS = [
    (None, 1, "expected None, got int 1"),
    (bool, 1, "expected bool, got int 1"),
    (int, True, "expected int, got bool True (use cast(… as bigint) in the query)"),
    (int, 1.0, "expected int, got float 1.0 (use cast(… as bigint) in the query)"),
    (int, Decimal("1.5"), "expected int, got Decimal Decimal('1.5') (use cast(… as bigint) in the query)"),
    (float, "1", "expected float, got str '1'"),
    (float, 2**53 + 1, "expected float, got int 9007199254740993"),
    (str, 1, "expected str, got int 1 (use cast(… as text) in the query)"),
    (bytes, "x", "expected bytes, got str 'x'"),
    (Decimal, "1", "expected Decimal, got str '1'"),
    (uuid.UUID, "x", "expected UUID, got str 'x'"),
    (dt.datetime, "2013-01-02", "expected datetime, got str '2013-01-02'"),
    (
        dt.datetime,
        NOON.date(),
        "expected datetime, got date datetime.date(2013, 1, 2) (use cast(… as timestamp) in the query)",
    ),
    (
        dt.date,
        NOON,
        "expected date, got datetime datetime.datetime(2013, 1, 2, 12, 0) (use cast(… as date) in the query)",
    ),
    (dt.timedelta, 5, "expected timedelta, got int 5"),
    (Level, 2, "expected Level, got int 2 (one of [1])"),
    (Literal["a"], "b", "expected Literal['a'], got str 'b'"),
    (list[int], 1, "expected list[int], got int 1"),
    (
        list[int],
        [1, None],
        "value[1]: expected int, got NULL (declare it Optional[int], or use coalesce() in the query)",
    ),
    (dict[str, int], 1, "expected dict[str, int], got int 1"),
    (Union[int, str], 1.5, "expected Union[int, str], got float 1.5"),
    (Point, 3, "expected Point, got int 3"),
    (Point, {"x": "a"}, "value.x: expected int, got str 'a' (use cast(… as bigint) in the query)"),
]
LOOSE = [
    (bool, 1, True),
    (bool, 0, False),
    (Decimal, "1.50", Decimal("1.50")),
    (Decimal, 1.5, Decimal("1.5")),
    (dt.datetime, "2013-01-02 12:00:00", NOON),
    (dt.date, "2013-01-02", NOON.date()),
    (dt.timedelta, 1.5, dt.timedelta(seconds=1.5)),
]
LOOSE_MISFITS = [
    (bool, 2),
    (Decimal, "x"),
    (dt.datetime, "x"),
    (dt.date, "x"),
    (dt.timedelta, "x"),
    (dt.timedelta, 1e300),
]


@pytest.mark.parametrize(("annotation", "value", "expected"), FITS)
def test_what_fits(annotation: Any, value: Any, expected: Any) -> None:
    got = cell(annotation, "q")(value)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(("annotation", "value", "message"), MISFITS)
def test_what_does_not(annotation: Any, value: Any, message: str) -> None:
    with pytest.raises(ConversionError) as caught:
        cell(annotation, "q")(value)
    assert str(caught.value) == message


@pytest.mark.parametrize(("annotation", "value", "expected"), LOOSE)
def test_where_the_database_has_only_text_and_numbers(annotation: Any, value: Any, expected: Any) -> None:
    assert cell(annotation, "q", loose=True)(value) == expected
    with pytest.raises(ConversionError):
        cell(annotation, "q")(value)


@pytest.mark.parametrize(("annotation", "value"), LOOSE_MISFITS)
def test_text_that_says_something_else(annotation: Any, value: Any) -> None:
    with pytest.raises(ConversionError):
        cell(annotation, "q", loose=True)(value)


@pytest.mark.parametrize("annotation", [set[int], complex, object().__class__.__subclasses__])
def test_types_no_column_gives(annotation: Any) -> None:
    with pytest.raises(ConfigError, match=r"q: no column gives a .*; use a dataclass of scalars, or a table"):
        cell(annotation, "q")


# Columns as Arrow


def test_a_column_that_changes_its_type_after_many_rows(ask: Any) -> None:
    query = """with recursive t(i) as (select 1 union all select i + 1 from t where i < 30000)
        select case when i > 25000 then 'x' else i end as n from t"""
    with pytest.raises(ConversionError) as caught:
        ask(SQLite(), query, pa.Table)
    assert str(caught.value) == (
        "ask: output 'results' at results[25000].n: expected int64, got str 'x' "
        "(cast column 'n' to one type in the query)"
    )


def test_a_column_that_begins_with_many_nulls_is_text(ask: Any) -> None:
    query = """with recursive t(i) as (select 1 union all select i + 1 from t where i < 30000)
        select case when i > 25000 then 'x' end as n from t"""
    table = ask(SQLite(), query, pa.Table)
    assert (table.schema.field("n").type, table["n"].null_count) == (pa.string(), 25000)


def test_numbers_with_more_digits_than_38(postgres_uri: str, ask: Any) -> None:
    table = ask(SQLAlchemy(uri=postgres_uri), "select 1e50::numeric + 0.5 as n", pa.Table)
    assert table.to_pylist() == [{"n": Decimal(f"1{'0' * 50}.5")}]


def test_values_arrow_has_no_type_for(postgres_uri: str, ask: Any) -> None:
    config = SQLAlchemy(uri=postgres_uri)
    row = ask(config, "select gen_random_uuid() as key, '[[1]]'::json as deep", pa.Table).to_pylist()[0]
    assert (len(row["key"]), row["deep"]) == (36, "[[1]]")
    with pytest.raises(ConversionError) as caught:
        ask(config, "select array[array[1]] as deep", pa.Table)
    assert "at results[0].deep: expected list<item: int32>" in str(caught.value)


def test_a_month_has_no_length(ask: Any) -> None:
    with pytest.raises(ConversionError) as caught:
        ask(DuckDB(), "select interval '1 month' as i", pa.Table)
    assert "expected an interval of days and time, got one of 1 months" in str(caught.value)
    assert ask(DuckDB(), "select null::interval as i", pa.Table).to_pylist() == [{"i": None}]


def test_lazy_frames_and_paths(ask: Any) -> None:
    frame = ask(DuckDB(), "select 1 as n", pl.LazyFrame)
    assert isinstance(frame, pl.LazyFrame)
    assert ask(DuckDB(), "select n from given", int, {"given": pl.LazyFrame}, given=frame) == 1
    path = ask(DuckDB(), "select 1 as n", Path)
    assert path.suffix == ".parquet"
    assert ask(SQLite(), "select n from given", int, {"given": Path}, given=path) == 1
