"""What the reader of a table sees, without a file between."""

from __future__ import annotations

import functools

import pyarrow as pa
import pyarrow.types as arrow

from fletching.errors import ConversionError
from fletching_arrow import formats
from fletching_arrow.owned import has_inner_dictionary

__all__ = ["checked", "seen"]

_UNCHANGED = frozenset(
    (
        *(pa.null(), pa.bool_(), pa.float16(), pa.float32(), pa.float64()),
        *(pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
        *(pa.string(), pa.large_string(), pa.binary(), pa.large_binary(), pa.binary(1)),
        *(pa.date32(), pa.time64("us"), pa.duration("us"), pa.decimal128(1), pa.decimal256(1)),
    )
)
"""Types, with any parameters, that Parquet gives back bit for bit: a property test holds every one of them to it.

Views are missing: some of them it cannot write.
"""

_UNCHANGED_IDS = frozenset(data_type.id for data_type in _UNCHANGED)
_DICTIONARY_ID = pa.dictionary(pa.int8(), pa.string()).id


def checked(table: pa.Table) -> pa.Table:
    """Return the table, or raise `ConversionError` for what no format can keep."""
    names = table.column_names
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ConversionError("columns with different names", f"{names.count(twice)} columns named {twice!r}")
    for index, field in enumerate(table.schema):
        if not field.nullable and table.column(index).null_count:
            raise ConversionError(
                f"a column of {field.type} without nulls", f"{table.column(index).null_count} nulls"
            ).at(f"[{field.name!r}]")
    return table


def seen(table: pa.Table, format: str, types: dict[str, pa.DataType]) -> pa.Table:
    """Return the table as it comes out of a file of ``format``: itself, where all its types are kept."""
    kinds = table.schema.types
    if _all_kept(kinds, format):
        encoded = [index for index, kind in enumerate(kinds) if kind.id == _DICTIONARY_ID]
        if any(table.column(index).num_chunks > 1 for index in encoded):
            table = table.unify_dictionaries()
        if all(_regular(table.column(index)) for index in encoded):
            return table
    sink = pa.BufferOutputStream()
    formats.write(table, sink, format)
    return formats.read(pa.BufferReader(sink.getvalue()), format, lambda schema: None, types)


def _all_kept(kinds: list[pa.DataType], format: str) -> bool:
    if format == "csv" or not kinds:
        return False
    kept = _kept_by_parquet if format == "parquet" else _kept_by_ipc
    return all(kind.id in _UNCHANGED_IDS or kept(kind) for kind in kinds)


@functools.lru_cache(maxsize=1024)
def _kept_by_parquet(data_type: pa.DataType, top: bool = True) -> bool:
    if arrow.is_dictionary(data_type):
        return top and not arrow.is_nested(data_type.value_type) and _kept_by_parquet(data_type.value_type, False)
    if arrow.is_timestamp(data_type):
        return bool(data_type.unit != "s")
    if arrow.is_time32(data_type):
        return bool(data_type.unit != "s")
    if arrow.is_list(data_type) or arrow.is_large_list(data_type) or arrow.is_struct(data_type):
        inner = [data_type.field(index) for index in range(data_type.num_fields)]
        # Inside of a value without a type, a unit or a name may come back as another.
        return bool(inner) and all(
            field.nullable and not arrow.is_null(field.type) and _kept_by_parquet(field.type, False) for field in inner
        )
    return data_type.id in _UNCHANGED_IDS


@functools.lru_cache(maxsize=1024)
def _kept_by_ipc(data_type: pa.DataType) -> bool:
    return not has_inner_dictionary(data_type)


def _regular(column: pa.ChunkedArray) -> bool:
    """Tell whether each value of a column stands once in its dictionary: then the dictionary is found again."""
    import pyarrow.compute as pc

    if not column.num_chunks:
        return False
    values = column.chunk(0).dictionary
    if values.null_count or len(pc.unique(values)) != len(values):
        return False
    return not (arrow.is_floating(values.type) and pc.any(pc.is_nan(values)).as_py())
