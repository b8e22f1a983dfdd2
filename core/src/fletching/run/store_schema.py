"""The tables of the run store, and opening the file that holds them."""

from __future__ import annotations

import sqlite3
import time

from fletching.errors import RunStoreError

__all__ = ["FINISHED", "VERSION", "connect", "unusable"]

VERSION = 1
"""What ``user_version`` of the file says; a later one is left alone, an earlier one is brought up to it."""

FINISHED = ("succeeded", "cached", "recovered")
"""The states of a node whose outputs count; such a node is not run again."""

TABLES = """
CREATE TABLE entities (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL, kind TEXT NOT NULL, code TEXT NOT NULL, place TEXT NOT NULL, interface BLOB NOT NULL,
    UNIQUE (name, kind, code, place, interface)
);
CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE, suffix TEXT NOT NULL, name TEXT NOT NULL, tags TEXT NOT NULL,
    entity INTEGER NOT NULL REFERENCES entities, source TEXT NOT NULL, variable TEXT NOT NULL, folder TEXT NOT NULL,
    status TEXT NOT NULL, started REAL NOT NULL, ended REAL, error TEXT NOT NULL,
    driver TEXT NOT NULL, recovered_from TEXT NOT NULL, options TEXT NOT NULL,
    inputs BLOB, input_values BLOB, input_data BLOB, outputs BLOB, output_data BLOB
);
CREATE INDEX runs_suffix ON runs (suffix);
CREATE INDEX runs_name ON runs (name);
CREATE INDEX runs_status ON runs (status);
CREATE TABLE tags (tag TEXT NOT NULL, run INTEGER NOT NULL, PRIMARY KEY (tag, run)) WITHOUT ROWID;
CREATE TABLE nodes (
    run INTEGER NOT NULL, path TEXT NOT NULL, parent TEXT NOT NULL, entity INTEGER NOT NULL, status TEXT NOT NULL,
    attempts INTEGER NOT NULL, executor TEXT NOT NULL, started REAL, ended REAL, error TEXT NOT NULL,
    inputs BLOB, outputs BLOB, output_data BLOB,
    cache_key TEXT NOT NULL, cache_state TEXT NOT NULL, ingredients TEXT NOT NULL, upstream TEXT NOT NULL,
    PRIMARY KEY (run, path)
) WITHOUT ROWID;
CREATE TABLE attempts (
    run INTEGER NOT NULL, path TEXT NOT NULL, number INTEGER NOT NULL, executor TEXT NOT NULL,
    started REAL, ended REAL, error TEXT NOT NULL, PRIMARY KEY (run, path, number)
) WITHOUT ROWID;
CREATE TABLE events (
    run INTEGER NOT NULL, seq INTEGER NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, path TEXT NOT NULL,
    attempt INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (run, seq)
) WITHOUT ROWID;
CREATE TABLE blobs (hash BLOB PRIMARY KEY, data BLOB);
CREATE TABLE files (values_hash BLOB NOT NULL, content TEXT NOT NULL, PRIMARY KEY (values_hash, content)) WITHOUT ROWID;
CREATE INDEX files_content ON files (content);
"""
# A hash of values is that of their message. The message itself is beside the hash if it is small, else in blobs, and
# blobs has no data if it is a file. Each way is the fastest to write for its size.

MIGRATIONS: dict[int, str] = {0: TABLES}
"""By version, what makes the next one of it."""


def connect(path: str, *, patience: float = 30.0) -> sqlite3.Connection:
    """Open the file, make it if it is not there, and bring it up to this version.

    Raises:
        RunStoreError: it is damaged or of a later version; the file is as it was.
        OSError: its folder cannot be made.
    """
    try:
        # One thread uses a connection at a time, and the one that closes it may be another.
        connection = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    try:
        if _version(connection, path) != VERSION:
            _migrate(connection, path)
        _write_ahead(connection, patience)
        connection.execute("PRAGMA synchronous=NORMAL")
    except sqlite3.Error as error:
        connection.close()
        raise unusable(path, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def unusable(path: str, error: BaseException) -> RunStoreError:
    """Return the error that says which file cannot be used, why, and what to do."""
    problem = RunStoreError(f"the run store {path!r} cannot be used: {error}{_advice(error)}")
    problem.__cause__ = error
    return problem


def _advice(error: BaseException) -> str:
    code = getattr(error, "sqlite_errorcode", None)
    code = code & 0xFF if code is not None else None
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT) or type(error) is sqlite3.DatabaseError:
        return "; it is damaged: move it away, and the next run begins a new one"
    if code == sqlite3.SQLITE_FULL:
        return "; make room, for example with 'fletch runs prune'"
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "; another process holds it"
    return "; FLETCHING_HOME chooses another folder"


def _version(connection: sqlite3.Connection, path: str) -> int:
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > VERSION:
        raise RunStoreError(
            f"the run store {path!r} was written by a later version of Fletching (its tables are version {found}, this "
            f"one knows up to {VERSION}); upgrade fletching, or choose another folder with FLETCHING_HOME"
        )
    return found


def _migrate(connection: sqlite3.Connection, path: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Asked again: another process may have been first.
        version = _version(connection, path)
        while version < VERSION:
            for statement in MIGRATIONS[version].split(";"):
                connection.execute(statement)  # not executescript: that commits what was begun
            version += 1
            connection.execute(f"PRAGMA user_version={version}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _write_ahead(connection: sqlite3.Connection, patience: float) -> None:
    """Switch to write-ahead logging, which the file remembers: those who read and the one that writes don't wait."""
    if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
        return
    until = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            # To switch, SQLite wants the file for itself and does not wait for it.
            if time.monotonic() > until:
                raise
            time.sleep(0.005)
        else:
            return
