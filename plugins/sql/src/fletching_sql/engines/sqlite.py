"""SQLite through the standard library."""

from __future__ import annotations

import datetime
import decimal
import os
import sqlite3
import tempfile
import uuid
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError, ConversionError
from fletching_sql.engines.base import UNMANAGED, Answer, Session
from fletching_sql.engines.rows import RowsAnswer

if TYPE_CHECKING:
    import pyarrow as pa

    from fletching_sql.config import SQLConfig, SQLite
    from fletching_sql.query import Query

__all__ = ["connect"]


def connect(config: SQLConfig, seconds: float | None = None) -> Session:
    """Open the database of an `SQLite` config."""
    return SQLiteSession(config)  # type: ignore[arg-type]


class SQLiteSession(Session):
    """One sqlite3 connection."""

    dialect = "sqlite"

    def __init__(self, config: SQLite) -> None:
        self.folder: tempfile.TemporaryDirectory[str] | None = None
        try:
            uri = config.uri
            if config.compressed:
                self.folder = tempfile.TemporaryDirectory(prefix="fletching-sqlite-")
                uri = unpack(local_path(uri), self.folder.name)
            self.connection = sqlite3.connect(
                address(uri, config.read_only), uri=True, timeout=30, isolation_level=None
            )
        except BaseException as error:
            if self.folder:
                self.folder.cleanup()
            if isinstance(error, sqlite3.Error):
                error.add_note(f"while opening {config.uri!r}")
            raise

    def quote(self, part: str) -> str:
        # An unknown name in double quotes would silently be a string; backticks are always a name.
        return "`" + part.replace("`", "``") + "`"

    def mark(self, number: int) -> str:
        return f":p{number}"

    def empty_list(self) -> str | None:
        return "()"

    def adapt(self, value: Any) -> Any:
        if isinstance(value, float) and value != value:
            raise ConversionError("a number", "float nan", hint="SQLite stores nan as NULL; pass None instead")
        if isinstance(value, datetime.datetime):
            return value.isoformat(" ")
        if isinstance(value, (datetime.date, datetime.time)):
            return value.isoformat()
        if isinstance(value, datetime.timedelta):
            return value.total_seconds()
        if isinstance(value, (decimal.Decimal, uuid.UUID)):
            return str(value)
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise ConversionError("a 64-bit int", f"int {value}", hint="SQLite has no larger one; pass a str")
        return value

    def register(self, name: str, table: Any) -> None:
        # SQLite has no way to look into Arrow memory: the rows are copied into a temporary table, batch by batch.
        from fletching_sql.tables import reader

        batches = reader(table)
        columns = ", ".join(f"{self.quote(field.name)} {column_type(field.type)}" for field in batches.schema)
        marks = ", ".join("?" * len(batches.schema))
        insert = f"insert into temp.{self.quote(name)} values ({marks})"  # noqa: S608 - a quoted name and marks
        self.connection.execute("begin")
        self.connection.execute(f"create temp table {self.quote(name)} ({columns})")
        for batch in batches:
            rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            self.connection.executemany(insert, (tuple(map(self.stored, row)) for row in rows))
        self.connection.execute("commit")

    def stored(self, value: Any) -> Any:
        """Return a table's value as SQLite stores it."""
        if type(value) in (int, str, float, bytes) or value is None:
            return value
        if isinstance(value, (list, dict)):
            import json

            return json.dumps(value, default=str)
        return self.adapt(value)

    def run(self, query: Query, sql: str, values: dict[str, Any], *, counts: bool) -> Answer:
        if query.words[:1] not in UNMANAGED and query.words[:2] not in UNMANAGED:
            self.connection.execute("begin")
        cursor = self.connection.execute(sql, values)
        names = tuple(column[0] for column in cursor.description or ())
        return RowsAnswer(names, cursor.fetchmany, cursor.rowcount if cursor.rowcount >= 0 else None)

    def commit(self) -> None:
        if self.connection.in_transaction:
            self.connection.execute("commit")

    def close(self) -> None:
        self.connection.close()
        if self.folder:
            self.folder.cleanup()


def column_type(kind: pa.DataType) -> str:
    """Return the declared type that gives a column of this Arrow type the right affinity."""
    import pyarrow as pa

    if pa.types.is_integer(kind):
        return "integer"
    if pa.types.is_floating(kind) or pa.types.is_duration(kind):
        return "real"
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_decimal(kind):
        return "numeric"
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return "blob"
    return "text"


def local_path(uri: str) -> str:
    """Return the path of a local database; a remote one is refused with the way out."""
    from urllib.parse import unquote, urlsplit

    if uri.startswith("file:"):
        return unquote(urlsplit(uri).path)
    if "://" in uri:
        raise ConfigError(f"SQLite: {uri!r} is not a local file; download it in a task first")
    return os.path.abspath(uri)


def address(uri: str, read_only: bool) -> str:
    """Return the ``file:`` URI sqlite3 connects to; a path may hold any character."""
    from urllib.parse import quote

    if uri == ":memory:":
        return "file::memory:"
    if uri.startswith("file:"):
        text = uri
    else:
        text = "file:" + quote(local_path(uri))
    if read_only:
        text += ("&" if "?" in text else "?") + "mode=ro"
    return text


def unpack(archive: str, folder: str) -> str:
    """Unpack the one file of a zip archive; its name inside the archive is not trusted."""
    import shutil
    import zipfile

    with zipfile.ZipFile(archive) as opened:
        files = [info for info in opened.infolist() if not info.is_dir()]
        if len(files) != 1:
            raise ConfigError(
                f"SQLite: {archive!r} holds {len(files)} files; a compressed database is a zip archive of one"
            )
        target = os.path.join(folder, "database")
        with opened.open(files[0]) as source, open(target, "wb") as sink:
            shutil.copyfileobj(source, sink)
    return target
