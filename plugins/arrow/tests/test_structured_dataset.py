"""`StructuredDataset`: written once, opened late, as any kind of frame."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import fletching
from fletching.errors import ConfigError, ConversionError, UnknownPluginError, UnsupportedTypeError
from fletching.testing import TransformerConformance
from fletching.types.annotations import kwtypes
from fletching.types.blobs import raw_output_prefix
from fletching.types.engine import transformer
from fletching_arrow import StructuredDataset

FRAME = pd.DataFrame({"a": [1, 2, 3], "s": ["x", None, "z"]}, index=pd.Index([7, 8, 9], name="key"))
WAY = transformer(StructuredDataset)


@pytest.fixture(autouse=True)
def outputs(tmp_path: Path) -> Any:
    """Let everything be written where a test can count the files."""
    token = raw_output_prefix.set(str(tmp_path / "raw"))
    yield tmp_path / "raw"
    raw_output_prefix.reset(token)


def files(folder: Path) -> list[str]:
    return [name for _, _, names in os.walk(folder) for name in names]


class TestDataset(TransformerConformance):
    """The law: what is seen of a dataset is its rows as each kind of frame, its format and its metadata."""

    annotation = StructuredDataset
    immutable = (StructuredDataset,)

    def values(self) -> list[StructuredDataset]:
        return [
            StructuredDataset(dataframe=FRAME),
            StructuredDataset(dataframe=pl.DataFrame({"a": [1], "c": pl.Series(["x"], dtype=pl.Categorical)})),
            StructuredDataset(dataframe=pa.table({"t": pa.array([1], pa.timestamp("s"))}), file_format="arrow"),
            StructuredDataset(dataframe=pa.record_batch({"a": [1]}), file_format="csv"),
        ]

    def alike(self, one: Any, other: Any) -> bool:
        if one.dataframe is not None or other.dataframe is not None:
            return one.dataframe is not None and one.file_format == other.file_format
        return (
            one.file_format == other.file_format
            and one.metadata == other.metadata
            and one.open(pa.Table).all().equals(other.open(pa.Table).all())
            and one.open(pd.DataFrame).all().equals(other.open(pd.DataFrame).all())
            and one.open(pl.DataFrame).all().equals(other.open(pl.DataFrame).all())
            and [b.to_pylist() for b in one.open(pa.Table).iter()]
            == [b.to_pylist() for b in other.open(pa.Table).iter()]
        )

    def misfits(self) -> list[Any]:
        return [object(), FRAME, StructuredDataset(uri="/nowhere"), StructuredDataset(dataframe=1)][:3]


class TestDeclaredDataset(TestDataset):
    """The same with columns and a format in the annotation."""

    annotation = Annotated[StructuredDataset, kwtypes(a=int), "feather"]

    def values(self) -> list[StructuredDataset]:
        return [StructuredDataset(dataframe=FRAME), StructuredDataset(dataframe=FRAME, file_format="feather")]

    def misfits(self) -> list[Any]:
        return [
            StructuredDataset(dataframe=pd.DataFrame({"b": [1]})),
            StructuredDataset(dataframe=FRAME, file_format="csv"),
        ]


def test_a_direct_call_writes_no_file(outputs: Path) -> None:
    @fletching.task
    def make() -> StructuredDataset:
        return StructuredDataset(dataframe=FRAME)

    @fletching.task
    def total(rows: StructuredDataset) -> int:
        return int(rows.open(pd.DataFrame).all()["a"].sum())

    assert total(rows=make()) == 6
    assert files(outputs) == []


def test_the_file_is_written_when_somebody_asks_where(outputs: Path) -> None:
    received = WAY.carry(StructuredDataset(dataframe=FRAME))
    assert files(outputs) == []
    assert received.uri == received.uri
    assert files(outputs) == ["00000"]
    assert pq.read_table(Path(received.uri) / "00000").column_names == ["a", "s", "key"]


def test_what_is_passed_on_is_not_written_again(outputs: Path) -> None:
    literal = WAY.to_literal(StructuredDataset(dataframe=FRAME))
    assert WAY.to_literal(WAY.to_python(literal)) == literal
    carried = WAY.carry(StructuredDataset(dataframe=FRAME))
    assert WAY.to_literal(WAY.carry(carried)) == WAY.to_literal(carried)
    assert len(files(outputs)) == 2


def test_nothing_is_read_before_it_is_opened(outputs: Path) -> None:
    literal = WAY.to_literal(StructuredDataset(dataframe=FRAME))
    received = WAY.to_python(literal)
    opened = received.open(pd.DataFrame)
    (Path(received.uri) / "00000").unlink()
    with pytest.raises(ConversionError, match=r"expected a dataset, got nothing at '.*' \(the file was removed"):
        opened.all()


@pytest.mark.parametrize("form", ["parquet", "arrow", "csv"])
@pytest.mark.parametrize("through", ["memory", "file"])
def test_chunks_are_bounded_and_in_order(form: str, through: str) -> None:
    table = pa.table({"a": pa.array(np.arange(150_000)), "b": pa.array(np.arange(150_000))})
    dataset = StructuredDataset(dataframe=table, file_format=form)
    received = WAY.carry(dataset) if through == "memory" else WAY.to_python(WAY.to_literal(dataset))
    chunks = list(received.open(Annotated[pa.RecordBatch, kwtypes(b=int)]))
    assert all(chunk.num_rows <= 65536 and chunk.schema.names == ["b"] for chunk in chunks)
    assert pa.Table.from_batches(chunks)["b"].to_pylist() == list(range(150_000))


@pytest.mark.parametrize("convert", [WAY.carry, lambda one: WAY.to_python(WAY.to_literal(one))], ids=["carry", "wire"])
def test_a_part_of_the_columns_is_opened(convert: Any) -> None:
    received = convert(StructuredDataset(dataframe=FRAME))
    part = received.open(Annotated[pd.DataFrame, kwtypes(a=int)]).all()
    pd.testing.assert_frame_equal(part, FRAME[["a"]])
    with pytest.raises(ConversionError) as caught:
        received.open(Annotated[pl.DataFrame, kwtypes(q=int)]).all()
    assert "value['q']: expected a column of int, got no such column" in str(caught.value)


@pytest.mark.parametrize("way", ["carry", "wire"])
def test_the_columns_of_the_annotation_hold_when_it_is_opened(way: str) -> None:
    stored = WAY.to_literal(StructuredDataset(dataframe=FRAME)).scalar.structured_dataset.uri
    declared = transformer(Annotated[StructuredDataset, kwtypes(a=int)])
    wrong = transformer(Annotated[StructuredDataset, kwtypes(a=str)])
    value = StructuredDataset(uri=stored)
    for reader in (declared, wrong):
        received = reader.carry(value) if way == "carry" else reader.to_python(reader.to_literal(value))
        if reader is declared:
            assert list(received.open(pd.DataFrame).all().columns) == ["a"]
        else:
            with pytest.raises(ConversionError, match=r"value\['a'\]: expected a column of str, got a column of int64"):
                received.open(pd.DataFrame).all()


def test_a_uri_of_ones_own(tmp_path: Path) -> None:
    place = str(tmp_path / "mine")
    for convert in (WAY.carry, WAY.to_literal):
        convert(StructuredDataset(dataframe=FRAME, uri=place))
        assert pq.read_table(Path(place) / "00000").num_rows == 3
    assert StructuredDataset(uri=place).open(pl.DataFrame).all()["a"].to_list() == [1, 2, 3]
    assert WAY.carry(StructuredDataset(uri=place)).uri == place


def test_a_dataset_inside_a_dataclass() -> None:
    @dataclass
    class Report:
        title: str
        rows: StructuredDataset

    way = transformer(Report)
    back = way.to_python(way.to_literal(Report("r", StructuredDataset(dataframe=FRAME))))
    pd.testing.assert_frame_equal(back.rows.open(pd.DataFrame).all(), FRAME)
    assert WAY.to_plain(back.rows) == {"uri": back.rows.uri, "file_format": "parquet"}


def test_a_dataset_in_memory_survives_pickle() -> None:
    copy = pickle.loads(pickle.dumps(WAY.carry(StructuredDataset(dataframe=FRAME))))
    pd.testing.assert_frame_equal(copy.open(pd.DataFrame).all(), FRAME)


def test_lists_and_unions_of_frames() -> None:
    way = transformer(list[pd.DataFrame | None])
    for back in (way.carry([FRAME, None]), way.to_python(way.to_literal([FRAME, None]))):
        pd.testing.assert_frame_equal(back[0], FRAME)
        assert back[1] is None


def test_what_is_wrong_is_said() -> None:
    with pytest.raises(ConfigError) as config:
        StructuredDataset()
    assert str(config.value) == "StructuredDataset() needs a dataframe to write, or the uri of a dataset that exists"
    with pytest.raises(ConfigError) as config:
        StructuredDataset(dataframe=FRAME).all()
    assert str(config.value) == "open the dataset first, as in .open(pandas.DataFrame).all()"
    with pytest.raises(UnsupportedTypeError) as unsupported:
        StructuredDataset(dataframe=FRAME).open(int)
    assert str(unsupported.value) == (
        "a StructuredDataset is no int; it is opened as and made of a pyarrow.Table or RecordBatch, "
        "a pandas.DataFrame, or a polars.DataFrame or LazyFrame"
    )
    with pytest.raises(ConversionError) as caught:
        WAY.carry(FRAME)
    assert str(caught.value) == (
        "expected StructuredDataset, got pandas.DataFrame of 3 rows and 2 columns "
        "(wrap it: StructuredDataset(dataframe=frame))"
    )
    with pytest.raises(ConversionError) as caught:
        transformer(Annotated[StructuredDataset, "csv"]).carry(StructuredDataset(dataframe=FRAME, file_format="arrow"))
    assert str(caught.value) == "expected a StructuredDataset of format 'csv', got one of format 'arrow'"
    with pytest.raises(ConversionError) as caught:
        WAY.to_python(transformer(int).to_literal(3))
    assert str(caught.value) == "expected StructuredDataset, got int 3"


def test_a_remote_place_needs_its_storage_plugin() -> None:
    with pytest.raises(UnknownPluginError, match="needs a storage plugin for 'zz', and none is installed"):
        StructuredDataset(uri="zz://bucket/rows").open(pd.DataFrame).all()


def test_rows_are_not_in_the_repr() -> None:
    assert repr(StructuredDataset(dataframe=FRAME)) == (
        "StructuredDataset(dataframe=<pandas.DataFrame of 3 rows and 2 columns>, file_format='')"
    )
    assert repr(WAY.carry(StructuredDataset(dataframe=FRAME))) == (
        "StructuredDataset(<3 rows and 3 columns in memory>, file_format='parquet')"
    )


def test_a_pydantic_model_has_datasets_as_fields() -> None:
    pydantic = pytest.importorskip("pydantic")
    report = pydantic.create_model("Report", title=(str, ...), rows=(StructuredDataset, ...))
    way: Any = transformer(report)
    made = report(title="t", rows=StructuredDataset(dataframe=FRAME))
    for got in (way.carry(made), way.to_python(way.to_literal(made))):
        assert got.title == "t"
        assert got.rows.open(pd.DataFrame).all().equals(FRAME)
    assert "uri" in str(report.model_json_schema())
    with pytest.raises(pydantic.ValidationError):
        report(title="t", rows=3)
