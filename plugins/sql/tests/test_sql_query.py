"""What is a placeholder, and what only looks like one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fletching.errors import ConfigError
from fletching_sql.query import Placeholder, parse, syntax_of


def names(text: str, dialect: str = "postgresql") -> tuple[str, ...]:
    return parse(text, syntax_of(dialect)).names


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("select :a", ("a",)),
        ("select :a, :b, :a", ("a", "b")),
        ("select {{ .inputs.a }}", ("a",)),
        ("select {{.Inputs.a}} + {{inputs.b}}", ("a", "b")),
        ("select {{ .INPUTS.a }}", ("a",)),
        ("select ':a', :b", ("b",)),
        ("select 'it''s :a', :b", ("b",)),
        ('select ":a" from t where x=:b', ("b",)),
        ('select "a"":b" , :c', ("c",)),
        ("select 1 -- :a\n, :b", ("b",)),
        ("select 1 /* :a */, :b", ("b",)),
        ("select 1 /* /* :a */ :b */, :c", ("c",)),
        ("select $$ :a $$, :b", ("b",)),
        ("select $t$ $$ :a $t$, :b", ("b",)),
        ("select E'\\' :a', :b", ("b",)),
        ("select 'back\\', :b", ("b",)),
        ("select x::int, :a::int", ("a",)),
        ("select x :: int, :a", ("a",)),
        ("select f(x := 1, y => :a)", ("a",)),
        ("select arr[1:2], arr[lo:hi], :a", ("a",)),
        ("select arr[lo : :hi]", ("hi",)),
        ("select {'k':v, 'l': :a}", ("a",)),
        ("select a||:b", ("b",)),
        ("select :größe", ("größe",)),
        ("select (:a)", ("a",)),
        ("select '12:30:00'::time, timestamp '2020-01-01 00:00:00'", ()),
        ("select -:a", ("a",)),
        ("select nameE':a'", ()),
        ("select 1.5e3, x'00', b'1', :a", ("a",)),
        ("select $1, :a", ("a",)),
        ("select a$b$c, :d", ("d",)),
    ],
)
def test_placeholders_are_found_and_nothing_else(text: str, found: tuple[str, ...]) -> None:
    assert names(text) == found


@pytest.mark.parametrize(
    ("dialect", "text", "found"),
    [
        ("sqlite", "select [:a], :b", ("b",)),
        ("sqlite", "select `:a`, :b", ("b",)),
        ("sqlite", "select 1 /* /* :a */, :b", ("b",)),
        ("sqlite", "select $$, :a", ("a",)),
        ("duckdb", "select [:a]", ("a",)),
        ("duckdb", "select $$:a$$, :b", ("b",)),
        ("mysql", "select 'it\\'s :a', :b", ("b",)),
        ("mysql", "select 1 # :a\n, :b", ("b",)),
        ("sqlite", "select E':a', :b", ("b",)),
        ("mssql", "select [:a], :b", ("b",)),
        ("something", "select ':a', :b", ("b",)),
    ],
)
def test_dialects_differ(dialect: str, text: str, found: tuple[str, ...]) -> None:
    assert names(text, dialect) == found


def test_a_query_is_put_together_again() -> None:
    text = "select ':x' -- :y\n, :a, {{ .inputs.b }};  "
    query = parse(text, syntax_of("duckdb"))
    assert query.text == text
    assert query.named == "select ':x' -- :y\n, :a, :b  "


def test_where_a_list_may_be_spread() -> None:
    query = parse("select 1 where a in :a and b not in ( :b ) and c = :c and d in (:d, 1)", syntax_of("duckdb"))
    holders = [part for part in query.parts if isinstance(part, Placeholder)]
    assert holders == [
        Placeholder("a", True, False),
        Placeholder("b", True, True),
        Placeholder("c", False, False),
        Placeholder("d", False, False),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "q: the query is empty; give the SQL to run"),
        (" \n", "q: the query is empty; give the SQL to run"),
        ("select 1; select 2", "q: the query has more than one statement; make a task of each"),
        ("select 1; drop table t; --", "q: the query has more than one statement; make a task of each"),
        ("select 'a", "q: a string that starts with ' never ends"),
        ("select E'a\\'", "q: a string that starts with ' never ends"),
        ('select "a', 'q: a quoted name that starts with " never ends'),
        ("select $a$ x", "q: a string that starts with $a$ never ends"),
        ("select /* x", "q: a comment that starts with /* never ends"),
        (
            "select '{{ .inputs.x }}'",
            "q: {{ .inputs.x }} stands inside quotes; values are bound, not pasted: remove the quotes",
        ),
        ("select {{ x }}", "q: '{{ x }}' is no placeholder; write {{ .inputs.name }} or :name"),
        ("select {{ .inputs }}", "q: '{{ .inputs }}' is no placeholder; write {{ .inputs.name }} or :name"),
    ],
)
def test_what_is_wrong_with_a_text(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, syntax_of("duckdb"), "q")
    assert str(caught.value) == message


def test_an_identifier_in_brackets_must_end() -> None:
    with pytest.raises(ConfigError, match="an identifier that starts with \\[ never ends"):
        parse("select [a", syntax_of("sqlite"))


def test_one_semicolon_at_the_end_is_fine() -> None:
    assert parse("select 1; -- done; really", syntax_of("sqlite")).named == "select 1 -- done; really"


@pytest.mark.parametrize(
    ("text", "bound", "tables", "message"),
    [
        ("select :carier", ["carrier"], [], "q: the query uses :carier, which is no input; did you mean 'carrier'?"),
        ("select :x", ["carrier"], [], "q: the query uses :x, which is no input; the inputs are 'carrier'"),
        ("select :x", [], [], "q: the query uses :x, which is no input; there are no inputs"),
        (
            "select 1",
            ["carrier"],
            [],
            "q: input 'carrier' is not used by the query; write :carrier where its value belongs, or remove it",
        ),
        (
            "select 1",
            [],
            ["flights"],
            "q: table 'flights' is not used by the query; select from flights, or remove the input",
        ),
        (
            "select * from :flights",
            [],
            ["flights"],
            "q: input 'flights' is a table and no value; write flights without the colon",
        ),
    ],
)
def test_placeholders_and_inputs_must_agree(text: str, bound: list[str], tables: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, syntax_of("duckdb")).check("q", bound, tables)
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["select * from Flights", 'select * from "flights"', "select flights.x from flights"])
def test_a_table_is_found_however_it_is_written(text: str) -> None:
    parse(text, syntax_of("duckdb")).check("q", [], ["flights"])


inert = st.one_of(
    st.text(st.characters(exclude_characters="'\\{"), max_size=12).map(lambda text: f"'{text}'"),
    st.text(st.characters(exclude_characters='"{'), max_size=12).map(lambda text: f'"{text}"'),
    st.text(st.characters(exclude_characters="\n"), max_size=12).map(lambda text: f"--{text}\n"),
    st.text(st.characters(exclude_characters="*/"), max_size=12).map(lambda text: f"/*{text}*/"),
    st.text(st.characters(exclude_characters="${"), max_size=12).map(lambda text: f"$q${text}$q$"),
    st.sampled_from(["a::int", "x + 1", "arr[1:2]", "f(a := 1)"]),
)


@given(st.lists(st.one_of(inert, st.sampled_from([":one", "{{ .inputs.two }}"])), max_size=8))
def test_law_only_what_stands_in_the_open_is_a_placeholder(pieces: list[str]) -> None:
    text = "select " + " , ".join(pieces)
    query: Any = parse(text, syntax_of("postgresql"))
    assert query.text == text
    assert [part.name for part in query.parts if isinstance(part, Placeholder)] == [
        {":one": "one", "{{ .inputs.two }}": "two"}[piece] for piece in pieces if piece in (":one", "{{ .inputs.two }}")
    ]
    assert query.named == text.replace("{{ .inputs.two }}", ":two")


@given(st.text(max_size=60))
@example(":¼")
@example("{{ .inputs.a¼ }}")
def test_law_any_text_is_parsed_or_refused(text: str) -> None:
    for dialect in ("sqlite", "duckdb", "postgresql", "mysql"):
        try:
            query = parse(text, syntax_of(dialect))
        except ConfigError:
            continue
        assert all(name.isidentifier() for name in query.names)
