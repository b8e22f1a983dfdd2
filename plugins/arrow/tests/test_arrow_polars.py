"""``polars.DataFrame`` and ``LazyFrame``: the law, and what polars has that others do not."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import strategies as st

from fletching.errors import ConversionError
from fletching.testing import TransformerConformance
from fletching.types.engine import transformer

COLUMNS: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (pl.Int8, st.integers(-128, 127)),
    (pl.Int64, st.integers(-(2**63), 2**63 - 1)),
    (pl.UInt64, st.integers(0, 2**64 - 1)),
    (pl.Float32, st.floats(width=32)),
    (pl.Float64, st.floats()),
    (pl.Boolean, st.booleans()),
    (pl.String, st.text(max_size=4)),
    (pl.Binary, st.binary(max_size=4)),
    (pl.Null, st.none()),
    (pl.Date, st.dates()),
    (pl.Time, st.times()),
    (pl.Datetime("us"), st.datetimes()),
    (pl.Datetime("ns", "UTC"), st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1))),
    (pl.Duration("ms"), st.timedeltas(dt.timedelta(-999), dt.timedelta(999))),
    (pl.Categorical, st.sampled_from(["a", "b"])),
    (pl.Enum(["c", "a", "b"]), st.sampled_from(["a", "b"])),
    (pl.Decimal(10, 2), st.decimals(-99, 99, places=2)),
    (pl.List(pl.Int16), st.lists(st.none() | st.integers(0, 9), max_size=3)),
    (pl.Array(pl.Int8, 2), st.lists(st.integers(0, 9), min_size=2, max_size=2)),
    (
        pl.Struct({"x": pl.Int8, "y": pl.String}),
        st.fixed_dictionaries({"x": st.integers(0, 9), "y": st.text(max_size=2)}),
    ),
]


NAMES = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=3)


@st.composite
def frames(draw: st.DrawFn) -> pl.DataFrame:
    """Draw a frame of up to three columns."""
    length = draw(st.integers(0, 5))
    names = draw(st.lists(NAMES, max_size=3, unique=True))
    series = []
    for name in names:
        dtype, values = draw(st.sampled_from(COLUMNS))
        drawn = draw(st.lists(st.none() | values, min_size=length, max_size=length))
        series.append(pl.Series(name, drawn, dtype=dtype, strict=False))
    return pl.DataFrame(series)


def same(one: Any, other: Any) -> bool:
    """Equality of frames with their schemas; a NaN equals a NaN."""
    return type(one) is type(other) and one.schema == other.schema and bool(one.equals(other))


class TestPolarsFrame(TransformerConformance):
    """The law."""

    annotation = pl.DataFrame
    immutable = (pl.DataFrame,)

    def values(self) -> st.SearchStrategy[pl.DataFrame]:
        return frames()

    def alike(self, one: Any, other: Any) -> bool:
        return same(one, other)

    def misfits(self) -> list[Any]:
        return [
            object(),
            pl.Series([1]),
            pl.DataFrame({"o": pl.Series([object()], dtype=pl.Object)}),
            pl.DataFrame({"nul\0": [1]}),
            pl.DataFrame({"i": pl.Series([1], dtype=pl.Int128)}),
        ]


class TestLazyFrame(TransformerConformance):
    """A query crosses as what it gives."""

    annotation = pl.LazyFrame
    immutable = (pl.LazyFrame,)

    def values(self) -> list[pl.LazyFrame]:
        return [pl.LazyFrame({"a": [1, 2]}).filter(pl.col("a") > 1), pl.LazyFrame({"a": []})]

    def alike(self, one: Any, other: Any) -> bool:
        return type(one) is type(other) and same(one.collect(), other.collect())


def test_nothing_is_lost_on_the_way() -> None:
    frame = pl.DataFrame(
        {
            "enum": pl.Series(["a", None], dtype=pl.Enum(["unused", "a"])),
            "array": pl.Series([[1, 2], None], dtype=pl.Array(pl.Int8, 2)),
            "at": pl.Series([1, None], dtype=pl.Datetime("ns", "Europe/Berlin")),
        }
    )
    way = transformer(pl.DataFrame)
    assert same(way.to_python(way.to_literal(frame)), frame)
    assert same(way.carry(frame), frame)


def test_objects_are_refused_by_name() -> None:
    frame = pl.DataFrame({"ok": [1], "o": pl.Series([object()], dtype=pl.Object)})
    with pytest.raises(ConversionError) as caught:
        transformer(pl.DataFrame).carry(frame)
    assert str(caught.value) == "value['o']: expected a column that Arrow can hold, got a column of Object"
