"""``pandas.DataFrame``: dtypes, index and attributes come through alike, with and without a file."""

from __future__ import annotations

import datetime as dt
import decimal
from typing import Annotated, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st

from fletching.errors import ConversionError
from fletching.testing import TransformerConformance
from fletching.types.engine import transformer

COLUMNS: list[tuple[Any, st.SearchStrategy[Any]]] = [
    ("int64", st.integers(-(2**63), 2**63 - 1)),
    ("uint8", st.integers(0, 255)),
    ("float64", st.floats()),
    ("float32", st.floats(width=32)),
    ("bool", st.booleans()),
    ("str", st.none() | st.text(max_size=4)),
    ("Int64", st.none() | st.integers(-(2**40), 2**40)),
    ("boolean", st.none() | st.booleans()),
    ("Float64", st.none() | st.floats(allow_nan=False)),
    ("string", st.none() | st.text(max_size=4)),
    ("datetime64[ns]", st.none() | st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1))),
    ("datetime64[us]", st.none() | st.datetimes()),
    ("datetime64[s]", st.none() | st.datetimes().map(lambda t: t.replace(microsecond=0))),
    ("datetime64[ns, Europe/Berlin]", st.none() | st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2200, 1, 1))),
    ("timedelta64[ns]", st.none() | st.timedeltas(dt.timedelta(-999), dt.timedelta(999))),
    ("timedelta64[s]", st.none() | st.integers(-(10**9), 10**9).map(lambda n: dt.timedelta(seconds=n))),
    (pd.CategoricalDtype(["z", "a", "b"], ordered=True), st.none() | st.sampled_from(["a", "b"])),
    (pd.CategoricalDtype([3, 1]), st.none() | st.sampled_from([1, 3])),
    ("object", st.none() | st.dates()),
    ("object", st.none() | st.binary(max_size=3)),
    ("object", st.none() | st.text(max_size=3)),
    ("object", st.none() | st.lists(st.integers(0, 9), max_size=3)),
    ("object", st.none() | st.fixed_dictionaries({"x": st.integers(0, 9), "y": st.none() | st.booleans()})),
    ("object", st.none() | st.decimals(-99, 99, places=2)),
]


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """Draw a frame of up to three columns with one of the usual kinds of index."""
    length = draw(st.integers(0, 5))
    names: list[Any] = draw(st.lists(st.text(max_size=3), max_size=3, unique=True) | st.just([0, 1]))
    data = {}
    for position, _ in enumerate(names):
        dtype, values = draw(st.sampled_from(COLUMNS))
        drawn = draw(st.lists(values, min_size=length, max_size=length))
        if "Europe" in str(dtype):
            series = pd.Series(pd.to_datetime(pd.Series(drawn, dtype="datetime64[ns]"), utc=True))
            data[position] = series.dt.tz_convert("Europe/Berlin")
        else:
            data[position] = pd.Series(drawn, dtype=dtype)
    frame = pd.DataFrame(data, index=range(length))
    frame.columns = pd.Index(names, dtype="int64" if names == [0, 1] else "str")
    kind = draw(st.sampled_from(["default", "named", "strings", "stepped", "times", "two"]))
    if kind == "named":
        frame.index = pd.RangeIndex(length, name="row")
    elif kind == "stepped":
        frame.index = pd.RangeIndex(5, 5 + 2 * length, 2)
    elif kind == "strings":
        frame.index = pd.Index([str(n % 2) for n in range(length)], name="key", dtype="str")
    elif kind == "times":
        frame.index = pd.date_range("2026-01-01", periods=length, freq="D", tz="UTC")
    elif kind == "two":
        frame.index = pd.MultiIndex.from_tuples([(n, str(n)) for n in range(length)], names=["x", None])
    if draw(st.booleans()):
        frame.attrs = {"unit": "ms", "scale": [1, 2]}
    return frame


def same(one: Any, other: Any) -> bool:
    """Equality of frames down to dtypes, index, names, attributes and the types of cells."""
    if type(one) is not type(other) or one.attrs != other.attrs:
        return False
    try:
        pd.testing.assert_frame_equal(one, other, check_exact=True, check_freq=False)
    except AssertionError:
        return False
    return all(
        [type(cell) for cell in one.iloc[:, position]] == [type(cell) for cell in other.iloc[:, position]]
        for position in range(one.shape[1])
    )


class TestFrame(TransformerConformance):
    """The law."""

    annotation = pd.DataFrame
    immutable = (pd.DataFrame,)
    """What frames share is the subject of test_arrow_memory: an object graph does not show it."""

    def values(self) -> st.SearchStrategy[pd.DataFrame]:
        return frames()

    def alike(self, one: Any, other: Any) -> bool:
        return same(one, other)

    def misfits(self) -> list[Any]:
        return [
            object(),
            pd.Series([1]),
            pd.DataFrame({"mixed": [1, "x"]}),
            pd.DataFrame({"object": [object()]}),
            pd.DataFrame({"complex": [1j]}),
            pd.DataFrame([[1, 2]], columns=["a", "a"]),
            with_attrs({"o": object()}),
        ]


def with_attrs(attrs: dict[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame({"a": [1]})
    frame.attrs = attrs
    return frame


class TestCsvFrame(TransformerConformance):
    """CSV forgets the index, and the text of declared columns is read as what was declared."""

    annotation = Annotated[pd.DataFrame, {"code": str, "n": int}, "csv"]
    immutable = (pd.DataFrame,)

    def values(self) -> list[pd.DataFrame]:
        return [
            pd.DataFrame({"code": ["007", ""], "n": [1, 2]}, index=["x", "y"]),
            pd.DataFrame({"code": ["1"], "n": [1]}),
        ]

    def alike(self, one: Any, other: Any) -> bool:
        return same(one, other)


def test_the_text_of_a_declared_column_stays_text() -> None:
    way = transformer(TestCsvFrame.annotation)
    assert way.carry(pd.DataFrame({"code": ["007"], "n": [1]}))["code"].tolist() == ["007"]


def through_a_file(frame: pd.DataFrame) -> pd.DataFrame:
    way = transformer(pd.DataFrame)
    result: pd.DataFrame = way.to_python(way.to_literal(frame))
    return result


def test_nothing_is_lost_on_the_way() -> None:
    frame = pd.DataFrame(
        {
            "category": pd.Categorical(["a", None], categories=["unused", "a"], ordered=True),
            "zone": pd.to_datetime(["2026-01-01", "2026-07-01"]).tz_localize("Europe/Berlin"),
            "seconds": np.array(["2026-01-01", "2026-01-02"], dtype="datetime64[s]"),
            "nullable": pd.array([1, None], dtype="Int64"),
            "price": [decimal.Decimal("1.50"), None],
            "day": [dt.date(2026, 1, 1), None],
        },
        index=pd.Index(["p", "q"], name="key"),
    )
    frame.attrs = {"source": "sensor"}
    back = through_a_file(frame)
    pd.testing.assert_frame_equal(back, frame)
    assert back.attrs == frame.attrs
    assert back["category"].cat.categories.tolist() == ["unused", "a"]


def test_a_carried_frame_can_be_written_to() -> None:
    for frame in (pd.DataFrame({"a": [1.0, 2.0]}), pd.DataFrame({"a": [1.0, 2.0]}, index=["x", "y"])):
        for received in (transformer(pd.DataFrame).carry(frame), through_a_file(frame)):
            received.iloc[0, 0] = 5.0
            received["b"] = 1
            assert received["a"].tolist() == [5.0, 2.0]
        assert frame["a"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("x", "expected pandas.DataFrame, got str 'x'"),
        (np.zeros((2, 3)), "expected pandas.DataFrame, got numpy.ndarray of float64 with shape (2, 3)"),
        (
            pd.DataFrame([[1, 2]], columns=["a", "a"]),
            "expected a pandas.DataFrame that Arrow can hold, got Duplicate column names found: ['a', 'a']",
        ),
    ],
)
def test_what_does_not_fit_says_why(value: Any, message: str) -> None:
    for convert in (transformer(pd.DataFrame).carry, transformer(pd.DataFrame).to_literal):
        with pytest.raises(ConversionError) as caught:
            convert(value)
        assert str(caught.value) == message
