"""Rows that do not fit the declared output: what is wrong, in which row and column, and what to do."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pytest

from fletching import FlyteFile, Interface
from fletching.errors import ConfigError, ConversionError
from fletching_sql import RowCount, SQLite
from fletching_sql.plan import make_plan


class Colour(enum.Enum):
    A = "a"
    B = "b"


@dataclass
class Hour:
    hour: int
    delay: float


@pytest.mark.parametrize(
    ("outputs", "query", "message"),
    [
        (
            list[Hour],
            "select 1 as hour, 2.5 as delay union all select 2, null order by 1",
            (
                "ask: output 'results' at results[1].delay: expected float, got NULL "
                "(declare it Optional[float], or use coalesce() in the query)"
            ),
        ),
        (
            Hour,
            "select 1 as hour, null as delay",
            (
                "ask: output 'results' at results.delay: expected float, got NULL "
                "(declare it Optional[float], or use coalesce() in the query)"
            ),
        ),
        (
            list[Hour],
            "select 'x' as hour, 2.5 as delay",
            "ask: output 'results' at results[0].hour: expected int, got str 'x' (use cast(… as bigint) in the query)",
        ),
        (
            list[Hour],
            "select 1 as hour, 2.5 as dely",
            (
                "ask: output 'results': expected the columns hour, delay, got the columns hour, dely "
                "(column 'dely' is no field of Hour; did you mean 'delay'?)"
            ),
        ),
        (
            list[Hour],
            "select 1 as hour",
            (
                "ask: output 'results': expected the columns hour, delay, got the columns hour "
                "(field 'delay' has no column; select it, or give the field a default)"
            ),
        ),
        (
            list[Hour],
            "select 1 as hour, 2.5 as delay, 3 as hour",
            (
                "ask: output 'results': expected the columns hour, delay, got the columns hour, delay, hour "
                "(column 'hour' comes twice; rename one with as)"
            ),
        ),
        (
            Hour,
            "select 1 as hour, 2.5 as delay where 1 = 0",
            "ask: output 'results': expected one row, got no row (declare the output Optional if there may be none)",
        ),
        (
            Hour,
            "select 1 as hour, 2.5 as delay union all select 2, 2.5",
            (
                "ask: output 'results': expected one row, got more than one "
                "(add limit 1 or an aggregate, or declare a list)"
            ),
        ),
        (
            int,
            "select 1, 2 as b",
            None,
        ),
        (
            int,
            "select null as n",
            (
                "ask: output 'results' at results.n: expected int, got NULL "
                "(declare it Optional[int], or use coalesce() in the query)"
            ),
        ),
        (
            list[str],
            "select 'a' as word union all select null order by 1 desc",
            None,
        ),
        (
            Colour,
            "select 'z' as c",
            "ask: output 'results' at results.c: expected Colour, got str 'z' (one of ['a', 'b'])",
        ),
        (
            RowCount,
            "select 1 as n",
            None,
        ),
        (
            pa.Table,
            "select 1 as a, 2 as a",
            "ask: output 'results': expected columns of different names, got 'a' twice (rename one with as)",
        ),
    ],
)
def test_what_does_not_fit_is_named(database: Any, ask: Any, outputs: Any, query: str, message: str | None) -> None:
    with pytest.raises(ConversionError) as caught:
        ask(database, query, outputs)
    if message is not None:
        assert str(caught.value) == message


def test_no_rows_where_rows_are_expected(database: Any, ask: Any) -> None:
    ask(database, "create table t (n int)")
    with pytest.raises(ConversionError) as caught:
        ask(database, "insert into t values (1)", list[int])
    assert str(caught.value) == (
        "ask: output 'results': expected rows, got a statement that returns none "
        "(declare RowCount or None, or add a returning clause)"
    )
    assert ask(database, "select count(*) from t", int) == 0


def test_a_count_where_there_is_none(ask: Any) -> None:
    with pytest.raises(ConversionError) as caught:
        ask(SQLite(), "select 1 as n", RowCount)
    assert str(caught.value) == (
        "ask: output 'results': expected a count of changed rows, got rows with the columns n "
        "(RowCount is for insert, update, delete and merge)"
    )


def test_several_columns_for_one_value(ask: Any) -> None:
    with pytest.raises(ConversionError) as caught:
        ask(SQLite(), "select 1 as a, 2 as b", int)
    assert str(caught.value) == (
        "ask: output 'results': expected one column, got the columns a, b "
        "(select one, or declare a dataclass with these fields)"
    )


def test_a_column_of_several_types_in_sqlite(ask: Any) -> None:
    with pytest.raises(ConversionError) as caught:
        ask(SQLite(), "select 1 as n union all select 'x'", pa.Table)
    assert str(caught.value) == (
        "ask: output 'results': expected one type, got values of int, str "
        "(column 'n' mixes types; cast it to one type in the query)"
    )


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (
            pa.RecordBatchReader,
            (
                "q: a RecordBatchReader can be read only once; "
                "declare FlyteFile['parquet'], which is written batch by batch"
            ),
        ),
        (FlyteFile["xlsx"], "q: a query cannot write a 'xlsx' file; one of arrow, csv, feather, ipc, parquet, pq"),
        ({"a": int, "b": int}, "q: a query has one output, not 2; declare a dataclass with a field a column"),
    ],
)
def test_outputs_no_query_has(outputs: Any, message: str) -> None:
    from fletching_sql.config import DuckDB as Config

    outputs = outputs if isinstance(outputs, dict) else {"o0": outputs}
    with pytest.raises(ConfigError) as caught:
        make_plan("select 1", Config(), Interface(outputs=outputs), "q")
    assert str(caught.value) == message
