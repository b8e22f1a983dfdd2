"""SQL as tasks: SQLite, DuckDB and every database SQLAlchemy knows, with bound parameters and typed results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fletching_sql.config import DuckDB as DuckDB
    from fletching_sql.config import SQLAlchemy as SQLAlchemy
    from fletching_sql.config import SQLAlchemyConfig as SQLAlchemyConfig
    from fletching_sql.config import SQLite as SQLite
    from fletching_sql.config import SQLite3Config as SQLite3Config
    from fletching_sql.identifiers import Allowed as Allowed
    from fletching_sql.identifiers import Identifier as Identifier
    from fletching_sql.rowcount import RowCount as RowCount
    from fletching_sql.spellings import DuckDBQuery as DuckDBQuery
    from fletching_sql.spellings import SQLAlchemyTask as SQLAlchemyTask
    from fletching_sql.spellings import SQLite3Task as SQLite3Task
    from fletching_sql.task import SQLTask as SQLTask

_HOMES = {
    "Allowed": "identifiers",
    "DuckDB": "config",
    "DuckDBQuery": "spellings",
    "Identifier": "identifiers",
    "RowCount": "rowcount",
    "SQLAlchemy": "config",
    "SQLAlchemyConfig": "config",
    "SQLAlchemyTask": "spellings",
    "SQLTask": "task",
    "SQLite": "config",
    "SQLite3Config": "config",
    "SQLite3Task": "spellings",
}
"""Name -> module below this package that holds it. Nothing is imported before it is asked for."""

__all__ = [  # noqa: PLE0604 - the names are resolved by __getattr__
    *sorted(_HOMES)
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
