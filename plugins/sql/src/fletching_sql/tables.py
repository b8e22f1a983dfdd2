"""Tables that go into a query: which annotations are one, and each of them as Arrow batches or a file."""

from __future__ import annotations

import datetime
import enum
import itertools
import os
import typing
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["file_of", "is_file", "is_frame", "is_rows", "library_name", "reader", "rows_table"]

FRAMES = {
    "pandas.DataFrame",
    "polars.DataFrame",
    "polars.LazyFrame",
    "pyarrow.RecordBatch",
    "pyarrow.Table",
    "fletching_arrow.StructuredDataset",
}
READERS = {
    "csv": "csv",
    "tsv": "csv",
    "parquet": "parquet",
    "pq": "parquet",
    "arrow": "arrow",
    "feather": "arrow",
    "ipc": "arrow",
}
"""How files are read, by the ending of their names (and ``.gz`` after ``csv``)."""


def library_name(annotation: Any) -> str:
    """Return ``library.Class`` of a class, wherever inside the library it is defined; no library is imported."""
    root = typing.get_origin(annotation) or annotation
    for cls in getattr(root, "__mro__", ()):
        name = f"{cls.__module__.partition('.')[0]}.{cls.__qualname__}"
        if name in FRAMES:
            return name
    return ""


def is_frame(annotation: Any) -> bool:
    """Tell whether an annotation is a table in memory."""
    return bool(library_name(annotation))


def is_file(annotation: Any) -> bool:
    """Tell whether an annotation is a file: ``FlyteFile``, ``FlyteFile["csv"]``, ``pathlib.Path``."""
    root = typing.get_origin(annotation) or annotation
    if not (isinstance(root, type) and issubclass(root, os.PathLike)):
        return False
    return not any(cls.__name__ == "FlyteDirectory" for cls in root.__mro__)


def is_rows(annotation: Any) -> bool:
    """Tell whether an annotation is a list of dataclasses."""
    if typing.get_origin(annotation) is not list:
        return False
    (item,) = typing.get_args(annotation)
    return is_dataclass(item)


def file_of(table: Any) -> tuple[str, str] | None:
    """Return the local path of a table that is a file, and how to read it: ``csv``, ``parquet`` or ``arrow``."""
    if not isinstance(table, os.PathLike):
        return None
    path = os.fspath(table)
    name = str(path).lower()
    ending = name.removesuffix(".gz").rpartition(".")[2] if "csv" in name or "tsv" in name else name.rpartition(".")[2]
    declared = getattr(table, "extension", None)
    how = READERS.get(ending) or READERS.get(str(declared() if callable(declared) else declared or "").lower())
    if how is None:
        raise ConfigError(
            f"the file {str(path)!r} is no table; give a name ending in {', '.join('.' + end for end in READERS)}"
        )
    return str(path), how


def reader(table: Any) -> pa.RecordBatchReader:
    """Return any table as Arrow batches; files are read while the batches are."""
    import pyarrow as pa

    found = file_of(table)
    if found is not None:
        return file_reader(*found)
    if isinstance(table, pa.RecordBatch):
        table = pa.Table.from_batches([table])
    if not isinstance(table, pa.Table):
        module = type(table).__module__.partition(".")[0]
        if module == "pandas":
            table = pa.Table.from_pandas(table, preserve_index=False)
        elif module == "polars":
            table = (table.collect() if hasattr(table, "collect") else table).to_arrow()
        else:
            return dataset_reader(table.open(pa.Table))
    return table.to_reader()


def dataset_reader(opened: Any) -> pa.RecordBatchReader:
    """Return an opened `StructuredDataset` as batches, read chunk by chunk."""
    import pyarrow as pa

    chunks = opened.iter()
    first = next(chunks, None)
    if first is None:
        return opened.all().to_reader()
    batches = (batch for chunk in itertools.chain([first], chunks) for batch in chunk.to_batches())
    return pa.RecordBatchReader.from_batches(first.schema, batches)


def file_reader(path: str, how: str) -> pa.RecordBatchReader:
    import pyarrow as pa

    if how == "csv":
        from pyarrow import csv

        options = csv.ParseOptions(delimiter="\t") if ".tsv" in path.lower() else None
        return csv.open_csv(path, parse_options=options)
    if how == "parquet":
        from pyarrow import parquet

        opened = parquet.ParquetFile(path)
        return pa.RecordBatchReader.from_batches(opened.schema_arrow, opened.iter_batches())
    opened = pa.ipc.open_file(path)
    batches = (opened.get_batch(index) for index in range(opened.num_record_batches))
    return pa.RecordBatchReader.from_batches(opened.schema, batches)


def rows_table(rows: list[Any], cls: type) -> pa.Table:
    """Return a list of dataclasses as a table with a column a field, also where there is no row to see a type in."""
    import pyarrow as pa

    hints = typing.get_type_hints(cls)
    columns = {}
    for field in fields(cls):
        values = [getattr(row, field.name) for row in rows]
        values = [value.value if isinstance(value, enum.Enum) else value for value in values]
        columns[field.name] = pa.array(values, arrow_type(hints[field.name]))
    return pa.table(columns)


def arrow_type(annotation: Any) -> pa.DataType | None:
    """Return the Arrow type of a scalar annotation, or None if the values must tell."""
    import pyarrow as pa

    from fletching_sql.cells import optional

    known = {
        bool: pa.bool_(),
        bytes: pa.binary(),
        datetime.date: pa.date32(),
        datetime.datetime: pa.timestamp("us", tz="UTC"),
        datetime.timedelta: pa.duration("us"),
        float: pa.float64(),
        int: pa.int64(),
        str: pa.string(),
    }
    inner = optional(annotation)[0]
    return known.get(inner) if isinstance(inner, type) else None
