"""What a query's rows become, by the declared output: a table, rows, one value, a count, a file."""

from __future__ import annotations

import itertools
import typing
from typing import TYPE_CHECKING, Any, TypeAlias

from fletching.errors import ConfigError, ConversionError
from fletching.extend import new_blob_path
from fletching_sql.cells import cell, is_record, optional, stripped
from fletching_sql.rowcount import RowCount
from fletching_sql.tables import is_file, library_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from fletching_sql.engines.base import Answer

__all__ = ["Result", "result_of"]

Read: TypeAlias = "Callable[[Answer], Any]"

STRICT = ("duckdb", "postgresql")
"""Dialects with real types for truth, dates and decimals."""


class Result(typing.NamedTuple):
    """How an answer becomes the output."""

    read: Read
    counts: bool = False
    """Rows are not wanted, if there are any."""


def result_of(annotation: Any, owner: str, dialect: str) -> Result:
    """Return how an answer becomes ``annotation``; `ConfigError` if nothing of a query does."""
    annotation = stripped(annotation)
    if annotation is None or annotation is type(None):
        return Result(lambda answer: None, counts=True)
    if annotation is RowCount:
        return Result(row_count, counts=True)
    library = library_name(annotation)
    if library:
        return Result(FRAMES[library] if library in FRAMES else dataset_writer(annotation))
    if getattr(annotation, "__name__", "") == "RecordBatchReader":
        raise ConfigError(
            f"{owner}: a RecordBatchReader can be read only once; "
            "declare FlyteFile['parquet'], which is written batch by batch"
        )
    if is_file(annotation):
        return Result(file_writer(annotation, owner))
    loose = dialect not in STRICT
    if typing.get_origin(annotation) is list:
        (item,) = typing.get_args(annotation)
        inner, nullable = optional(item)
        if is_record(inner) and not nullable:
            return Result(rows_of(inner, owner, loose))
        return Result(column_of(cell(item, owner, loose=loose)))
    inner, nullable = optional(annotation)
    if is_record(inner):
        return Result(one_row(rows_of(inner, owner, loose, limit=2), nullable))
    return Result(one_row(column_of(cell(annotation, owner, loose=loose), limit=2), nullable))


def row_count(answer: Answer) -> RowCount:
    if answer.changed is None:
        got = f"rows with the columns {', '.join(answer.names)}" if answer.names else "a statement that changes no rows"
        raise ConversionError("a count of changed rows", got, hint="RowCount is for insert, update, delete and merge")
    return RowCount(answer.changed)


def need_rows(answer: Answer) -> None:
    if not answer.names:
        raise ConversionError(
            "rows", "a statement that returns none", hint="declare RowCount or None, or add a returning clause"
        )


def rows_of(cls: Any, owner: str, loose: bool, limit: int | None = None) -> Read:
    from fletching_sql.records import record

    plan = record(cls, owner, loose=loose)

    def read(answer: Answer) -> list[Any]:
        need_rows(answer)
        build = plan.columns(answer.names)
        result: list[Any] = []
        try:
            for row in itertools.islice(answer.rows(), limit):
                result.append(build(row))  # noqa: PERF401 - an error is placed by how many there are
        except ConversionError as error:
            raise error if limit else error.at(f"[{len(result)}]") from None
        return result

    return read


def column_of(convert: Callable[[Any], Any], limit: int | None = None) -> Read:
    def read(answer: Answer) -> list[Any]:
        need_rows(answer)
        if len(answer.names) != 1:
            raise ConversionError(
                "one column",
                f"the columns {', '.join(answer.names)}",
                hint="select one, or declare a dataclass with these fields",
            )
        result: list[Any] = []
        try:
            for (value,) in itertools.islice(answer.rows(), limit):
                result.append(convert(value))
        except ConversionError as error:
            path = f"[{len(result)}]" if limit is None else ""
            raise error.at(f"{path}.{answer.names[0]}" if answer.names[0].isidentifier() else path) from None
        return result

    return read


def one_row(read: Read, nullable: bool) -> Read:
    def read_one(answer: Answer) -> Any:
        rows = read(answer)
        if len(rows) == 1:
            return rows[0]
        if not rows:
            if nullable:
                return None
            raise ConversionError("one row", "no row", hint="declare the output Optional if there may be none")
        raise ConversionError("one row", "more than one", hint="add limit 1 or an aggregate, or declare a list")

    return read_one


def arrow_reader(answer: Answer) -> Any:
    need_rows(answer)
    twice = [name for index, name in enumerate(answer.names) if name in answer.names[:index]]
    if twice:
        raise ConversionError("columns of different names", f"{twice[0]!r} twice", hint="rename one with as")
    return answer.reader()


def arrow_table(answer: Answer) -> Any:
    return arrow_reader(answer).read_all()


def record_batch(answer: Answer) -> Any:
    import pyarrow as pa

    table = arrow_table(answer).combine_chunks()
    return table.to_batches()[0] if table.num_rows else pa.RecordBatch.from_pylist([], schema=table.schema)


def pandas_frame(answer: Answer) -> Any:
    return arrow_table(answer).to_pandas()


def polars_frame(answer: Answer) -> Any:
    import polars

    return polars.from_arrow(arrow_table(answer))


def lazy_frame(answer: Answer) -> Any:
    return polars_frame(answer).lazy()


def dataset_writer(annotation: Any) -> Read:
    """Return what writes the rows to a Parquet file while they are fetched, and points to it."""

    def read(answer: Answer) -> Any:
        path = new_blob_path("rows.parquet")
        write(arrow_reader(answer), path, "parquet")
        return annotation(uri=path, file_format="parquet")

    return read


FRAMES: dict[str, Read] = {
    "pandas.DataFrame": pandas_frame,
    "polars.DataFrame": polars_frame,
    "polars.LazyFrame": lazy_frame,
    "pyarrow.RecordBatch": record_batch,
    "pyarrow.Table": arrow_table,
}

FORMATS = {
    "": "parquet",
    "arrow": "arrow",
    "csv": "csv",
    "feather": "arrow",
    "ipc": "arrow",
    "parquet": "parquet",
    "pq": "parquet",
}


def file_writer(annotation: Any, owner: str) -> Read:
    """Return what writes the rows to a new file while they are fetched: memory stays flat."""
    ending = extension(annotation)
    if ending not in FORMATS:
        raise ConfigError(
            f"{owner}: a query cannot write a {ending!r} file; one of {', '.join(name for name in FORMATS if name)}"
        )
    name = f"rows.{ending or 'parquet'}"

    def read(answer: Answer) -> Any:
        if hasattr(annotation, "new_remote_file"):  # a FlyteFile: made where outputs go, nothing is copied again
            target = annotation.new_remote_file(name)
            path = target.path
        else:
            import pathlib

            target = pathlib.Path(new_blob_path(name))
            path = str(target)
        write(arrow_reader(answer), path, FORMATS[ending])
        return target

    return read


def extension(annotation: Any) -> str:
    found = getattr(annotation, "extension", "")
    return str(found() if callable(found) else found or "").lower().lstrip(".")


def write(reader: Any, path: str, how: str) -> None:
    """Write a stream of batches to a file."""
    import pyarrow as pa

    if how == "csv":
        from pyarrow import csv

        with csv.CSVWriter(path, reader.schema) as sink:
            for batch in reader:
                sink.write_batch(batch)
    elif how == "parquet":
        from pyarrow import parquet

        with parquet.ParquetWriter(path, reader.schema) as table:
            for batch in reader:
                table.write_batch(batch)
    else:
        with pa.ipc.new_file(path, reader.schema) as sink:
            for batch in reader:
                sink.write_batch(batch)
