"""Every other database through SQLAlchemy; PostgreSQL gets what it has of its own: COPY, cursors, cancelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError, PluginBrokenError
from fletching_sql.engines.base import BATCH, CHANGES, UNMANAGED, Answer, Session
from fletching_sql.engines.rows import RowsAnswer

try:
    import sqlalchemy as sa
except ModuleNotFoundError as error:
    if error.name != "sqlalchemy":
        raise
    raise PluginBrokenError(
        "task type 'sqlalchemy' needs SQLAlchemy, which is not installed; pip install 'fletching-sql[postgres]'"
    ) from error

if TYPE_CHECKING:
    import pyarrow as pa

    from fletching_sql.config import SQLAlchemy, SQLConfig
    from fletching_sql.query import Query

__all__ = ["connect"]

LONGEST = 2**31 - 1
"""The most milliseconds that PostgreSQL takes as a timeout, 24.8 days; 0 would mean none."""


def connect(config: SQLConfig, seconds: float | None = None) -> Session:
    """Open the database of an `SQLAlchemy` config."""
    return SQLAlchemySession(config, seconds)  # type: ignore[arg-type]


class SQLAlchemySession(Session):
    """One connection of an engine without a pool."""

    def __init__(self, config: SQLAlchemy, seconds: float | None) -> None:
        arguments = dict(config.connect_args)
        for name, secret in config.secret_connect_args.items():
            arguments[name] = secret_value(secret)
        try:
            self.engine = sa.create_engine(
                config.uri, connect_args=arguments, poolclass=sa.pool.NullPool, hide_parameters=True
            )
        except sa.exc.NoSuchModuleError as error:
            raise ConfigError(
                f"SQLAlchemy knows no database {config.uri.partition(':')[0]!r}; install its dialect"
            ) from error
        except ModuleNotFoundError as error:
            extra = "pip install 'fletching-sql[postgres]'" if error.name == "psycopg" else f"pip install {error.name}"
            raise PluginBrokenError(
                f"the driver {error.name!r} of {config.dialect!r} is not installed; {extra}"
            ) from error
        self.dialect = {"postgres": "postgresql"}.get(self.engine.dialect.name, self.engine.dialect.name)
        self.lists = self.dialect == "postgresql"
        self.result: sa.CursorResult[Any] | None = None
        self.connection = self.engine.connect()
        self.driver: Any = self.connection.connection.driver_connection
        if seconds and self.dialect == "postgresql":
            # The attempt's process is killed at the deadline; the server would go on with the query by itself.
            milliseconds = min(max(1, int(seconds * 1000)), LONGEST)
            try:
                self.connection.exec_driver_sql(f"set statement_timeout = {milliseconds}")
            except BaseException:
                self.close()
                raise

    def quote(self, part: str) -> str:
        return str(self.engine.dialect.identifier_preparer.quote_identifier(part))

    def mark(self, number: int) -> str:
        return f":p{number}"

    def escape(self, text: str) -> str:
        # `text` reads :word as a parameter wherever it stands, also in string literals.
        return text.replace(":", "\\:")

    def empty_list(self) -> str | None:
        # An untyped null is text in PostgreSQL, and text does not compare with a number.
        return None if self.dialect == "postgresql" else super().empty_list()

    def adapt(self, value: Any) -> Any:
        return value

    def register(self, name: str, table: Any) -> None:
        from fletching_sql.tables import reader

        batches = reader(table)
        columns = [sa.Column(field.name, column_type(field.type)) for field in batches.schema]
        target = sa.Table(name, sa.MetaData(), *columns, prefixes=["TEMPORARY"])
        target.create(self.connection)
        for batch in batches:
            if type(self.driver).__module__.partition(".")[0] == "psycopg":
                self.copy(name, batch)
            else:
                self.connection.execute(target.insert(), batch.to_pylist())

    def copy(self, name: str, batch: pa.RecordBatch) -> None:
        with self.driver.cursor() as cursor, cursor.copy(f"copy {self.quote(name)} from stdin") as stream:
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                stream.write_row(tuple(map(stored, row)))

    def run(self, query: Query, sql: str, values: dict[str, Any], *, counts: bool) -> Answer:
        options: dict[str, Any] = {}
        if query.words[:1] in UNMANAGED or query.words[:2] in UNMANAGED:
            self.connection.commit()
            options["isolation_level"] = "AUTOCOMMIT"
        elif (
            not counts and query.words[:1] in (("select",), ("with",), ("values",)) and CHANGES.isdisjoint(query.words)
        ):
            options.update(stream_results=True, max_row_buffer=BATCH)
        # PostgreSQL finds the type of a parameter from where it stands; naming it text would forbid uuid = :id.
        kind = sa.types.NullType() if self.dialect == "postgresql" else None
        bound = [sa.bindparam(name, value, type_=kind) for name, value in values.items()]
        self.result = result = self.connection.execution_options(**options).execute(sa.text(sql).bindparams(*bound))
        if not result.returns_rows:
            return RowsAnswer((), lambda _: [], result.rowcount if result.rowcount >= 0 else None)
        description = result.cursor.description if result.cursor is not None else ()
        types = (lambda: [postgres_type(column) for column in description]) if self.dialect == "postgresql" else None
        return RowsAnswer(tuple(result.keys()), result.fetchmany, None, types)

    def commit(self) -> None:
        self.finish()
        self.connection.commit()

    def close(self) -> None:
        try:
            self.finish()
        finally:
            self.connection.close()
            self.engine.dispose()

    def finish(self) -> None:
        """Let go of rows nobody read."""
        if self.result is not None:
            self.result.close()


def secret_value(secret: Any) -> str:
    """Return a secret's value, looked up where the task runs."""
    from fletching import current_context

    return str(current_context().secrets.get(secret.group, secret.key, secret.group_version))


def stored(value: Any) -> Any:
    """Return a table's value as COPY takes it."""
    if isinstance(value, (list, dict)):
        import json

        return json.dumps(value, default=str)
    return value


def column_type(kind: pa.DataType) -> Any:
    """Return the SQLAlchemy type of a temporary table's column."""
    import pyarrow as pa

    if pa.types.is_boolean(kind):
        return sa.Boolean()
    if pa.types.is_uint64(kind):
        return sa.Numeric(20, 0)
    if pa.types.is_integer(kind):
        return sa.BigInteger()
    if pa.types.is_floating(kind):
        return sa.Double()
    if pa.types.is_decimal(kind):
        return sa.Numeric(kind.precision, kind.scale)
    if pa.types.is_date(kind):
        return sa.Date()
    if pa.types.is_timestamp(kind):
        return sa.DateTime(timezone=kind.tz is not None)
    if pa.types.is_time(kind):
        return sa.Time()
    if pa.types.is_duration(kind):
        return sa.Interval()
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return sa.LargeBinary()
    if pa.types.is_nested(kind):
        return sa.JSON()
    return sa.Text()


def postgres_type(column: Any) -> pa.DataType | None:
    """Return the Arrow type of a column of a psycopg cursor, or None if its values must tell."""
    import pyarrow as pa

    simple = {
        16: pa.bool_(),
        17: pa.binary(),
        20: pa.int64(),
        21: pa.int16(),
        23: pa.int32(),
        25: pa.string(),
        26: pa.int64(),
        114: pa.string(),
        700: pa.float32(),
        701: pa.float64(),
        1042: pa.string(),
        1043: pa.string(),
        1082: pa.date32(),
        1083: pa.time64("us"),
        1114: pa.timestamp("us"),
        1184: pa.timestamp("us", tz="UTC"),
        1186: pa.duration("us"),
        2950: pa.string(),
        3802: pa.string(),
        1000: pa.list_(pa.bool_()),
        1005: pa.list_(pa.int16()),
        1007: pa.list_(pa.int32()),
        1016: pa.list_(pa.int64()),
        1009: pa.list_(pa.string()),
        1015: pa.list_(pa.string()),
        1021: pa.list_(pa.float32()),
        1022: pa.list_(pa.float64()),
    }
    code = getattr(column, "type_code", None)
    if code == 1700 and column.precision is not None:
        return pa.decimal128(column.precision, column.scale or 0) if column.precision <= 38 else None
    return simple.get(code) if isinstance(code, int) else None
