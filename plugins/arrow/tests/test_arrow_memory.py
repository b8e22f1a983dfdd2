"""Whose memory a carried value uses: shared where nobody can write to it, copied where somebody can."""

from __future__ import annotations

import gc
import io
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from fletching.types.engine import transformer


def addresses(table: pa.Table) -> list[int]:
    """Return where the bytes of a table lie."""
    return [
        buffer.address
        for column in table.columns
        for chunk in column.chunks
        for buffer in chunk.buffers()
        if buffer is not None
    ]


def from_parquet() -> pa.Table:
    stream = io.BytesIO()
    pq.write_table(pa.table({"a": [1, 2], "s": ["x", None]}), stream)
    return pq.read_table(pa.BufferReader(stream.getvalue()))


@pytest.mark.parametrize(
    "make",
    [
        lambda: pa.table({"a": [1, 2, 3], "s": ["x", "y", None]}),
        lambda: pa.table({"a": pc.add(pa.array(np.arange(3)), 1)}),
        lambda: pa.table({"d": pa.array(["x", "y", "x"]).dictionary_encode()}),
        lambda: pa.table({"a": list(range(100))}).slice(10, 20),
        lambda: pa.concat_tables([pa.table({"a": [1]}), pa.table({"a": [2]})]),
        lambda: pa.csv.read_csv(io.BytesIO(b"a,b\n1,x\n")),
        from_parquet,
    ],
)
def test_memory_of_arrow_is_shared(make: Any) -> None:
    table = make()
    carried = transformer(pa.Table).carry(table)
    assert carried is table
    assert addresses(transformer(pa.Table).carry(carried)) == addresses(table)


def test_an_array_under_a_table_is_not_seen_to_change() -> None:
    array = np.arange(1000)
    table = pa.table({"a": pa.array(array), "own": list(range(1000))})
    carried = transformer(pa.Table).carry(table)
    array[:] = -1
    assert table["a"][1].as_py() == -1, "the premise: this table only borrows"
    assert carried["a"].to_pylist() == list(range(1000))


def test_bytes_under_a_table_are_not_seen_to_change() -> None:
    memory = bytearray(b"\x01\x02\x03\x04")
    array = pa.Array.from_buffers(pa.int8(), 4, [None, pa.py_buffer(memory)])
    read_only = pa.Array.from_buffers(pa.int8(), 4, [None, pa.py_buffer(memoryview(memory).toreadonly())])
    for table in (pa.table({"a": array}), pa.table({"a": read_only}), pa.table({"a": array.slice(1)})):
        carried = transformer(pa.Table).carry(table)
        before = carried.to_pydict()
        memory[2] += 1
        assert carried.to_pydict() == before
        assert table.to_pydict() != before


def test_memory_inside_of_columns_is_looked_at_too() -> None:
    array = np.arange(4)
    inner = pa.array(array)
    for column in (
        pa.ListArray.from_arrays([0, 2, 4], inner),
        pa.StructArray.from_arrays([inner], ["x"]),
        pa.DictionaryArray.from_arrays(pa.array([0, 1]), inner),
        pa.ListArray.from_arrays([0, 2], pa.DictionaryArray.from_arrays(pa.array([0, 1]), pc.cast(inner, pa.string()))),
    ):
        table = pa.table({"c": column})
        carried = transformer(pa.Table).carry(table)
        assert carried is not table
        before = carried.to_pydict()
        array += 1
        assert carried.to_pydict() == before


def test_a_frame_under_a_table_is_not_seen_to_change() -> None:
    frame = pd.DataFrame({"a": [1, 2, 3]})
    carried = transformer(pa.Table).carry(pa.Table.from_pandas(frame))
    frame.iloc[0, 0] = 99
    assert carried["a"].to_pylist() == [1, 2, 3]


def test_what_was_copied_once_is_shared_from_then_on() -> None:
    way = transformer(pa.Table)
    carried = way.carry(pa.table({"a": np.arange(10)}))
    assert way.carry(carried) is carried
    read = way.to_python(way.to_literal(carried))
    assert way.carry(read) is read


def test_nothing_is_remembered_about_tables_that_are_gone() -> None:
    from fletching_arrow import owned

    gc.collect()
    before = len(owned._sealed)
    for _ in range(50):
        transformer(pa.Table).carry(pa.table({"a": [1]}))
    gc.collect()
    assert len(owned._sealed) <= before


def test_without_a_known_layout_everything_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    from fletching_arrow import owned

    monkeypatch.setattr(owned, "_layout", lambda: None)
    table = pa.table({"a": [1, 2, 3], "l": [[1], None, []]})
    carried = transformer(pa.Table).carry(table)
    assert carried.equals(table)
    assert not set(addresses(carried)) & set(addresses(table))


def test_a_batch_is_shared_or_copied_like_a_table() -> None:
    way = transformer(pa.RecordBatch)
    batch = pa.record_batch({"a": [1, 2]})
    assert way.carry(batch).column(0).buffers()[1].address == batch.column(0).buffers()[1].address
    array = np.arange(3)
    carried = way.carry(pa.record_batch({"a": pa.array(array)}))
    array[0] = 9
    assert carried.column(0).to_pylist() == [0, 1, 2]


@pytest.mark.parametrize("index", [None, ["x", "y", "z"]])
def test_pandas_frames_share_nothing(index: Any) -> None:
    array = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    frame = pd.DataFrame(array, columns=["a", "b"], index=index, copy=False)
    carried = transformer(pd.DataFrame).carry(frame)
    array[0, 0] = 99
    frame.iloc[1, 1] = 98
    assert carried["a"].tolist() == [1.0, 3.0, 5.0]
    carried.iloc[2, 1] = 97
    assert frame.iloc[2, 1] == 6.0


def test_objects_in_cells_are_not_shared() -> None:
    frame = pd.DataFrame({"l": [[1, 2], [3]]})
    carried = transformer(pd.DataFrame).carry(frame)
    frame.loc[0, "l"].append(9)
    assert [list(cell) for cell in carried["l"]] == [[1, 2], [3]]


def test_polars_frames_share_nothing() -> None:
    array = np.arange(3)
    frame = pl.DataFrame({"a": array})
    carried = transformer(pl.DataFrame).carry(frame)
    array[0] = 99
    assert carried["a"].to_list() == [0, 1, 2]
    carried[0, "a"] = 7
    assert frame["a"].to_list() == [99, 1, 2]


def test_arrays_share_nothing_read_only_ones_neither() -> None:
    array = np.arange(3)
    array.flags.writeable = False
    carried = transformer(np.ndarray).carry(array)
    array.flags.writeable = True
    array[0] = 99
    assert carried.tolist() == [0, 1, 2]
    assert carried.flags.writeable
