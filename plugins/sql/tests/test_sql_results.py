"""What a query's rows become, by the declared output."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import uuid
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NewType, Optional, TypedDict, Union

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from fletching import FlyteFile
from fletching.errors import ConversionError
from fletching_sql import DuckDB, RowCount, SQLAlchemy, SQLite, SQLTask

THREE = "select * from (select 1 as n, 'a' as word union all select 2, 'b' union all select 3, 'c') as t order by n"
NONE = f"select * from ({THREE}) as u where n > 9"


@dataclass
class Row:
    n: int
    word: str


@dataclass(frozen=True, kw_only=True)
class Frozen:
    word: str
    n: float
    more: list[int] = field(default_factory=list)


class Typed(TypedDict):
    n: int
    word: str


class Colour(enum.Enum):
    A = "a"
    B = "b"


Number = NewType("Number", int)


@pytest.mark.parametrize(
    ("outputs", "query", "expected"),
    [
        (list[Row], THREE, [Row(1, "a"), Row(2, "b"), Row(3, "c")]),
        (list[Row], NONE, []),
        (list[Frozen], THREE, [Frozen(n=1.0, word="a"), Frozen(n=2.0, word="b"), Frozen(n=3.0, word="c")]),
        (list[Typed], THREE, [{"n": 1, "word": "a"}, {"n": 2, "word": "b"}, {"n": 3, "word": "c"}]),
        (Row, f"{THREE} limit 1", Row(1, "a")),
        (Optional[Row], f"{THREE} limit 1", Row(1, "a")),
        (Optional[Row], NONE, None),
        (list[int], f"select n from ({THREE}) as u order by n", [1, 2, 3]),
        (list[Optional[str]], "select 'x' as w union all select null order by 1", None),
        (list[Colour], f"select word from ({THREE}) as u where n < 3 order by n", [Colour.A, Colour.B]),
        (int, "select 3", 3),
        (float, "select 3", 3.0),
        (float, "select 2.5", 2.5),
        (str, "select 'x'", "x"),
        (bool, "select 1 = 1", True),
        (Number, "select 3", 3),
        (Annotated[int, "a note"], "select 3", 3),
        (Optional[int], "select null", None),
        (Optional[int], "select 1 where 1 = 0", None),
        (Union[int, str], "select 'x'", "x"),
        (Union[int, str], "select 4", 4),
        (Literal["a", "b"], "select 'b'", "b"),
        (Colour, "select 'b'", Colour.B),
        (int, "select sum(n) from (select 1 as n union all select 2) as t", 3),
        (None, THREE, None),
    ],
)
def test_every_shape_on_every_database(database: Any, ask: Any, outputs: Any, query: str, expected: Any) -> None:
    got = ask(database, query, outputs)
    if outputs == list[Optional[str]]:
        assert sorted(got, key=str) == [None, "x"]
    else:
        assert got == expected
        assert type(got) is type(expected)


@pytest.mark.parametrize("query", [THREE, NONE])
def test_tables(database: Any, ask: Any, query: str) -> None:
    rows = [] if query is NONE else [{"n": 1, "word": "a"}, {"n": 2, "word": "b"}, {"n": 3, "word": "c"}]
    table = ask(database, query, pa.Table)
    assert table.column_names == ["n", "word"]
    assert table.to_pylist() == rows
    assert ask(database, query, pa.RecordBatch).to_pylist() == rows
    assert ask(database, query, pd.DataFrame).to_dict("records") == rows
    assert ask(database, query, pl.DataFrame).to_dicts() == rows


@pytest.mark.parametrize("ending", ["parquet", "csv", "arrow", ""])
def test_files(database: Any, ask: Any, ending: str) -> None:
    annotation: Any = FlyteFile[ending] if ending else FlyteFile
    got = ask(database, THREE, annotation)
    count = SQLTask(
        "count", "select sum(n) from rows where word in ('a', 'c')", DuckDB(), inputs={"rows": annotation}, outputs=int
    )
    if ending == "arrow":
        assert pa.ipc.open_file(got.path).read_all().num_rows == 3
    assert count(rows=got) == 4


def test_a_row_count(database: Any, ask: Any) -> None:
    ask(database, "create table t (n int)")
    assert ask(database, "insert into t values (1), (2), (3)", RowCount) == 3
    changed = ask(database, "update t set n = n + 1 where n > 1", RowCount)
    assert (changed, type(changed), repr(changed), str(changed)) == (2, RowCount, "RowCount(2)", "2")
    assert ask(database, "delete from t where n = 99", RowCount) == 0
    assert ask(database, "delete from t", RowCount) == 3


def test_returning_gives_rows_and_keeps_the_change(database: Any, ask: Any) -> None:
    ask(database, "create table t (n int, word varchar(9))")
    got = ask(database, "insert into t values (1, 'a'), (2, 'b') returning n, word", list[Row])
    assert got == [Row(1, "a"), Row(2, "b")]
    assert ask(database, "select count(*) from t", int) == 2


def test_an_attempt_whose_result_is_wrong_has_changed_nothing(database: Any, ask: Any) -> None:
    ask(database, "create table t (n int)")
    with pytest.raises(ConversionError):
        ask(database, "insert into t values (1) returning n", str)
    assert ask(database, "select count(*) from t", int) == 0


def test_statements_that_no_transaction_may_hold(database: Any, ask: Any) -> None:
    ask(database, "vacuum")


@dataclass
class Everything:
    number: int
    real: float
    text: str
    truth: bool
    raw: bytes
    day: dt.date
    moment: dt.datetime
    span: dt.timedelta
    exact: decimal.Decimal
    key: uuid.UUID
    colour: Colour
    missing: Optional[int]


EVERYTHING = Everything(
    number=7,
    real=1.5,
    text="x",
    truth=True,
    raw=b"\x00\xff",
    day=dt.date(2013, 1, 2),
    moment=dt.datetime(2013, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC),
    span=dt.timedelta(days=2, microseconds=5),
    exact=decimal.Decimal("1.50"),
    key=uuid.UUID(int=5),
    colour=Colour.B,
    missing=None,
)

TYPED = """select 7 as number, cast(1.5 as double precision) as real, 'x' as text, true as truth, {raw} as raw,
  date '2013-01-02' as day, timestamptz '2013-01-02 03:04:05.000006+00' as moment,
  interval '2 days 0.000005 seconds' as span, cast(1.5 as decimal(9, 2)) as exact,
  cast('00000000-0000-0000-0000-000000000005' as uuid) as key, 'b' as colour,
  cast(null as integer) as missing"""
LOOSE = """select 7 as number, 1.5 as real, 'x' as text, 1 as truth, x'00ff' as raw, '2013-01-02' as day,
  '2013-01-02 03:04:05.000006+00:00' as moment, 172800.000005 as span, '1.50' as exact,
  '00000000-0000-0000-0000-000000000005' as key, 'b' as colour, null as missing"""


def test_every_type_of_a_field(database: Any, ask: Any) -> None:
    raw = {"duckdb": "'\\x00\\xFF'::blob", "sqlalchemy": "'\\x00ff'::bytea"}.get(database.task_type, "")
    query = LOOSE if database.task_type == "sqlite" else TYPED.format(raw=raw)
    assert ask(database, query, Everything) == EVERYTHING


def test_a_table_keeps_the_databases_types(database: Any, ask: Any) -> None:
    if database.task_type == "sqlite":
        schema = ask(database, LOOSE, pa.Table).schema
        assert (schema.field("number").type, schema.field("missing").type) == (pa.int64(), pa.null())
        return
    raw = {"duckdb": "'\\x00\\xFF'::blob"}.get(database.task_type, "'\\x00ff'::bytea")
    schema = ask(database, TYPED.format(raw=raw), pa.Table).schema
    types = {name: schema.field(name).type for name in ("number", "truth", "raw", "day", "moment", "exact", "span")}
    assert types == {
        "number": pa.int32(),
        "truth": pa.bool_(),
        "raw": pa.binary(),
        "day": pa.date32(),
        "moment": pa.timestamp("us", tz="UTC"),
        "exact": pa.decimal128(9, 2),
        "span": pa.duration("us"),
    }


@dataclass
class Point:
    x: int
    y: Optional[float]


@dataclass
class Nested:
    point: Point
    words: list[str]


def test_structs_and_lists_of_duckdb(ask: Any) -> None:
    got = ask(DuckDB(), "select {'x': 1, 'y': null} as point, ['a', 'b'] as words", Nested)
    assert got == Nested(Point(1, None), ["a", "b"])
    with pytest.raises(ConversionError) as caught:
        ask(DuckDB(), "select {'x': 1, 'y': 1.5} as point, ['a', null] as words", list[Nested])
    assert str(caught.value) == (
        "ask: output 'results' at results[0].words[1]: expected str, got NULL "
        "(declare it Optional[str], or use coalesce() in the query)"
    )


def test_lists_of_postgres(postgres_uri: str, ask: Any) -> None:
    config = SQLAlchemy(uri=postgres_uri)
    assert ask(config, "select array[1, 2]", pa.Table).to_pylist() == [{"array": [1, 2]}]
    assert ask(config, "select '{\"a\": [1]}'::jsonb as j", pa.Table).to_pylist() == [{"j": '{"a": [1]}'}]
    assert ask(config, "select 1.25::numeric as n union all select 100 order by 1", pa.Table).schema.types == [
        pa.decimal128(38, 2)
    ]


def test_pydantic_rows(ask: Any) -> None:
    import pydantic

    class Model(pydantic.BaseModel):
        n: int
        word: str = "none"

    assert ask(SQLite(), "select 1 as n", list[Model]) == [Model(n=1)]
