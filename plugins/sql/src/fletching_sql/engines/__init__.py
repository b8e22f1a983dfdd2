"""The databases behind the task types: one module each, imported when a query first runs on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fletching_sql.config import SQLConfig
    from fletching_sql.engines.base import Session

__all__ = ["connect"]


def connect(config: SQLConfig, seconds: float | None = None) -> Session:
    """Open a session on the database a config names; the caller closes it.

    Args:
        config: which database.
        seconds: how long a query may take, for a server that would go on after its client was stopped.
    """
    if config.task_type == "sqlite":
        from fletching_sql.engines.sqlite import connect as open_session
    elif config.task_type == "duckdb":
        from fletching_sql.engines.duckdb import connect as open_session
    else:
        from fletching_sql.engines.sqlalchemy import connect as open_session
    return open_session(config, seconds)
