"""Declared columns and schema against the ones a frame has."""

from __future__ import annotations

import datetime
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, get_args, get_origin

import pyarrow as pa
import pyarrow.types as arrow

from fletching.errors import ConversionError, UnsupportedTypeError, close_match
from fletching.extend import type_name
from fletching_arrow.nested import flat, pruned

if TYPE_CHECKING:
    from collections.abc import Callable

    from fletching_arrow.config import FrameOptions

__all__ = ["check", "checked_column_types", "csv_types", "index_names", "narrowed"]


def _text(data_type: pa.DataType) -> bool:
    return any(is_it(data_type) for is_it in (arrow.is_string, arrow.is_large_string, arrow.is_string_view))


def _bytes(data_type: pa.DataType) -> bool:
    return any(
        is_it(data_type)
        for is_it in (arrow.is_binary, arrow.is_large_binary, arrow.is_binary_view, arrow.is_fixed_size_binary)
    )


def _list(data_type: pa.DataType) -> bool:
    return any(
        is_it(data_type)
        for is_it in (
            arrow.is_list,
            arrow.is_large_list,
            arrow.is_fixed_size_list,
            arrow.is_list_view,
            arrow.is_large_list_view,
        )
    )


_FITS: dict[Any, Callable[[pa.DataType], bool]] = {
    int: arrow.is_integer,
    float: arrow.is_floating,
    bool: arrow.is_boolean,
    str: _text,
    bytes: _bytes,
    datetime.datetime: arrow.is_timestamp,
    datetime.date: arrow.is_date,
    datetime.timedelta: arrow.is_duration,
}

_CSV_TYPES: dict[Any, pa.DataType] = {
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    str: pa.string(),
    bytes: pa.binary(),
    datetime.datetime: pa.timestamp("us"),
    datetime.date: pa.date32(),
}


def checked_column_types(options: FrameOptions) -> None:
    """Refuse column types that cannot be checked, when the annotation is read rather than at the first call."""
    for name, declared in flat(options.columns):
        inner = declared
        while get_origin(inner) is list or (get_origin(inner) is dict and get_args(inner)[0] is str):
            inner = get_args(inner)[-1]
        if not isinstance(inner, Hashable) or inner not in _FITS:
            raise UnsupportedTypeError(
                f"column {name!r} is declared as {type_name(declared)}; a column is one of "
                f"{', '.join(type_name(known) for known in _FITS)}, a list or a dict[str, ...] of one, or has columns "
                "of its own, in a dict or a dataclass, and anything else is declared with a pyarrow.schema"
            )


def check(schema: pa.Schema, options: FrameOptions, *, exact: bool) -> None:
    """Raise `ConversionError` for the first declared column that is missing or of another type.

    Args:
        schema: what the frame has.
        options: what the annotation asks for.
        exact: whether ``string`` and ``large_string`` differ, as for Arrow tables; a pandas column has no such choice.
    """
    _check_columns(schema, options.columns, "")
    for wanted in options.schema or ():
        found = _field(schema, wanted.name, str(wanted.type))
        if found.type != wanted.type and (exact or _plainest(found.type) != _plainest(wanted.type)):
            raise ConversionError(f"a column of {wanted.type}", f"a column of {found.type}").at(f"[{wanted.name!r}]")


def narrowed(table: pa.Table, options: FrameOptions) -> pa.Table:
    """Return the declared columns (and a pandas index) of a table that has them; itself if it has no others."""
    names = options.names
    if names:
        keep = [*names, *(name for name in index_names(table.schema) if name not in names)]
        if keep != table.column_names:
            table = table.select(keep)
    given = options.schema.names if options.schema is not None else ()
    table = pruned(table, {name: inner for name, inner in options.columns.items() if name not in given})
    for wanted in options.schema or ():
        if not wanted.nullable and table.column(wanted.name).null_count:
            raise ConversionError(
                f"a column of {wanted.type} without nulls", f"{table.column(wanted.name).null_count} nulls"
            ).at(f"[{wanted.name!r}]")
    return table


def index_names(schema: pa.Schema) -> list[str]:
    """Return the columns that hold a pandas index."""
    import json

    written = (schema.metadata or {}).get(b"pandas")
    if not written:
        return []
    described = json.loads(written).get("index_columns", [])
    return [name for name in described if isinstance(name, str) and name in schema.names]


def csv_types(options: FrameOptions) -> dict[str, pa.DataType]:
    """Return the types that a CSV file's declared columns are read as, instead of guessing from their text."""
    # A column of columns is declared by a dict. No CSV file has one.
    simple = {name: declared for name, declared in options.columns.items() if isinstance(declared, Hashable)}
    known = {name: _CSV_TYPES[declared] for name, declared in simple.items() if declared in _CSV_TYPES}
    return known | {wanted.name: wanted.type for wanted in options.schema or ()}


def _check_columns(schema: pa.Schema, declared: Mapping[str, Any], above: str) -> None:
    for name, kind in declared.items():
        where, nested = f"{above}[{name!r}]", isinstance(kind, Mapping)
        expected = f"columns {', '.join(map(repr, kind))}" if nested else type_name(kind)
        found = _field(schema, name, expected, above)
        if nested and arrow.is_struct(found.type):
            _check_columns(pa.schema(list(found.type)), kind, where)
        elif not (arrow.is_null(found.type) if nested else _fits(kind, found.type)):
            raise ConversionError(f"a column of {expected}", f"a column of {found.type}").at(where)


def _field(schema: pa.Schema, name: str, expected: str, above: str = "") -> pa.Field:
    index = schema.get_field_index(name)
    if index < 0:
        there = ", ".join(map(repr, schema.names[:20])) + (", …" if len(schema.names) > 20 else "")
        raise ConversionError(
            f"a column of {expected}",
            "no such column",
            hint=f"the columns are {there or 'none'}{close_match(name, schema.names)}",
        ).at(f"{above}[{name!r}]")
    return schema.field(index)


def _fits(declared: Any, data_type: pa.DataType) -> bool:
    if arrow.is_dictionary(data_type):
        data_type = data_type.value_type
    # A column without a single value has no type that could be wrong.
    if arrow.is_null(data_type):
        return True
    if get_origin(declared) is list:
        return _list(data_type) and _fits(get_args(declared)[0], data_type.value_type)
    if get_origin(declared) is dict:
        # A pandas column of dicts is a struct in Arrow: with the keys of all rows.
        value = get_args(declared)[1]
        if arrow.is_map(data_type):
            return _fits(str, data_type.key_type) and _fits(value, data_type.item_type)
        return bool(arrow.is_struct(data_type) and all(_fits(value, field.type) for field in data_type))
    return _FITS[declared](data_type)


def _plainest(data_type: pa.DataType) -> pa.DataType:
    """Return the type without the choices that only Arrow has: offsets of 64 bits, views, dictionaries."""
    if arrow.is_dictionary(data_type):
        return _plainest(data_type.value_type)
    if _text(data_type):
        return pa.string()
    if arrow.is_binary(data_type) or arrow.is_large_binary(data_type) or arrow.is_binary_view(data_type):
        return pa.binary()
    if _list(data_type):
        return pa.list_(_plainest(data_type.value_type))
    if arrow.is_struct(data_type):
        return pa.struct([(inner.name, _plainest(inner.type)) for inner in data_type])
    return data_type
