"""DuckDB through its own API: Arrow goes in without a copy and comes out as a stream."""

from __future__ import annotations

import datetime
import os
import re
import threading
from typing import TYPE_CHECKING, Any

import duckdb

from fletching.errors import ConversionError
from fletching_sql.engines.base import CHANGES, UNMANAGED, Answer, Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from fletching_sql.config import DuckDB, SQLConfig
    from fletching_sql.query import Query

__all__ = ["connect"]

ROWS = 50_000
"""Rows a batch: DuckDB hands Arrow out in columns, so a batch costs little."""

CONNECTING = threading.Lock()
"""Connections to one file share an instance, which a second thread can meet before it is ready (seen with 2.0.0)."""


def connect(config: SQLConfig, seconds: float | None = None) -> Session:
    """Open the database of a `DuckDB` config."""
    return DuckDBSession(config)  # type: ignore[arg-type]


class DuckDBSession(Session):
    """One DuckDB connection."""

    dialect = "duckdb"
    lists = True

    def __init__(self, config: DuckDB) -> None:
        settings: dict[str, Any] = dict(config.settings)
        zone = next((settings.pop(name) for name in list(settings) if name.lower() == "timezone"), "UTC")
        # A query must not see the Python variables of whoever happens to call.
        settings["python_enable_replacements"] = False
        try:
            with CONNECTING:
                self.connection = duckdb.connect(config.uri, read_only=config.read_only, config=settings)
        except duckdb.Error as error:
            error.add_note(f"while opening {config.uri!r}")
            raise
        try:
            self.connection.execute("set TimeZone = $zone", {"zone": zone})
            # Where it thinks somebody is watching, a long query draws on stdout, between what tasks print.
            self.connection.execute("set enable_progress_bar = false")
        except BaseException:
            self.connection.close()
            raise
        self.open: DuckDBAnswer | None = None
        self.managed = False

    def quote(self, part: str) -> str:
        return '"' + part.replace('"', '""') + '"'

    def mark(self, number: int) -> str:
        return f"$p{number}"

    def adapt(self, value: Any) -> Any:
        return value

    def register(self, name: str, table: Any) -> None:
        from fletching_sql.tables import file_of

        found = file_of(table)
        if found is None or found[1] == "arrow":
            self.connection.register(name, scannable(table))
            return
        # A file's name may hold the characters DuckDB takes for a pattern.
        path = re.sub(r"([\[*?])", r"[\1]", found[0])
        relation = self.connection.read_csv(path) if found[1] == "csv" else self.connection.from_parquet(path)
        relation.create_view(name)

    def run(self, query: Query, sql: str, values: dict[str, Any], *, counts: bool) -> Answer:
        self.managed = query.words[:1] not in UNMANAGED and query.words[:2] not in UNMANAGED
        if self.managed:
            self.connection.begin()
        if counts:
            self.connection.execute(sql, values)
            self.open = DuckDBAnswer((), None, self.connection.rowcount)
        else:
            # `execute` would hold the whole result in memory; a relation streams it.
            relation = self.connection.sql(sql, params=values) if values else self.connection.sql(sql)
            names = tuple(relation.columns) if relation is not None else ()
            if (
                names in (("Count",), ("Success",))
                and not CHANGES.isdisjoint(query.words)
                and "returning" not in query.words
            ):
                names = ()
            self.open = DuckDBAnswer(names, relation, -1)
        return self.open

    def commit(self) -> None:
        if self.open is not None:
            self.open.close()
        if self.managed:
            self.connection.commit()

    def close(self) -> None:
        if self.open is not None:
            self.open.close()
        self.connection.close()


class DuckDBAnswer(Answer):
    """A relation not yet run."""

    def __init__(self, names: tuple[str, ...], relation: duckdb.DuckDBPyRelation | None, changed: int) -> None:
        self.names = names
        self.changed = changed if changed >= 0 else None
        self.relation = relation
        self.opened: pa.RecordBatchReader | None = None

    def reader(self) -> pa.RecordBatchReader:
        assert self.relation is not None
        self.opened = self.relation.to_arrow_reader(ROWS)
        return spans(self.opened)

    def close(self) -> None:
        """Let go of an unread rest, which would block the connection."""
        if self.opened is not None:
            self.opened.close()
        self.relation = None


def scannable(table: Any) -> Any:
    """Return a table as something DuckDB reads where it is, as often as a query asks for it."""
    if isinstance(table, os.PathLike):
        import pyarrow as pa

        return pa.ipc.open_file(pa.memory_map(os.fspath(table))).read_all()
    if hasattr(table, "collect"):  # a LazyFrame
        return table.collect()
    if hasattr(table, "file_format"):  # a StructuredDataset
        import pyarrow as pa

        return table.open(pa.Table).all()
    return table


def spans(reader: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """Return the batches with intervals as durations, which files and frames hold; without one, the reader itself."""
    import pyarrow as pa

    interval, duration = pa.month_day_nano_interval(), pa.duration("us")
    schema = pa.schema([field.with_type(duration) if field.type == interval else field for field in reader.schema])
    if schema == reader.schema:
        return reader

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            columns = [
                pa.array(map(span, column.to_pylist()), duration) if column.type == interval else column
                for column in batch.columns
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def span(value: Any) -> datetime.timedelta | None:
    if value is None:
        return None
    months, days, nanoseconds = value
    if months:
        hint = "a month has no length of its own; use date_diff() or epoch() in the query"
        raise ConversionError("an interval of days and time", f"one of {months} months", hint=hint)
    return datetime.timedelta(days=days, microseconds=nanoseconds // 1000)
