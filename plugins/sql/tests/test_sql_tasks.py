"""The tasks as tasks: the conformance kit, the two ways to write one, the wire, the cache, secrets."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import strategies as st

from fletching import Secret, TaskMetadata, kwtypes, task
from fletching.errors import ConfigError, SecretNotFoundError
from fletching.extend import SerializationSettings, manager, task_template
from fletching.testing import PluginConformance, TaskTypeConformance, TransformerConformance
from fletching_sql import (
    DuckDB,
    DuckDBQuery,
    Identifier,
    RowCount,
    SQLAlchemy,
    SQLAlchemyConfig,
    SQLAlchemyTask,
    SQLite,
    SQLite3Config,
    SQLite3Task,
    SQLTask,
)
from fletching_sql.task import SQLFunctionTask

SETTINGS = SerializationSettings.for_image("example.com/image:1", "v1", "project", "domain")


def add(numbers: list[int], more: int = 1) -> int: ...


ADD = "select :more + 0 where 3 in :numbers"


class TestPackage(PluginConformance):
    distribution = "fletching-sql"


class EveryType(TaskTypeConformance):
    distribution = "fletching-sql"
    config: Any

    def make_task(self, metadata: TaskMetadata | None = None) -> SQLFunctionTask:
        return SQLFunctionTask(self.config, add, metadata=metadata)

    def example(self) -> tuple[dict[str, Any], Any]:
        return {"numbers": [1, 3], "more": 7}, 7


class TestSQLite(EveryType):
    task_type = "sqlite"
    config = SQLite(ADD)


class TestDuckDB(EveryType):
    task_type = "duckdb"
    config = DuckDB(ADD)


class TestSQLAlchemy(EveryType):
    task_type = "sqlalchemy"

    @pytest.fixture(autouse=True)
    def _server(self, postgres_uri: str) -> None:
        self.config = SQLAlchemy(ADD, uri=postgres_uri)


class TestIdentifier(TransformerConformance):
    annotation = Identifier

    def values(self) -> Any:
        return st.from_regex(r"[a-z_][a-z0-9_]{0,9}(\.[A-Z][a-z ]?[a-z])?", fullmatch=True)

    def misfits(self) -> Any:
        return [7, None, "", "a'b", 'x"; drop']


class TestRowCount(TransformerConformance):
    annotation = RowCount

    def values(self) -> Any:
        return st.integers(-(2**63), 2**63 - 1)

    def misfits(self) -> Any:
        return ["7", 1.0, True, None, 2**63]


# Two ways to write one


@dataclass
class Hour:
    hour: int
    delay: float


@task(
    task_config=DuckDB("""
        select hour, avg(delay) as delay from flights
        where carrier = :carrier and hour in :hours
        group by hour order by delay desc
    """)
)
def worst(flights: pa.Table, carrier: str, hours: list[int]) -> list[Hour]:
    """The hours in which a carrier loses most time."""
    ...


FLIGHTS = pa.table({"hour": [6, 6, 7, 7], "delay": [1.0, 3.0, 5.0, 90.0], "carrier": ["UA", "UA", "UA", "AA"]})


def test_a_function_gives_the_signature() -> None:
    assert worst(FLIGHTS, "UA", [6, 7]) == [Hour(7, 5.0), Hour(6, 2.0)]
    assert worst(FLIGHTS, hours=[6], carrier="UA") == [Hour(6, 2.0)]
    assert worst.task_type == "duckdb"
    assert worst.__doc__ == "The hours in which a carrier loses most time."


def test_a_body_may_raise_instead() -> None:
    @task(task_config=SQLite("select :a * 2"))
    def double(a: int) -> int:
        """Twice a."""
        raise NotImplementedError

    @task(task_config=SQLite("select :a * 3"))
    def triple(a: int) -> int:
        raise NotImplementedError("the query does it")

    @task(task_config=SQLite("select 1"))
    def nothing() -> None:
        pass

    assert (double(4), triple(4), nothing()) == (8, 12, None)


def test_a_body_that_does_something_is_refused() -> None:
    def double(a: int) -> int:
        return a * 2

    def three() -> int:
        return 3

    def stored() -> None:
        found = None  # noqa: F841

    def called() -> None:
        print()

    def given(a: int) -> int:
        return a

    for function in (double, three, stored, called, given):
        with pytest.raises(ConfigError) as caught:
            task(task_config=SQLite("select 1"))(function)
        assert str(caught.value) == (
            f"{function.__name__}: the body of a SQL task never runs; "
            "write ... as the body, and the query in task_config"
        )


def test_a_wrong_query_is_found_where_it_is_written() -> None:
    with pytest.raises(ConfigError) as caught:

        @task(task_config=DuckDB("select :carier"))
        def find(carrier: str) -> str: ...

    assert str(caught.value) == "find: the query uses :carier, which is no input; did you mean 'carrier'?"
    with pytest.raises(ConfigError) as caught:

        @task(task_config=DuckDB())
        def nothing() -> str: ...

    assert str(caught.value) == "nothing: the query is empty; give the SQL to run"


def test_a_query_with_a_name() -> None:
    top = SQLTask(
        "top",
        "select carrier from flights where delay > {{ .inputs.least }} order by carrier",
        DuckDB(),
        inputs={"flights": pa.Table, "least": (float, 4.0)},
        outputs=list[str],
    )
    assert top(flights=FLIGHTS) == ["AA", "UA"]
    assert top(flights=FLIGHTS, least=9.0) == ["AA"]
    assert (top.name, top.task_type, list(top.python_interface.outputs)) == ("top", "duckdb", ["results"])


def test_the_query_is_given_once() -> None:
    with pytest.raises(ConfigError) as caught:
        SQLTask("q", "select 1", SQLite("select 2"), outputs=int)
    assert str(caught.value) == "task 'q': the query is in query_template and in task_config; keep one"


def test_the_spellings_of_flytekit(tmp_path: Any, postgres_uri: str) -> None:
    path = str(tmp_path / "x.db")
    make = SQLite3Task(
        name="make",
        query_template="create table t (n int)",
        task_config=SQLite3Config(path),
        outputs={"none": None},
    )
    assert make() is None
    ask = SQLite3Task(
        name="ask",
        query_template="select {{ .inputs.limit }} + 0 as n, count(*) as c from t",
        inputs=kwtypes(limit=int),
        task_config=SQLite3Config(uri=path),
    )
    assert ask(limit=3).to_pylist() == [{"n": 3, "c": 0}]
    server = SQLAlchemyTask(
        "server", "select {{.inputs.x}}::int as x", SQLAlchemyConfig(uri=postgres_uri), inputs=kwtypes(x=int)
    )
    assert server(x=5).to_pylist() == [{"x": 5}]
    table = SQLAlchemyTask(
        "table", "drop table if exists none", SQLAlchemyConfig(postgres_uri), output_schema_type=None
    )
    assert table() is None
    duck = DuckDBQuery("duck", "select n * :f as m from numbers", inputs=kwtypes(numbers=pa.Table, f=int))
    assert duck(numbers=pa.table({"n": [2]}), f=4).to_pylist() == [{"m": 8}]
    with pytest.raises(ConfigError, match="task 'two': query must be one statement; make a task of each"):
        DuckDBQuery("two", ["select 1", "select 2"])  # type: ignore[arg-type]


# The wire


def test_the_template() -> None:
    template = task_template(worst, SETTINGS)
    assert template.type == "duckdb"
    assert template.container.args[0] == "fletch-execute"
    assert MessageToDict(template.custom) == {"query_template": worst.query_template, "uri": ":memory:"}
    assert "where carrier = :carrier and hour in :hours" in worst.get_sql(SETTINGS).statement


asked = SQLTask(
    "q",
    "select {{ .inputs.x }}",
    SQLAlchemy(
        uri="postgresql://reader@db/flights",
        connect_args={"connect_timeout": 5},
        secret_connect_args={"password": Secret(group="db", key="password")},
    ),
    inputs={"x": str},
    outputs=str,
)


def test_what_is_written_of_each_type(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("_FSEC_DB_PASSWORD", "s3cr3t-word")
    query = "select {{ .inputs.x }}"
    assert asked.get_custom(SETTINGS) == {
        "query_template": query,
        "uri": "postgresql://reader@db/flights",
        "connect_args": {"connect_timeout": 5},
        "secret_connect_args": {
            "password": {"group": "db", "key": "password", "group_version": None, "mount_requirement": 0}
        },
    }
    template = task_template(asked, SETTINGS)
    assert [(secret.group, secret.key) for secret in template.security_context.secrets] == [("db", "password")]
    assert "s3cr3t-word" not in str(template)
    assert asked.get_sql(SETTINGS).statement == "select :x"
    small = SQLTask("s", query, SQLite3Config("x.db", True), inputs={"x": str}, outputs=str)
    assert small.get_custom(SETTINGS) == {"query_template": query, "uri": "x.db", "compressed": True}


def test_a_task_travels() -> None:
    again = pickle.loads(pickle.dumps(SQLTask("q", "select :x * 2", SQLite(), inputs={"x": int}, outputs=int)))
    assert again(x=4) == 8


# The cache


def test_a_derived_cache_version_follows_the_query(isolated_home: Any) -> None:
    def version(config: Any) -> str:
        @task(task_config=config, cache=True)
        def one() -> int: ...

        return str(one.metadata.cache_version)

    first = version(SQLite("select 1"))
    assert (
        len({first, version(SQLite("select 2")), version(DuckDB("select 1")), version(SQLite("select 1", uri="x"))})
        == 4
    )
    assert version(SQLite("select 1")) == first

    @task(task_config=SQLite("select 1"), cache=True, cache_version="mine")
    def one() -> int: ...

    assert one.metadata.cache_version == "mine"


# Secrets


def test_a_password_is_looked_up_when_the_task_runs(postgres_uri: str, monkeypatch: Any, ask: Any) -> None:
    secret = Secret(group="db", key="password")
    config = SQLAlchemy(uri=postgres_uri, secret_connect_args={"password": secret})
    with pytest.raises(SecretNotFoundError):
        ask(config, "select 1", int)
    monkeypatch.setenv("_FSEC_DB_PASSWORD", "s3cr3t-word")
    one = SQLTask("one", "select 1", config, outputs=int)
    assert one() == 1
    assert "s3cr3t-word" not in f"{config!r}{one!r}{pickle.dumps(one)!r}"


def test_the_driver_gets_the_secret(postgres_uri: str, monkeypatch: Any) -> None:
    from fletching_sql.engines import connect

    monkeypatch.setenv("_FSEC_DB_PASSWORD", "s3cr3t-word")
    config = SQLAlchemy(uri=postgres_uri, secret_connect_args={"password": Secret(group="db", key="password")})
    with connect(config) as session:
        assert session.driver.info.password == "s3cr3t-word"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"uri": "postgresql://me:hunter2@db/x"},
            (
                "SQLAlchemy: the uri 'postgresql://me:***@db/x' holds a password, which would be serialized; "
                "remove it and give secret_connect_args={'password': Secret(...)}"
            ),
        ),
        (
            {"uri": "postgresql://db/x?user=me&password=hunter2"},
            (
                "SQLAlchemy: the uri 'postgresql://db/x?user=me&password=***' holds a password, "
                "which would be serialized; "
                "remove it and give secret_connect_args={'password': Secret(...)}"
            ),
        ),
        (
            {"uri": "postgresql://db/x", "connect_args": {"password": "hunter2"}},
            (
                "SQLAlchemy: connect_args['password'] would be serialized; "
                "give it as secret_connect_args={'password': Secret(...)}"
            ),
        ),
        (
            {"uri": "postgresql://db/x", "secret_connect_args": {"password": "hunter2"}},
            "SQLAlchemy: secret_connect_args['password'] must be a Secret, not str",
        ),
        (
            {
                "uri": "postgresql://db/x",
                "connect_args": {"user": "x"},
                "secret_connect_args": {"user": Secret(group="db")},
            },
            "SQLAlchemy: 'user' is in connect_args and in secret_connect_args; keep one",
        ),
        ({}, "SQLAlchemy: uri is empty; say which database"),
        ({"uri": 3}, "SQLAlchemy: uri must be a str, not int"),
        ({"uri": "x://", "query": 3}, "SQLAlchemy: query must be a str, not int"),
    ],
)
def test_configs_that_are_wrong(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SQLAlchemy(**options)
    assert str(caught.value) == message
    assert "hunter2" not in str(caught.value)


def test_a_subclass_of_a_config_keeps_its_word() -> None:
    class Ours(DuckDB):
        pass

    assert manager().task_class_for(Ours("select 1")) is SQLFunctionTask
    assert Ours("select 1").task_type == "duckdb"
