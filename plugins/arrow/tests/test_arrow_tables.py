"""``pyarrow.Table`` and ``RecordBatch``: the law over generated tables, and what is shared instead of copied."""

from __future__ import annotations

import datetime as dt
import decimal
import math
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.testing import TransformerConformance
from fletching.types.engine import transformer

UTC = dt.UTC

LEAVES: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.null(), st.none()),
    (pa.bool_(), st.booleans()),
    (pa.int8(), st.integers(-128, 127)),
    (pa.uint8(), st.integers(0, 255)),
    (pa.int16(), st.integers(-(2**15), 2**15 - 1)),
    (pa.uint32(), st.integers(0, 2**32 - 1)),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.float16(), st.floats(width=16)),
    (pa.float32(), st.floats(width=32)),
    (pa.float64(), st.floats()),
    (pa.string(), st.text(max_size=5)),
    (pa.large_string(), st.text(max_size=5)),
    (pa.binary(), st.binary(max_size=5)),
    (pa.large_binary(), st.binary(max_size=5)),
    (pa.binary(3), st.binary(min_size=3, max_size=3)),
    (pa.date32(), st.dates()),
    (pa.date64(), st.dates()),
    (pa.time32("s"), st.times().map(lambda t: t.replace(microsecond=0))),
    (pa.time32("ms"), st.times().map(lambda t: t.replace(microsecond=0))),
    (pa.time64("us"), st.times()),
    (pa.time64("ns"), st.times()),
    (pa.timestamp("s"), st.datetimes().map(lambda t: t.replace(microsecond=0))),
    (pa.timestamp("ms", "Europe/Berlin"), st.integers(-(2**40), 2**40)),
    (pa.timestamp("us"), st.datetimes()),
    (pa.timestamp("us", "UTC"), st.integers(-(2**50), 2**50)),
    (pa.timestamp("ns"), st.integers(-(2**62), 2**62)),
    (pa.duration("s"), st.integers(-(2**40), 2**40)),
    (pa.duration("ns"), st.integers(-(2**62), 2**62)),
    (pa.decimal128(20, 3), st.decimals(-(10**10), 10**10, places=3)),
    (pa.decimal256(50, 3), st.decimals(-(10**10), 10**10, places=3)),
]

TOP_ONLY: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.string_view(), st.text(max_size=20)),
    (pa.dictionary(pa.int8(), pa.string()), st.sampled_from("abc")),
    (pa.dictionary(pa.int32(), pa.int64()), st.integers(0, 3)),
    (pa.dictionary(pa.int16(), pa.float64()), st.sampled_from([0.5, 1.5])),
    (pa.dictionary(pa.int8(), pa.large_string(), ordered=True), st.sampled_from("abc")),
]


def nested(leaves: list[tuple[pa.DataType, st.SearchStrategy[Any]]]) -> st.SearchStrategy[tuple[Any, Any]]:
    """Draw an Arrow type, possibly of lists, structs and maps, with a strategy for its values."""
    return st.recursive(
        st.sampled_from(leaves),
        lambda inner: st.one_of(
            inner.map(lambda one: (pa.list_(one[0]), st.lists(st.none() | one[1], max_size=3))),
            inner.map(lambda one: (pa.large_list(one[0]), st.lists(st.none() | one[1], max_size=3))),
            inner.map(lambda one: (pa.list_(one[0], 2), st.lists(one[1], min_size=2, max_size=2))),
            st.tuples(inner, inner).map(
                lambda two: (
                    pa.struct([("x", two[0][0]), ("y", two[1][0])]),
                    st.fixed_dictionaries({"x": st.none() | two[0][1], "y": st.none() | two[1][1]}),
                )
            ),
            inner.map(
                lambda one: (pa.map_(pa.string(), one[0]), st.lists(st.tuples(st.text(max_size=2), one[1]), max_size=2))
            ),
        ),
        max_leaves=2,
    )


def column(data_type: pa.DataType, values: list[Any]) -> pa.Array:
    """Build an array; pyarrow makes no dictionary inside of a list from Python values."""
    try:
        return pa.array(values, data_type)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        return pa.nulls(len(values), data_type)


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """Draw a table of up to three columns in up to two chunks, with or without metadata."""
    kinds = nested(LEAVES) | st.sampled_from(TOP_ONLY)
    length = draw(st.integers(0, 4))
    names = draw(st.lists(st.text(min_size=1, max_size=4) | st.sampled_from(["a", "b.c"]), max_size=2, unique=True))
    fields, arrays = [], []
    for name in names:
        data_type, values = draw(kinds)
        meta = draw(st.none() | st.just({"unit": "ms"}))
        fields.append(pa.field(name, data_type, metadata=meta))
        arrays.append(column(data_type, draw(st.lists(st.none() | values, min_size=length, max_size=length))))
    schema = pa.schema(fields, metadata=draw(st.none() | st.just({"origin": "sensor"})))
    table = pa.Table.from_arrays(arrays, schema=schema)
    return pa.concat_tables([table.slice(1), table]) if names and length and draw(st.booleans()) else table


def value_of(scalar: Any) -> Any:
    """Return a scalar as data in which a NaN equals a NaN, and times are numbers: Python has no nanoseconds."""
    if not scalar.is_valid:
        return None
    if isinstance(scalar, pa.DictionaryScalar):
        return value_of(scalar.value)
    if pa.types.is_temporal(scalar.type):
        return scalar.value
    if isinstance(scalar, pa.StructScalar):
        return {name: value_of(scalar[name]) for name in scalar}
    if pa.types.is_nested(scalar.type):
        return [value_of(one) for one in scalar.values]
    value = scalar.as_py()
    if isinstance(value, float):
        return "nan" if math.isnan(value) else (value, math.copysign(1, value))
    return value


def rows(column: Any) -> list[Any]:
    """Return a column's values for comparing."""
    return [value_of(one) for one in column]


def same(one: Any, other: Any) -> bool:
    """Equality of tables: types, metadata, values (a NaN equals a NaN), and the values of dictionaries."""
    if type(one) is not type(other) or not one.schema.equals(other.schema, check_metadata=True):
        return False
    if one.num_rows != other.num_rows or [rows(c) for c in one.columns] != [rows(c) for c in other.columns]:
        return False
    for left, right in zip(one.columns, other.columns, strict=True):
        if (
            pa.types.is_dictionary(left.type)
            and isinstance(left, pa.ChunkedArray)
            and left.num_chunks
            and right.num_chunks
        ):
            left, right = left.unify_dictionaries().chunk(0), right.unify_dictionaries().chunk(0)
            if left.dictionary.to_pylist() != right.dictionary.to_pylist():
                return False
    return True


class TestTable(TransformerConformance):
    """The law, for every type Parquet can hold."""

    annotation = pa.Table
    immutable = (pa.Table,)

    def values(self) -> st.SearchStrategy[pa.Table]:
        return tables()

    def alike(self, one: Any, other: Any) -> bool:
        return same(one, other)


def samples() -> list[pa.Table]:
    """One table of each type with a null, and shapes that need care."""
    made = [pa.table({"a": column(data_type, [None, *sample_of(values)])}) for data_type, values in LEAVES + TOP_ONLY]
    made.append(pa.table({"in": pa.array([["x"], None], pa.list_(pa.dictionary(pa.int8(), pa.string())))}))
    made.append(pa.concat_tables([made[-2], made[-2]]))
    made.append(made[3].slice(1))
    made.append(pa.table({}))
    return made


def sample_of(values: st.SearchStrategy[Any]) -> list[Any]:
    """Return one value, always the same."""
    found: list[Any] = []

    def keep(value: Any) -> None:
        found.append(value)

    fixed = settings(max_examples=1, database=None, derandomize=True)
    fixed(given(values)(keep))()
    return found[:1]


class TestIpcTable(TransformerConformance):
    """The same through an Arrow IPC file."""

    annotation = Annotated[pa.Table, "arrow"]
    immutable = (pa.Table,)

    def values(self) -> list[pa.Table]:
        return samples()

    def alike(self, one: Any, other: Any) -> bool:
        return same(one, other)


class TestBatch(TransformerConformance):
    """Record batches take the same way."""

    annotation = pa.RecordBatch
    immutable = (pa.RecordBatch,)

    def values(self) -> list[pa.RecordBatch]:
        return [
            (table.combine_chunks().to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)])[0]
            for table in samples()
        ]

    def alike(self, one: Any, other: Any) -> bool:
        return same(one, other)


class TestCsvTable(TransformerConformance):
    """A CSV file keeps little; `carry` shows just that."""

    annotation = Annotated[pa.Table, "csv"]
    immutable = (pa.Table,)

    def values(self) -> list[pa.Table]:
        return [
            pa.table({"a": pa.array([1, 2], pa.int8()), "s": ["x", ""]}),
            pa.table({"d": [dt.date(2026, 1, 2)], "f": [1.0]}),
        ]

    def alike(self, one: Any, other: Any) -> bool:
        return same(one, other)


@given(tables())
def test_what_is_read_is_what_was_written(table: pa.Table) -> None:
    """Not only do both ways agree: nothing is lost either."""
    back = transformer(pa.Table).to_python(transformer(pa.Table).to_literal(table))
    back.validate(full=True)
    # Beside an inner value without a type the names and units inside stay as Parquet has them.
    if any("null" in str(kind) for kind in table.schema.types if kind.num_fields):
        assert repr(back.to_pylist()) == repr(table.to_pylist())
        return
    assert back.schema.equals(table.schema, check_metadata=True)
    assert [rows(c) for c in back.columns] == [rows(c) for c in table.columns]


def test_types_that_parquet_lacks_are_refused_with_a_way_out() -> None:
    union = pa.UnionArray.from_dense(pa.array([0], pa.int8()), pa.array([0], pa.int32()), [pa.array([1])])
    table = pa.table({"u": union})
    for convert in (transformer(pa.Table).carry, transformer(pa.Table).to_literal):
        with pytest.raises(ConversionError) as caught:
            convert(table)
        assert "expected a table that parquet can hold, got Unhandled type" in str(caught.value)
        assert str(caught.value).endswith("(the format 'arrow' holds every Arrow type)")
    ipc = transformer(Annotated[pa.Table, "arrow"])
    assert ipc.carry(table).equals(ipc.to_python(ipc.to_literal(table)))


def test_unused_categories_and_their_order_are_kept() -> None:
    values = pa.DictionaryArray.from_arrays(pa.array([2, None, 2]), pa.array(["z", "y", "x"]), ordered=True)
    way = transformer(pa.Table)
    back = way.to_python(way.to_literal(pa.table({"c": values}))).column("c")
    assert back.type == values.type
    assert back.chunk(0).dictionary.to_pylist() == ["z", "y", "x"]
    assert back.chunk(0).indices.to_pylist() == [2, None, 2]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]),
            "expected columns with different names, got 2 columns named 'a'",
        ),
        (
            pa.Table.from_arrays([pa.array([1, None])], schema=pa.schema([pa.field("a", pa.int64(), nullable=False)])),
            "value['a']: expected a column of int64 without nulls, got 1 nulls",
        ),
        ([1], "expected pyarrow.Table, got list [1]"),
    ],
)
def test_what_does_not_fit_says_why(table: Any, message: str) -> None:
    for convert in (transformer(pa.Table).carry, transformer(pa.Table).to_literal):
        with pytest.raises(ConversionError) as caught:
            convert(table)
        assert str(caught.value) == message


def test_a_reader_that_is_used_up_is_no_value() -> None:
    with pytest.raises(UnsupportedTypeError) as caught:
        transformer(pa.RecordBatchReader)
    assert str(caught.value) == (
        "pyarrow.RecordBatchReader can be read once, and passing it on would use it up; return a pyarrow.Table, "
        "or a StructuredDataset and read it with .open(pyarrow.RecordBatch).iter()"
    )


def test_a_folder_named_like_a_partition_adds_no_column(tmp_path: Any) -> None:
    folder = tmp_path / "year=2026"
    folder.mkdir()
    pq.write_table(pa.table({"a": [1]}), folder / "00000")
    literal = transformer(pa.Table).to_literal(pa.table({"a": [1]}))
    literal.scalar.structured_dataset.uri = str(folder)
    assert transformer(pa.Table).to_python(literal).column_names == ["a"]


def test_a_dataset_of_several_files_is_read_whole(tmp_path: Any) -> None:
    for number in range(2):
        pq.write_table(pa.table({"a": [number]}), tmp_path / f"part-{number}.parquet")
    (tmp_path / "_SUCCESS").touch()
    literal = transformer(pa.Table).to_literal(pa.table({"a": [1]}))
    literal.scalar.structured_dataset.uri = str(tmp_path)
    assert transformer(pa.Table).to_python(literal).to_pydict() == {"a": [0, 1]}


def test_a_decimal_keeps_its_scale() -> None:
    way = transformer(pa.Table)
    table = pa.table({"d": pa.array([decimal.Decimal("1.50")], pa.decimal128(10, 2))})
    assert str(way.to_python(way.to_literal(table))["d"][0]) == "1.50"


def test_rows_without_columns_are_counted() -> None:
    table = pa.table({"a": [1, 2, 3]}).select([])
    way = transformer(pa.Table)
    assert way.carry(table).num_rows == way.to_python(way.to_literal(table)).num_rows


def test_values_without_a_type_come_back_whole() -> None:
    """Casting them gives an array with too few values, and touching that ends the process."""
    table = pa.table({"m": pa.array([[("k", None), ("l", None)]], pa.map_(pa.string(), pa.null()))})
    way = transformer(pa.Table)
    for back in (way.carry(table), way.to_python(way.to_literal(table))):
        back.validate(full=True)
        assert back["m"].to_pylist() == [[("k", None), ("l", None)]]
