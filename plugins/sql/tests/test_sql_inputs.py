"""Tables that go into a query, and inputs that cannot."""

from __future__ import annotations

import datetime as dt
import decimal
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from fletching import FlyteFile, Interface
from fletching.errors import ConfigError, ConversionError
from fletching_arrow import StructuredDataset
from fletching_sql import Allowed, DuckDB, Identifier, SQLite, SQLTask
from fletching_sql.plan import make_plan

TABLE = pa.table({"n": [1, 2, 3], "word": ["a", None, "it's"], "real": [1.5, None, 2.5]})
QUERY = "select n, word, real from given where n <> :skip order by n"
EXPECTED = [{"n": 1, "word": "a", "real": 1.5}, {"n": 3, "word": "it's", "real": 2.5}]


@dataclass
class Line:
    n: int
    word: str | None
    real: float | None


def forms(folder: Path) -> dict[str, tuple[Any, Any]]:
    pyarrow.csv.write_csv(TABLE, folder / "given [1]*?'\".csv")
    pyarrow.parquet.write_table(TABLE, folder / "given [1]*?'\".parquet")
    with pa.ipc.new_file(folder / "given.arrow", TABLE.schema) as sink:
        sink.write_table(TABLE)
    (folder / "given.tsv").write_text('n\tword\treal\n1\ta\t1.5\n2\t\t\n3\t"it\'s"\t2.5\n')
    return {
        "pyarrow.Table": (pa.Table, TABLE),
        "pyarrow.RecordBatch": (pa.RecordBatch, TABLE.to_batches()[0]),
        "pandas.DataFrame": (pd.DataFrame, TABLE.to_pandas()),
        "polars.DataFrame": (pl.DataFrame, pl.from_arrow(TABLE)),
        "dataclasses": (list[Line], [Line(**row) for row in TABLE.to_pylist()]),
        "csv": (FlyteFile["csv"], FlyteFile["csv"](folder / "given [1]*?'\".csv")),
        "parquet": (FlyteFile["parquet"], FlyteFile["parquet"](folder / "given [1]*?'\".parquet")),
        "arrow": (FlyteFile, FlyteFile(folder / "given.arrow")),
        "tsv": (FlyteFile["tsv"], FlyteFile["tsv"](folder / "given.tsv")),
        "path": (Path, folder / "given [1]*?'\".csv"),
    }


FORMS = [
    "pyarrow.Table",
    "pyarrow.RecordBatch",
    "pandas.DataFrame",
    "polars.DataFrame",
    "dataclasses",
    "csv",
    "parquet",
    "arrow",
    "tsv",
    "path",
]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_table(database: Any, ask: Any, form: str, tmp_path: Path) -> None:
    annotation, value = forms(tmp_path)[form]
    got = ask(database, QUERY, pa.Table, {"given": annotation, "skip": int}, given=value, skip=2)
    assert got.to_pylist() == EXPECTED


def test_duckdb_takes_arrow_without_a_copy(ask: Any) -> None:
    """The buffer that goes in is the one that comes out."""
    from fletching_sql.engines import connect
    from fletching_sql.query import parse, syntax_of

    big = pa.table({"n": pa.array(range(100_000), pa.int64())})
    before = pa.total_allocated_bytes()
    with connect(DuckDB()) as session:
        session.register("given", big)
        query = parse("select sum(n) as s from given", syntax_of("duckdb"))
        answer = session.run(query, query.named, {}, counts=False)
        assert list(answer.rows()) == [(4999950000,)]
        assert pa.total_allocated_bytes() - before < big.nbytes // 10


@pytest.mark.parametrize("form", FORMS)
def test_a_table_is_read_as_often_as_the_query_asks(ask: Any, form: str, tmp_path: Path) -> None:
    annotation, value = forms(tmp_path)[form]
    query = "select count(*) from given a, given b where a.n < b.n"
    assert ask(DuckDB(), query, int, {"given": annotation}, given=value) == 3


@pytest.mark.parametrize("rows", [3, 0])
def test_a_structured_dataset_goes_in_and_comes_out(database: Any, ask: Any, rows: int) -> None:
    inputs = {"given": StructuredDataset}
    given = StructuredDataset(dataframe=TABLE.slice(0, rows))
    got = ask(database, "select n, word from given order by n", StructuredDataset, inputs, given=given)
    assert got.open(pa.Table).all().to_pylist() == TABLE.slice(0, rows).select(["n", "word"]).to_pylist()
    again = ask(database, "select a.n from given a join given b on a.n = b.n + 1", list[int], inputs, given=got)
    assert sorted(again) == ([2, 3] if rows else [])


def test_several_tables_are_joined(database: Any, ask: Any) -> None:
    names = pa.table({"n": [1, 3], "name": ["one", "three"]})
    got = ask(
        database,
        "select name, word from a join b using (n) order by n",
        pa.Table,
        {"a": pa.Table, "b": pd.DataFrame},
        a=TABLE,
        b=names.to_pandas(),
    )
    assert got.to_pylist() == [{"name": "one", "word": "a"}, {"name": "three", "word": "it's"}]


def test_every_type_of_a_column_goes_in(database: Any, ask: Any) -> None:
    moment = dt.datetime(2020, 1, 2, 3, 4, 5, 6)
    table = pa.table(
        {
            "truth": [True],
            "small": pa.array([1], pa.int8()),
            "large": pa.array([2**63], pa.uint64()) if database.task_type != "sqlite" else pa.array([5], pa.uint64()),
            "single": pa.array([0.5], pa.float32()),
            "raw": [b"\x00'"],
            "day": [dt.date(2020, 1, 2)],
            "naive": pa.array([moment], pa.timestamp("us")),
            "aware": pa.array([moment], pa.timestamp("us", tz="UTC")),
            "exact": [decimal.Decimal("1.25")],
            "nothing": pa.nulls(1),
            "clock": [dt.time(1, 2, 3)],
            "span": [dt.timedelta(seconds=90)],
            "items": [[1, 2]],
        }
    )
    got = ask(database, "select * from given", pa.Table, {"given": pa.Table}, given=table).to_pylist()[0]
    assert (got["small"], got["single"], got["raw"], got["nothing"]) == (1, 0.5, b"\x00'", None)
    assert got["large"] in (2**63, 5)
    assert bool(got["truth"]) is True
    if database.task_type == "sqlite":
        assert (got["day"], got["naive"], got["exact"], got["span"], got["items"]) == (
            "2020-01-02",
            "2020-01-02 03:04:05.000006",
            1.25,
            90.0,
            "[1, 2]",
        )
    else:
        assert (got["day"], got["naive"], got["exact"]) == (dt.date(2020, 1, 2), moment, decimal.Decimal("1.25"))
        assert got["aware"] == moment.replace(tzinfo=dt.UTC)
        assert got["span"] == dt.timedelta(seconds=90)
        assert got["items"] in ([1, 2], "[1, 2]")


def test_rows_of_a_table_are_stored(database: Any, ask: Any) -> None:
    ask(database, "create table kept (n int, word varchar(9))")
    ask(database, "insert into kept select n, word from given", None, {"given": pa.Table}, given=TABLE)
    assert ask(database, "select count(word) from kept", int) == 2


def test_an_empty_table(database: Any, ask: Any) -> None:
    assert ask(database, "select count(*) from given", int, {"given": pa.Table}, given=TABLE.slice(0, 0)) == 0


def test_an_empty_list_of_rows_has_its_columns(database: Any, ask: Any) -> None:
    assert ask(database, "select count(word) from given", int, {"given": list[Line]}, given=[]) == 0


def test_a_file_that_is_no_table(tmp_path: Path, ask: Any) -> None:
    (tmp_path / "x.txt").write_text("x")
    with pytest.raises(ConfigError) as caught:
        ask(DuckDB(), "select * from given", pa.Table, {"given": FlyteFile}, given=FlyteFile(tmp_path / "x.txt"))
    assert str(caught.value) == (
        f"the file {str(tmp_path / 'x.txt')!r} is no table; "
        "give a name ending in .csv, .tsv, .parquet, .pq, .arrow, .feather, .ipc"
    )


# Identifiers


def test_an_identifier_names_a_column_and_a_table(database: Any, ask: Any) -> None:
    ask(database, 'create table "Some Table" ("Unit Price" int, n int)')
    ask(database, 'insert into "Some Table" values (5, 1), (4, 2)')
    query = "select :column from {{ .inputs.table }} order by :column"
    inputs = {"column": Identifier, "table": Identifier}
    assert ask(database, query, list[int], inputs, column="Unit Price", table="Some Table") == [4, 5]
    assert ask(database, query, list[int], inputs, column=Identifier("n"), table=Identifier("Some Table")) == [1, 2]


@pytest.mark.parametrize("name", ["x", "_x", "größe", "a$b", "Unit Price", "a-b", "a.b.c", "x" * 128, "名前"])
def test_names_that_are_identifiers(name: str) -> None:
    made = Identifier(name)
    assert (made, made.parts, repr(made)) == (name, tuple(name.split(".")), f"Identifier({name!r})")


@pytest.mark.parametrize(
    "name",
    ["", " x", "x ", "1x", "a..b", ".a", "a.", "a  b", 'a"b', "a'b", "a`b", "a]b", "a;b", "a--b", "a/b", "a\0", "a\nb"],
)
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Identifier(name)
    assert str(caught.value) == (
        f"{name!r} is no identifier; use letters, digits, _ and $, "
        "single spaces or hyphens between words, dots between parts"
    )


def test_a_name_that_is_too_long() -> None:
    with pytest.raises(ConfigError) as caught:
        Identifier("x" * 129)
    assert str(caught.value) == f"the identifier {'x' * 20 + '…'!r} has 129 characters; at most 128 are allowed"


def test_an_identifier_may_be_limited(ask: Any) -> None:
    inputs = {"by": Annotated[Identifier, Allowed("n", "word")]}
    query = "select n from (select 1 as n, 'x' as word, 's' as secret) as t order by :by"
    assert ask(DuckDB(), query, list[int], inputs, by="word") == [1]
    with pytest.raises(ConversionError) as caught:
        ask(DuckDB(), query, list[int], inputs, by="wrd")
    assert str(caught.value) == (
        "ask: argument 'by': expected Identifier, got str 'wrd' "
        "(the identifier 'wrd' is not allowed; did you mean 'word'?; allowed: 'n', 'word')"
    )


def test_allowed_is_a_value() -> None:
    assert Allowed("a", "b") == Allowed("a", "b") != Allowed("a")
    assert len({Allowed("a"), Allowed("a")}) == 1
    assert repr(Allowed("a")) == "Allowed('a')"
    with pytest.raises(ConfigError, match="needs at least one name"):
        Allowed()


# What cannot be an input


@pytest.mark.parametrize(
    ("annotation", "shown"), [(dict[str, int], "dict[str, int]"), (list[list[int]], "list[list[int]]"), (Line, "Line")]
)
def test_inputs_that_no_query_takes(annotation: Any, shown: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make_plan("select :x", SQLite(), Interface(inputs={"x": annotation}, outputs={"o0": int}), "q")
    assert str(caught.value) == (
        f"q: input 'x' of type {shown} cannot be bound; "
        "use a scalar, a list of scalars, an Identifier, a table, a file or a list of dataclasses"
    )


def test_a_task_without_a_database() -> None:
    with pytest.raises(ConfigError) as caught:
        SQLTask("q", "select 1", outputs=int)
    assert str(caught.value) == (
        "task 'q': task_config must say which database: SQLite, DuckDB or SQLAlchemy; got nothing"
    )
