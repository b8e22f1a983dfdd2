"""Tables in files: Parquet, Arrow IPC and CSV, written so that what is read again is what was written."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

from fletching.errors import ConversionError
from fletching_arrow.owned import copied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Pick: TypeAlias = Callable[[pa.Schema], list[str] | None]

__all__ = ["CHUNK", "FILE_NAMES", "iterate", "read", "write"]

FILE_NAMES = {"parquet": "00000", "arrow": "00000", "feather": "00000", "csv": ".csv"}
"""The one file inside a dataset's folder; flytekit looks for these names."""

CHUNK = 65536
"""Rows of a chunk that `iterate` yields; row groups hold a multiple of it."""

DICTIONARIES = b"fletching:dictionaries"
"""Key in a Parquet file's schema for the dictionaries of its columns: Parquet itself keeps the values in use only."""


def write(table: pa.Table, sink: Any, format: str) -> None:
    """Write ``table`` to a path or a stream; raise `ConversionError` if the format cannot hold one of its types."""
    try:
        _WRITERS[format](table, sink)
    except (pa.ArrowException, NotImplementedError) as error:
        hint = "" if format in ("arrow", "feather") else "the format 'arrow' holds every Arrow type"
        raise ConversionError(f"a table that {format} can hold", str(error).strip().rstrip("."), hint=hint) from error


def read(source: Any, format: str, pick: Pick, types: dict[str, pa.DataType] | None = None) -> pa.Table:
    """Return a table.

    Args:
        source: a path or a readable stream.
        format: one of `FILE_NAMES`.
        pick: is given the schema and returns the columns to read (None: all), or raises.
        types: what the columns of a CSV file are read as.
    """
    try:
        if format == "csv":
            return _read_csv(source, pick, types or {})
        return _READERS[format](source, pick)
    except pa.ArrowException as error:
        raise ConversionError(f"a file of format {format!r}", str(error).strip().rstrip(".")) from error


def iterate(source: Any, format: str, pick: Pick, types: dict[str, pa.DataType] | None = None) -> Iterator[pa.Table]:
    """Yield a table's rows in chunks of at most `CHUNK`, holding one at a time in memory where the format allows it."""
    if format == "parquet":
        import pyarrow.parquet as pq

        with pq.ParquetFile(source) as file:
            names = pick(file.schema_arrow)
            for batch in file.iter_batches(CHUNK, columns=names):
                yield _restored(pa.Table.from_batches([batch]), file.metadata.metadata, names)
    elif format == "csv":
        for batch in read(source, format, pick, types).to_batches(CHUNK):
            yield pa.Table.from_batches([batch])
    else:
        with pa.ipc.open_file(source) as reader:
            names = pick(reader.schema)
            for index in range(reader.num_record_batches):
                table = pa.Table.from_batches([reader.get_batch(index)])
                yield table if names is None else table.select(names)


def _write_parquet(table: pa.Table, sink: Any) -> None:
    import pyarrow.parquet as pq

    # The compliant name of a list's field is "element"; with it "item", the name that Arrow gives, would be lost.
    pq.write_table(_with_dictionaries(table), sink, row_group_size=16 * CHUNK, use_compliant_nested_type=False)


def _write_ipc(table: pa.Table, sink: Any) -> None:
    options = pa.ipc.IpcWriteOptions(
        compression="lz4" if pa.Codec.is_available("lz4") else None, unify_dictionaries=True
    )
    with pa.ipc.new_file(sink, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=CHUNK)


def _write_csv(table: pa.Table, sink: Any) -> None:
    import pyarrow.csv as pc

    from fletching_arrow.columns import index_names

    # As in flytekit, a pandas index is no part of a CSV file.
    pc.write_csv(table.drop_columns(index_names(table.schema)), sink)


def _read_parquet(source: Any, pick: Pick) -> pa.Table:
    import pyarrow.parquet as pq

    # Not read_table: it takes "key=value" folders above the file for columns.
    with pq.ParquetFile(source) as file:
        names = pick(file.schema_arrow)
        return _restored(file.read(columns=names), file.metadata.metadata, names)


def _read_ipc(source: Any, pick: Pick) -> pa.Table:
    with pa.ipc.open_file(source) as reader:
        names = pick(reader.schema)
        table = reader.read_all()
        return table if names is None else table.select(names)


def _read_csv(source: Any, pick: Pick, types: dict[str, pa.DataType]) -> pa.Table:
    import pyarrow.csv as pc

    # Without strings_can_be_null an empty field of text stays an empty string.
    table = pc.read_csv(source, convert_options=pc.ConvertOptions(column_types=types))
    names = pick(table.schema)
    return table if names is None else table.select(names)


_WRITERS: dict[str, Callable[[pa.Table, Any], None]] = {
    "parquet": _write_parquet,
    "arrow": _write_ipc,
    "feather": _write_ipc,
    "csv": _write_csv,
}
_READERS: dict[str, Callable[[Any, Pick], pa.Table]] = {
    "parquet": _read_parquet,
    "arrow": _read_ipc,
    "feather": _read_ipc,
}


def _has_inner_null(data_type: pa.DataType) -> bool:
    """Tell whether a list, struct or map holds values without a type."""
    inner = [data_type.field(index).type for index in range(data_type.num_fields)]
    return any(pa.types.is_null(one) or _has_inner_null(one) for one in inner)


def _with_dictionaries(table: pa.Table) -> pa.Table:
    """Return the table with the dictionaries of its columns in its schema's metadata."""
    held = {
        field.name: column.chunk(0).dictionary if column.num_chunks else pa.array([], field.type.value_type)
        for field, column in zip(table.schema, table.unify_dictionaries().columns, strict=True)
        if pa.types.is_dictionary(field.type)
    }
    if not held:
        return table
    sink = pa.BufferOutputStream()
    # A dictionary is one value of its own column: they differ in length.
    row = pa.table({name: pa.array([values.to_pylist()], pa.list_(values.type)) for name, values in held.items()})
    with pa.ipc.new_stream(sink, row.schema) as writer:
        writer.write_table(row)
    # As text: some readers take every value of the metadata for UTF-8.
    text = base64.b64encode(sink.getvalue())
    return table.replace_schema_metadata({**(table.schema.metadata or {}), DICTIONARIES: text})


def _restored(table: pa.Table, metadata: dict[bytes, bytes] | None, names: list[str] | None) -> pa.Table:
    """Return what was written: Parquet has no seconds, no 64-bit dates, and no dictionary beyond the values it uses."""
    if names is not None and table.column_names != names:
        table = table.select(names)
    text = (metadata or {}).get(b"ARROW:schema")
    if text is None:
        return table
    wanted = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(text)))
    kept = dict(wanted.metadata or {})
    dictionaries = _dictionaries(kept.pop(DICTIONARIES, None))
    for index, name in enumerate(table.column_names):
        field, column = wanted.field(name), table.column(index)
        if pa.types.is_dictionary(field.type):
            column = _encoded(column, field.type, dictionaries.get(name))
        elif not column.type.equals(field.type, check_metadata=True):
            column = _cast(column, field.type)
        if column is not table.column(index) or table.schema.field(index) != field:
            table = table.set_column(index, field.with_type(column.type), column)
    return table.replace_schema_metadata(kept or None)


def _dictionaries(text: bytes | None) -> dict[str, pa.Array]:
    if text is None:
        return {}
    with pa.ipc.open_stream(base64.b64decode(text)) as reader:
        row = reader.read_all()
    return {name: row.column(name).chunk(0).values for name in row.column_names}


def _encoded(column: pa.ChunkedArray, data_type: pa.DictionaryType, values: pa.Array | None) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    plain = column.cast(data_type.value_type)
    if values is None:
        whole = plain.combine_chunks().dictionary_encode()
        indices, values = whole.indices, whole.dictionary
    else:
        indices = pc.index_in(plain.combine_chunks(), value_set=values)
    encoded = pa.DictionaryArray.from_arrays(indices.cast(data_type.index_type), values, ordered=data_type.ordered)
    return pa.chunked_array([encoded], data_type)


def _cast(column: pa.ChunkedArray, data_type: pa.DataType) -> pa.ChunkedArray:
    # Casting makes broken arrays of inner values without a type. A copy gives maps the names that Arrow gives them.
    if _has_inner_null(data_type):
        return copied(pa.table({"column": column})).column(0)
    try:
        return column.cast(data_type)
    except pa.ArrowException:
        # Another writer's schema may say what its own data no longer is.
        return column
