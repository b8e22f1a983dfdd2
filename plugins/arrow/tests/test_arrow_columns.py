"""Columns, schemas and formats in an annotation: what is checked, what crosses, and what is said if it does not fit."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from fletching.errors import ConfigError, ConversionError, UnsupportedTypeError
from fletching.types.annotations import HashMethod, kwtypes
from fletching.types.engine import transformer

FRAMES = [pd.DataFrame({"a": [1], "b": ["x"]}), pl.DataFrame({"a": [1], "b": ["x"]}), pa.table({"a": [1], "b": ["x"]})]


@pytest.mark.parametrize("frame", FRAMES, ids=["pandas", "polars", "arrow"])
def test_declared_columns_that_are_there_cross_in_the_declared_order(frame: Any) -> None:
    way = transformer(Annotated[type(frame), kwtypes(b=str, a=int)])
    for back in (way.carry(frame), way.to_python(way.to_literal(frame))):
        assert list(getattr(back, "column_names", None) or back.columns) == ["b", "a"]


@pytest.mark.parametrize("frame", FRAMES, ids=["pandas", "polars", "arrow"])
def test_columns_that_nobody_declared_stay_behind(frame: Any) -> None:
    way = transformer(Annotated[type(frame), kwtypes(b=str)])
    for back in (way.carry(frame), way.to_python(way.to_literal(frame))):
        assert list(getattr(back, "column_names", None) or back.columns) == ["b"]


def test_a_pandas_index_comes_along() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": [3, 4]}, index=pd.Index(["x", "y"], name="key"))
    way = transformer(Annotated[pd.DataFrame, kwtypes(a=int)])
    for back in (way.carry(frame), way.to_python(way.to_literal(frame))):
        pd.testing.assert_frame_equal(back, frame[["a"]])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            kwtypes(a=int, bb=str),
            "value['bb']: expected a column of str, got no such column (the columns are 'a', 'b'; did you mean 'b'?)",
        ),
        (kwtypes(a=str), "value['a']: expected a column of str, got a column of int64"),
        (kwtypes(a=list[int]), "value['a']: expected a column of list[int], got a column of int64"),
    ],
)
@pytest.mark.parametrize("frame", FRAMES[1:], ids=["polars", "arrow"])
def test_a_column_that_does_not_fit_is_named(frame: Any, columns: Any, message: str) -> None:
    way = transformer(Annotated[type(frame), columns])
    literal = transformer(type(frame)).to_literal(frame)
    for convert, value in ((way.carry, frame), (way.to_literal, frame), (way.to_python, literal)):
        with pytest.raises(ConversionError) as caught:
            convert(value)
        assert str(caught.value) == message


def test_the_task_and_the_argument_are_named_too() -> None:
    import fletching

    @fletching.task
    def count(frame: Annotated[pa.Table, kwtypes(a=int)]) -> int:
        return frame.num_rows

    with pytest.raises(ConversionError) as caught:
        count(frame=pa.table({"b": [1]}))
    assert str(caught.value).endswith(
        "count: argument 'frame' at frame['a']: expected a column of int, got no such column (the columns are 'b')"
    )
    assert count(frame=pa.table({"a": [1, 2]})) == 2


@pytest.mark.parametrize(
    ("declared", "fitting", "wrong"),
    [
        (int, pa.array([1], pa.uint8()), pa.array([1.0])),
        (float, pa.array([1.0], pa.float32()), pa.array([1])),
        (bool, pa.array([True]), pa.array([1])),
        (str, pa.array(["x"], pa.large_string()), pa.array([b"x"])),
        (str, pa.array(["x"]).dictionary_encode(), pa.array([1]).dictionary_encode()),
        (bytes, pa.array([b"x"]), pa.array(["x"])),
        (datetime, pa.array([datetime(2026, 1, 1)]), pa.array([date(2026, 1, 1)])),
        (date, pa.array([date(2026, 1, 1)]), pa.array([datetime(2026, 1, 1)])),
        (timedelta, pa.array([timedelta(1)]), pa.array([1])),
        (list[str], pa.array([["x"]], pa.large_list(pa.string())), pa.array([[1]])),
        (list[list[int]], pa.array([[[1]]]), pa.array([[1]])),
        (int, pa.nulls(2), pa.array(["x"])),
    ],
)
def test_each_column_type(declared: Any, fitting: pa.Array, wrong: pa.Array) -> None:
    way = transformer(Annotated[pa.Table, {"a": declared}])
    assert way.carry(pa.table({"a": fitting})).num_rows == len(fitting)
    with pytest.raises(ConversionError, match=r"value\['a'\]: expected a column of"):
        way.carry(pa.table({"a": wrong}))


def test_a_column_type_that_cannot_be_checked_is_refused_at_once() -> None:
    with pytest.raises(UnsupportedTypeError) as caught:
        transformer(Annotated[pd.DataFrame, kwtypes(a=dict)])
    assert str(caught.value) == (
        "column 'a' is declared as dict; a column is one of int, float, bool, str, bytes, datetime, date, timedelta, "
        "a list or a dict[str, ...] of one, or has columns of its own, in a dict or a dataclass, "
        "and anything else is declared with a pyarrow.schema"
    )


SCHEMA = pa.schema([pa.field("a", pa.int64(), nullable=False), ("s", pa.string())])


def test_an_arrow_schema_is_exact_for_arrow_tables() -> None:
    way = transformer(Annotated[pa.Table, SCHEMA])
    table = pa.table({"extra": [0], "s": ["x"], "a": [1]})
    assert way.carry(table).column_names == ["a", "s"]
    with pytest.raises(ConversionError) as caught:
        way.carry(pa.table({"a": [1], "s": pa.array(["x"], pa.large_string())}))
    assert str(caught.value) == "value['s']: expected a column of string, got a column of large_string"
    with pytest.raises(ConversionError) as caught:
        way.to_literal(pa.table({"a": [1, None], "s": ["x", "y"]}))
    assert str(caught.value) == "value['a']: expected a column of int64 without nulls, got 1 nulls"


def test_an_arrow_schema_for_frames_leaves_out_what_only_arrow_has() -> None:
    frame = pd.DataFrame({"a": [1], "s": ["x"]})
    assert transformer(Annotated[pd.DataFrame, SCHEMA]).carry(frame).equals(frame)
    with pytest.raises(ConversionError) as caught:
        transformer(Annotated[pd.DataFrame, SCHEMA]).carry(pd.DataFrame({"a": [0.5], "s": ["x"]}))
    assert str(caught.value) == "value['a']: expected a column of int64, got a column of double"


@pytest.mark.parametrize(
    ("extras", "message"),
    [
        (("csv", "parquet"), "one annotation has two of format, 'csv' and 'parquet'; keep one"),
        (
            (kwtypes(a=int), kwtypes(b=int)),
            "one annotation has two of columns, {'a': <class 'int'>} and {'b': <class 'int'>}; keep one",
        ),
        (
            ("parqet",),
            "unknown frame format 'parqet'; did you mean 'parquet'?; known are 'parquet', 'arrow', 'feather', 'csv'",
        ),
    ],
)
def test_an_annotation_that_contradicts_itself(extras: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        transformer(Annotated[(pd.DataFrame, *extras)])
    assert str(caught.value) == message


def test_a_hash_goes_into_the_literal() -> None:
    def fingerprint(frame: pd.DataFrame) -> str:
        return f"rows {len(frame)}"

    literal = transformer(Annotated[pd.DataFrame, kwtypes(a=int), HashMethod(fingerprint)]).to_literal(FRAMES[0])
    assert literal.hash == "rows 1"


@pytest.mark.parametrize("name", ["parquet", "arrow", "feather", "csv"])
@pytest.mark.parametrize("frame", FRAMES, ids=["pandas", "polars", "arrow"])
def test_every_format_holds_every_frame(name: str, frame: Any) -> None:
    way = transformer(Annotated[type(frame), name])
    literal = way.to_literal(frame)
    assert literal.scalar.structured_dataset.metadata.structured_dataset_type.format == name
    assert way.to_python(literal).equals(frame)
    assert transformer(type(frame)).to_python(literal).equals(frame), "the literal says the format"


def test_a_column_type_that_is_no_type_is_refused_as_clearly() -> None:
    with pytest.raises(UnsupportedTypeError, match="column 'a' is declared as "):
        transformer(Annotated[pa.Table, {"a": {"inner"}}])
