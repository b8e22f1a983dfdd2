"""Deadlines, threads, and connections that are always closed."""

from __future__ import annotations

import datetime as dt
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from fletching import TaskMetadata
from fletching.errors import ConfigError, ConversionError, PluginBrokenError, TaskTimeoutError
from fletching_sql import DuckDB, RowCount, SQLAlchemy, SQLite, SQLTask

ENDLESS = {
    "sqlite": "with recursive t(i) as (select 1 union all select i + 1 from t) select count(*) from t",
    "duckdb": "select count(*) from range(1000000000) a, range(1000000000) b where (a.range * b.range) % 7 = 3",
    "sqlalchemy": "select pg_sleep(600)::text",
}


def test_a_query_stops_at_its_deadline(database: Any, isolated_home: Any) -> None:
    endless = SQLTask("endless", ENDLESS[database.task_type], database, outputs=str, metadata=TaskMetadata(timeout=2))
    with pytest.raises(TaskTimeoutError):
        endless()


def test_the_server_stops_too(postgres_uri: str, isolated_home: Any) -> None:
    """PostgreSQL would go on after its client was killed; it was told when to stop."""
    import psycopg

    config = SQLAlchemy(uri=postgres_uri)
    with pytest.raises(TaskTimeoutError):
        SQLTask("endless", "select pg_sleep(601)::text", config, outputs=str, metadata=TaskMetadata(timeout=2))()
    running = (
        "select count(*) from pg_stat_activity "
        "where state = 'active' and query like '%pg_sleep(601)%' and pid <> pg_backend_pid()"
    )
    end = time.monotonic() + 20
    with psycopg.connect(postgres_uri, autocommit=True) as connection:
        while connection.execute(running).fetchone() != (0,):
            assert time.monotonic() < end, "the server still runs the query"


@pytest.mark.parametrize("timeout", [dt.timedelta(days=60), dt.timedelta(seconds=30)])
def test_a_deadline_that_the_server_cannot_count_to(postgres_uri: str, timeout: dt.timedelta) -> None:
    plain = SQLTask(
        "plain", "select 1", SQLAlchemy(uri=postgres_uri), outputs=int, metadata=TaskMetadata(timeout=timeout)
    )
    assert plain() == 1


def test_a_task_is_called_from_many_threads(database: Any, ask: Any) -> None:
    ask(database, "create table t (n int)")
    put = SQLTask("put", "insert into t values (:n)", database, inputs={"n": int}, outputs=RowCount)
    same = SQLTask(
        "same",
        "select max(a.n) + cast(:n as bigint) from given a",
        database,
        inputs={"n": int, "given": pa.Table},
        outputs=int,
    )
    barrier = threading.Barrier(8)

    def work(number: int) -> list[int]:
        barrier.wait()
        found = [same(n=number * 100 + i, given=pa.table({"n": [number, i]})) for i in range(5)]
        if database.task_type != "duckdb" or number == 0:  # DuckDB refuses writers that collide
            put(n=number)
        return found

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(8)))
    assert results == [[number * 100 + i + max(number, i) for i in range(5)] for number in range(8)]
    assert ask(database, "select count(*) from t", int) == (1 if database.task_type == "duckdb" else 8)


def test_connections_are_closed(database: Any, ask: Any, monkeypatch: Any) -> None:
    """Also when the query, its rows or its tables fail."""
    from fletching_sql import engines

    opened: list[Any] = []
    closed: list[Any] = []
    before = engines.connect

    def connect(*arguments: Any) -> Any:
        session = before(*arguments)
        opened.append(session)
        close = session.close
        session.close = lambda: (close(), closed.append(session))  # type: ignore[method-assign]
        return session

    monkeypatch.setattr(engines, "connect", connect)
    ask(database, "select 1", int)
    with pytest.raises(Exception, match="nosuch"):
        ask(database, "select * from nosuch", pa.Table)
    with pytest.raises(ConversionError):
        ask(database, "select 1 as n union all select 2", int)
    with pytest.raises(ConversionError):
        ask(database, "select null as n", int)
    with pytest.raises(ConfigError):
        ask(database, "select * from given", pa.Table, {"given": Path}, given=Path(__file__))
    assert len(opened) == 5
    assert closed == opened


def test_an_error_says_which_query(database: Any, ask: Any) -> None:
    with pytest.raises(Exception, match="nosuch") as caught:
        ask(database, "select *\n  from nosuch where x = {{ .inputs.x }}", pa.Table, {"x": int}, x=1)
    dialect = "postgresql" if database.task_type == "sqlalchemy" else database.task_type
    assert f"in the query of ask ({dialect}): select * from nosuch where x = :x" in caught.value.__notes__


def test_a_parameters_value_is_in_no_error(database: Any, ask: Any) -> None:
    with pytest.raises(Exception) as caught:
        ask(database, "select * from nosuch where x = :x", pa.Table, {"x": str}, x="hunter2")
    assert "hunter2" not in str(caught.value) + "".join(caught.value.__notes__)


# Where the database is


@pytest.mark.parametrize("kind", [SQLite, DuckDB])
def test_a_file_that_may_only_be_read(kind: Any, ask: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "a b%20?#[1].db")
    ask(kind(uri=path), "create table t (n int)")
    ask(kind(uri=path), "insert into t values (1)")
    locked = kind(uri=path, read_only=True)
    assert (
        ask(locked, "select n from t join given using (n)", int, {"given": pa.Table}, given=pa.table({"n": [1]})) == 1
    )
    with pytest.raises(Exception, match=r"(?i)read-?only"):
        ask(locked, "insert into t values (2)")
    assert Path(path).exists()


@pytest.mark.parametrize("kind", [SQLite, DuckDB])
def test_a_database_that_is_not_there(kind: Any, ask: Any, tmp_path: Path) -> None:
    missing = str(tmp_path / "none" / "x.db")
    with pytest.raises(Exception) as caught:
        ask(kind(uri=missing, read_only=True), "select 1", int)
    assert f"while opening {missing!r}" in caught.value.__notes__


def test_a_file_uri(ask: Any, tmp_path: Path) -> None:
    path = tmp_path / "x y.db"
    ask(SQLite(uri=str(path)), "create table t (n int)")
    assert ask(SQLite(uri=f"{path.as_uri()}?mode=ro"), "select count(*) from t", int) == 0
    with pytest.raises(ConfigError) as caught:
        ask(SQLite(uri="https://example.com/x.db"), "select 1", int)
    assert str(caught.value) == "SQLite: 'https://example.com/x.db' is not a local file; download it in a task first"


def test_a_compressed_database(ask: Any, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.db") as connection:
        connection.execute("create table t (n int)")
        connection.execute("insert into t values (7)")
    connection.close()
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.write(tmp_path / "x.db", "../../evil.db")
    config = SQLite(uri=str(tmp_path / "x.zip"), compressed=True)
    assert ask(config, "select n from t", int) == 7
    assert not (tmp_path.parent.parent / "evil.db").exists()
    with zipfile.ZipFile(tmp_path / "x.zip", "a") as archive:
        archive.writestr("other", "")
    with pytest.raises(ConfigError) as caught:
        ask(config, "select n from t", int)
    assert str(caught.value) == (
        f"SQLite: {str(tmp_path / 'x.zip')!r} holds 2 files; a compressed database is a zip archive of one"
    )


def test_settings_of_duckdb(ask: Any) -> None:
    config = DuckDB(settings={"threads": 1, "TimeZone": "Europe/Berlin"})
    assert ask(config, "select current_setting('threads')", int) == 1
    assert ask(config, "select current_setting('TimeZone')", str) == "Europe/Berlin"
    assert ask(DuckDB(), "select current_setting('TimeZone')", str) == "UTC"


INTERACTIVE = """
from fletching_sql import DuckDB, SQLTask
print(SQLTask("watched", "select current_setting('enable_progress_bar')", DuckDB(), outputs=bool)())
"""


def test_no_progress_bar_is_drawn_between_what_tasks_print() -> None:
    """A program without a file looks to DuckDB as if somebody sat in front of it."""
    ran = subprocess.run([sys.executable, "-c", INTERACTIVE], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


def test_a_database_sqlalchemy_does_not_know(ask: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        ask(SQLAlchemy(uri="nosuch://host/x"), "select 1", int)
    assert str(caught.value) == "SQLAlchemy knows no database 'nosuch'; install its dialect"


def test_a_driver_that_is_not_installed(ask: Any) -> None:
    with pytest.raises(PluginBrokenError) as caught:
        ask(SQLAlchemy(uri="mysql+pymysql://host/x"), "select 1", int)
    assert str(caught.value) == "the driver 'pymysql' of 'mysql' is not installed; pip install pymysql"


def test_sqlalchemy_is_not_installed(ask: Any, monkeypatch: Any) -> None:
    monkeypatch.delitem(sys.modules, "fletching_sql.engines.sqlalchemy", raising=False)
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(PluginBrokenError) as caught:
        ask(SQLAlchemy(uri="postgresql://host/x"), "select 1", int)
    assert str(caught.value) == (
        "task type 'sqlalchemy' needs SQLAlchemy, which is not installed; pip install 'fletching-sql[postgres]'"
    )


def test_another_database_through_sqlalchemy(ask: Any, tmp_path: Path) -> None:
    config = SQLAlchemy(uri=f"sqlite:///{tmp_path / 'x.db'}")
    ask(config, "create table t (n int, word text)")
    given = pa.table({"n": [1, 2], "word": ["a:b", "%s"]})
    assert ask(config, "insert into t select * from given", RowCount, {"given": pa.Table}, given=given) == 2
    got = ask(config, "select word from t where n in :ns and word <> ':x'", list[str], {"ns": list[int]}, ns=[1, 2])
    assert got == ["a:b", "%s"]
    assert ask(config, "select count(*) from t where n not in :ns", int, {"ns": list[int]}, ns=[]) == 2
    assert ask(config, "select * from t order by n", pa.Table).to_pylist()[0] == {"n": 1, "word": "a:b"}
