"""Columns within columns: named by a dict or a dataclass, a struct in Arrow, and dotted names on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

from fletching.errors import UnsupportedTypeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

__all__ = ["flat", "names_columns", "plain", "pruned", "tree"]


def names_columns(extra: Any) -> bool:
    """Tell whether something in an annotation stands for columns: a dict of types, or a dataclass."""
    return isinstance(extra, Mapping) or (isinstance(extra, type) and is_dataclass(extra))


def plain(declared: Any, above: tuple[Any, ...] = ()) -> dict[str, Any]:
    """Return the columns that a dict or a dataclass names, where each dataclass within it is a dict as well."""
    if isinstance(declared, Mapping):
        found = dict(declared)
    elif declared in above:
        raise UnsupportedTypeError(f"{declared.__name__} holds itself, and no table has columns without end")
    else:
        try:
            hints = get_type_hints(declared)
        except NameError as error:
            raise UnsupportedTypeError(
                f"{declared.__name__} names {error.name!r} in an annotation, and its module has no such name; "
                "define or import it at module level, outside 'if TYPE_CHECKING'"
            ) from error
        found = {field.name: hints[field.name] for field in fields(declared)}
    return {name: plain(kind, (*above, declared)) if names_columns(kind) else kind for name, kind in found.items()}


def flat(columns: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted names and types, as flytekit writes them."""
    for name, kind in columns.items():
        if isinstance(kind, Mapping) and not kind:
            raise UnsupportedTypeError(
                f"column {above + name!r} is declared without columns of its own; "
                "name them, or leave it out of the annotation"
            )
        if isinstance(kind, Mapping):
            yield from flat(kind, f"{above}{name}.")
        else:
            yield above + name, kind


def tree(names: Iterable[str], schema: pa.Schema) -> dict[str, Any]:
    """Return the columns that dotted names stand for; a name that a table has as it is means that column."""
    found: dict[str, Any] = {}
    for name in names:
        if name in schema.names:
            found[name] = None
            continue
        first, *inner = name.split(".")
        level = found
        for part, below in zip((first, *inner), (*inner, None), strict=True):
            if part in level and level[part] is None:
                break
            if below is None:
                level[part] = None
            else:
                level = level.setdefault(part, {})
    return found


def pruned(table: pa.Table, columns: Mapping[str, Any]) -> pa.Table:
    """Return the table with those of its structs that ``columns`` names fields of holding these fields only."""
    import pyarrow as pa

    for name, inner in columns.items():
        index = table.schema.get_field_index(name)
        if not isinstance(inner, Mapping) or index < 0:
            continue
        field = table.schema.field(index)
        kind = _less(field.type, inner)
        if kind != field.type:
            chunks = [_part(chunk, inner) for chunk in table.column(index).chunks]
            table = table.set_column(index, field.with_type(kind), pa.chunked_array(chunks, kind))
    return table


def _less(kind: pa.DataType, inner: Any) -> pa.DataType:
    import pyarrow as pa

    if not isinstance(inner, Mapping) or not pa.types.is_struct(kind):
        return kind
    there = [(kind.field(name), below) for name, below in inner.items() if kind.get_field_index(name) >= 0]
    return pa.struct([field.with_type(_less(field.type, below)) for field, below in there])


def _part(array: pa.Array, inner: Any) -> pa.Array:
    import pyarrow as pa

    kind = _less(array.type, inner)
    if kind == array.type:
        return array
    children = [_part(array.field(field.name), inner[field.name]) for field in kind]
    return pa.StructArray.from_arrays(children, fields=list(kind), mask=array.is_null())
