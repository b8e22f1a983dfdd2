"""A corpus of attacks: none succeeds, and each comes back as the value it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import pyarrow as pa
import pytest

from fletching.errors import ConfigError
from fletching_sql import Allowed, DuckDB, Identifier, RowCount, SQLTask

if TYPE_CHECKING:
    from pathlib import Path

PAYLOADS = [
    # quotes that end a literal
    "' or '1'='1",
    "' or 1=1 --",
    "' or 1=1 #",
    "' or 1=1 /*",
    "') or ('1'='1",
    "')) or (('1'='1",
    "'' or ''=''",
    "x' and 1=cast((select name from users limit 1) as int) --",
    "admin'--",
    "admin' or '1'='1'/*",
    '" or ""="',
    '" or 1=1 --',
    "` or 1=1 --",
    "'||(select secret from users limit 1)||'",
    "' union select secret from users --",
    "' union all select secret, secret from users --",
    "' union select null, null, null --",
    "1' order by 9 --",
    # numbers that need no quote
    "1 or 1=1",
    "1; drop table users",
    "1) or (1=1",
    "-1 union select secret from users",
    "0x27206f7220313d31",
    "1e0union select 1",
    # stacked statements
    "'; drop table users; --",
    "'; delete from users; select '",
    "'; update users set secret = 'x' where '1'='1",
    "'; insert into users values ('m', 'm'); --",
    "'; create table evil (x int); --",
    "'; attach database '/tmp/evil.db' as evil; --",
    "'; copy users to '/tmp/evil.csv'; --",
    "'; pragma writable_schema = 1; --",
    "'; select load_extension('/tmp/evil.so'); --",
    "'; select pg_sleep(60); --",
    "'; commit; drop table users; --",
    "'\n; drop table users;\n--",
    "'; do $$ begin drop table users; end $$; --",
    # comments
    "--",
    "/*",
    "*/ drop table users /*",
    "/*! drop table users */",
    "/* /* */ ' or 1=1 --",
    "'/**/or/**/1=1--",
    "-- \n drop table users",
    # backslashes
    "\\",
    "\\'",
    "\\' or 1=1 --",
    "\\\\' or 1=1 --",
    "\\x27 or 1=1",
    "\\u0027 or 1=1",
    "\\000",
    # dollar quoting
    "$$",
    "$$ or 1=1 $$",
    "$tag$; drop table users; $tag$",
    "$1",
    "$p0",
    "$$; drop table users; --",
    # our placeholders, the drivers', and templates
    ":name",
    ":p0",
    "::int; drop table users",
    "{{ .inputs.name }}",
    "{{ .inputs.secret }}",
    "%s",
    "%(p0)s",
    "%%",
    "?",
    "?1",
    "@p0",
    "#{1}",
    "${jndi:x}",
    "{0.__class__}",
    "%c0%a7 or 1=1",
    # unicode
    "\u2019 or 1=1 --",
    "\u02bc or 1=1 --",
    "\uff07 or 1=1 --",
    "\u0000' or 1=1 --",
    "a\u0000b",
    "\u202e' or 1=1",
    "\ufeff' or 1=1 --",
    "\u00bf\u0027 or 1=1",
    "é' or 1=1 --",
    "e\u0301' or 1=1 --",
    "😀'; drop table users; --",
    "\ud7ff\ue000'",
    # control characters and size
    "\r\n' or 1=1 --",
    "\t' or 1=1 --",
    "\b' or 1=1 --",
    "\x1a' or 1=1 --",
    "'" * 1001,
    '"' * 1001,
    "a" * 100_000 + "' or 1=1 --",
    "",
    " ",
    # names
    'users"; drop table users; --',
    'name" from users; --',
    "name`; drop table users; --",
    "name]; drop table users; --",
    "(select secret from users)",
    "users.secret",
    "name, secret",
    "*",
    "/etc/passwd",
    "data.csv",
    "read_text('/etc/passwd')",
]


def test_the_corpus_is_large_and_has_no_doubles() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 60


@pytest.fixture
def users(database: Any, ask: Any) -> Any:
    """A database with something to steal and to break."""
    ask(database, "create table users (name varchar(50), secret varchar(50))")
    ask(database, "insert into users values ('ann', 's1'), ('bob', 's2'), ('cid', 's3')")
    ask(database, "create table notes (text text)")
    return database


def untouched(config: Any, ask: Any) -> bool:
    return bool(
        ask(config, "select name || ':' || secret from users order by name", list[str])
        == ["ann:s1", "bob:s2", "cid:s3"]
    )


def refused(config: Any, payload: str) -> bool:
    """PostgreSQL's text holds no NUL, and says so."""
    return config.task_type == "sqlalchemy" and "\0" in payload


def test_values_come_back_unchanged(users: Any, ask: Any) -> None:
    import sqlalchemy as sa

    say = SQLTask("say", "select cast(:text as varchar)", users, inputs={"text": str}, outputs=str)
    for payload in PAYLOADS:
        if refused(users, payload):
            with pytest.raises(sa.exc.DataError, match="NUL"):
                say(text=payload)
        else:
            assert say(text=payload) == payload
    assert untouched(users, ask)


@pytest.mark.parametrize("placeholder", [":name", "{{ .inputs.name }}"])
def test_no_payload_matches_a_row(users: Any, ask: Any, placeholder: str) -> None:
    find = SQLTask(
        "find", f"select count(*) from users where name = {placeholder}", users, inputs={"name": str}, outputs=int
    )
    assert find(name="ann") == 1
    for payload in PAYLOADS:
        if not refused(users, payload):
            assert find(name=payload) == 0
    assert untouched(users, ask)


def test_no_list_of_payloads_matches_a_row(users: Any, ask: Any) -> None:
    usable = [payload for payload in PAYLOADS if not refused(users, payload)]
    query = "select name from users where name in :names order by name"
    assert ask(users, query, list[str], {"names": list[str]}, names=[*usable, "bob"]) == ["bob"]
    assert ask(users, query.replace("in", "not in"), list[str], {"names": list[str]}, names=usable) == [
        "ann",
        "bob",
        "cid",
    ]
    assert untouched(users, ask)


def test_payloads_are_stored_as_they_are(users: Any, ask: Any) -> None:
    store = SQLTask("store", "insert into notes values (:text)", users, inputs={"text": str}, outputs=RowCount)
    usable = [payload for payload in PAYLOADS if not refused(users, payload)]
    for payload in usable:
        assert store(text=payload) == 1
    assert sorted(ask(users, "select text from notes", list[str])) == sorted(usable)
    assert untouched(users, ask)


def test_payloads_travel_in_tables(users: Any, ask: Any) -> None:
    usable = [payload for payload in PAYLOADS if not refused(users, payload)]
    table = pa.table({"text": usable})
    got = ask(users, "select text from given", list[str], {"given": pa.Table}, given=table)
    assert sorted(got) == sorted(usable)
    assert untouched(users, ask)


def test_payloads_as_names_of_columns(users: Any, ask: Any) -> None:
    # PostgreSQL cuts names at 63 bytes; a name cannot be empty or hold NUL, and is no name twice.
    usable = [name for name in PAYLOADS if 0 < len(name.encode()) < 64 and "\0" not in name]
    table = pa.table({name: [1] for name in usable})
    got = ask(users, "select * from given", pa.Table, {"given": pa.Table}, given=table)
    assert got.column_names == usable
    assert untouched(users, ask)


def test_payloads_as_identifiers_are_refused(users: Any, ask: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text("secret\nfile\n")
    column = SQLTask("column", "select :column from users", users, inputs={"column": Identifier}, outputs=list[str])
    table = SQLTask("table", "select * from :table", users, inputs={"table": Identifier}, outputs=pa.Table)
    assert column(column="name") == ["ann", "bob", "cid"]
    assert table(table="users").num_rows == 3
    allowed = {"users.secret"}  # a name like any other: who may not see it uses Allowed
    for payload in PAYLOADS:
        for task, name in ((column, "column"), (table, "table")):
            if payload in allowed:
                continue
            with pytest.raises(Exception) as caught:
                task(**{name: payload})
            assert "s1" not in str(caught.value)
    assert untouched(users, ask)


def test_a_dotted_name_is_no_file(tmp_path: Path, monkeypatch: Any) -> None:
    """DuckDB would read ``"data"."csv"``, so a dotted name has to be on a list of the author's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text("a\n1\n")
    free = SQLTask("free", "select * from :table", DuckDB(), inputs={"table": Identifier}, outputs=pa.Table)
    with pytest.raises(ConfigError) as caught:
        free(table="data.csv")
    assert str(caught.value) == (
        "argument 'table': DuckDB may read the dotted name 'data.csv' as a file; "
        "limit the input with Annotated[Identifier, Allowed(...)], or pass the name without dots"
    )
    listed = SQLTask(
        "listed",
        "select count(*) from :table",
        DuckDB(),
        inputs={"table": Annotated[Identifier, Allowed("information_schema.tables")]},
        outputs=int,
    )
    assert listed(table="information_schema.tables") == 0


def test_duckdb_sees_no_python_variable() -> None:
    stolen = pa.table({"secret": ["s1"]})
    with pytest.raises(Exception, match="stolen"):
        SQLTask("peek", "select * from stolen", DuckDB(), outputs=pa.Table)()
    assert stolen.num_rows == 1


def test_an_unknown_column_is_never_a_string(users: Any) -> None:
    """SQLite takes an unknown name in double quotes for a string; ours are in backticks."""
    column = SQLTask("column", "select :column from users", users, inputs={"column": Identifier}, outputs=list[str])
    with pytest.raises(Exception, match="nosuch"):
        column(column="nosuch")
