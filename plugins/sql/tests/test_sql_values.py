"""Law: a bound value comes back as it went in, on every database."""

from __future__ import annotations

import datetime as dt
import enum
import math
from typing import Any, Literal, Optional

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from fletching.errors import ConversionError
from fletching_sql import SQLTask

LAW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
ints = st.integers(-(2**63), 2**63 - 1)
moments = st.datetimes(dt.datetime(1000, 1, 2), dt.datetime(9000, 1, 1), timezones=st.just(dt.UTC))
spans = st.integers(-(2**45), 2**45).map(lambda microseconds: dt.timedelta(microseconds=microseconds))

KINDS: dict[str, tuple[Any, str, st.SearchStrategy[Any]]] = {
    "text": (str, "varchar", text),
    "int": (int, "bigint", ints),
    "float": (float, "double precision", st.floats()),
    "bool": (bool, "boolean", st.booleans()),
    "bytes": (bytes, "bytea", st.binary(max_size=40)),
    "date": (dt.date, "date", st.dates(dt.date(1, 1, 1))),
    "datetime": (dt.datetime, "timestamptz", moments),
    "timedelta": (dt.timedelta, "interval", spans),
    "optional": (Optional[int], "bigint", st.none() | ints),
}


def echo_task(config: Any, kind: str) -> SQLTask:
    annotation, cast, _ = KINDS[kind]
    # SQLite has no such types, and a cast there would change the value.
    value = ":value" if config.task_type == "sqlite" else f"cast(:value as {cast})"
    return SQLTask("echo", f"select {value}", config, inputs={"value": annotation}, outputs=annotation)


@pytest.mark.parametrize("kind", KINDS)
def test_law_values(database: Any, kind: str) -> None:
    same = echo_task(database, kind)

    @LAW
    @given(KINDS[kind][2])
    def law(value: Any) -> None:
        if isinstance(value, str):
            assume(database.task_type != "sqlalchemy" or "\0" not in value)
        if isinstance(value, float) and math.isnan(value):
            assume(database.task_type != "sqlite")
            assert math.isnan(same(value=value))
            return
        got = same(value=value)
        assert got == value
        assert type(got) is type(value)

    law()


@pytest.mark.parametrize("kind", ["int", "text", "date", "float"])
def test_law_lists_are_spread(database: Any, kind: str) -> None:
    annotation, cast, strategy = KINDS[kind]
    value = ":value" if database.task_type == "sqlite" else f"cast(:value as {cast})"
    inputs = {"value": annotation, "among": list[annotation]}
    inside = SQLTask("inside", f"select {value} in :among", database, inputs=inputs, outputs=bool)
    outside = SQLTask("outside", f"select {value} not in (:among)", database, inputs=inputs, outputs=bool)

    @settings(LAW, max_examples=20)
    @given(strategy, st.lists(strategy, max_size=5), st.booleans())
    def law(value: Any, among: list[Any], add: bool) -> None:
        assume("\0" not in str(value) + "".join(map(str, among)))
        assume(value == value and all(one == one for one in among))
        among = [*among, value] if add else among
        assert inside(value=value, among=among) is (value in among)
        assert outside(value=value, among=among) is (value not in among)

    law()


class Carrier(enum.Enum):
    UA = "UA"
    AA = "AA"


def test_enums_and_literals_are_bound_by_value(database: Any, ask: Any) -> None:
    cast = "select cast(:value as varchar)"
    assert ask(database, cast, Carrier, {"value": Carrier}, value=Carrier.AA) is Carrier.AA
    assert ask(database, cast, str, {"value": Literal["x", "y"]}, value="y") == "y"
    got = ask(database, "select 1 where 'UA' in :values", int, {"values": list[Carrier]}, values=[Carrier.UA])
    assert got == 1


def test_a_list_is_one_value_where_the_database_has_lists(database: Any, ask: Any) -> None:
    query, inputs = "select :values", {"values": list[int]}
    if database.task_type == "sqlite":
        with pytest.raises(ConversionError) as caught:
            ask(database, query, list[int], inputs, values=[1, 2])
        assert str(caught.value) == (
            "ask: argument 'values': expected a single value, got list of 2 (sqlite has no lists; write ... in :values)"
        )
    else:
        assert ask(database, "select 2 = any(:values)", bool, inputs, values=[1, 2]) is True
        assert ask(database, "select 2 = any(:values)", bool, inputs, values=[]) is False


def test_a_default_is_bound(database: Any, ask: Any) -> None:
    assert ask(database, "select cast(:value as bigint)", int, {"value": (int, 7)}) == 7


def test_the_same_name_twice_is_one_value(database: Any, ask: Any) -> None:
    query = "select cast(:a as bigint) + cast({{ .inputs.a }} as bigint) + cast(:b as bigint)"
    assert ask(database, query, int, {"a": int, "b": int}, a=2, b=3) == 7


def test_text_that_drivers_read_as_their_own_stays_text(database: Any, ask: Any) -> None:
    query = "select '\\:a :b %s %(x)s 50% ? $1 $p0 :p0' || cast(:a as varchar) -- :c %s ? $1"
    assert ask(database, query, str, {"a": str}, a="!") == "\\:a :b %s %(x)s 50% ? $1 $p0 :p0!"


def test_what_sqlite_cannot_hold_is_refused(ask: Any) -> None:
    from fletching_sql import SQLite

    with pytest.raises(ConversionError) as caught:
        ask(SQLite(), "select :x", float, {"x": float}, x=math.nan)
    assert str(caught.value) == (
        "ask: argument 'x': expected a number, got float nan (SQLite stores nan as NULL; pass None instead)"
    )
