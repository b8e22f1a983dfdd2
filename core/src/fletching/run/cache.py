"""The local cache: outputs of earlier calls, kept on disk and found by what went into them.

A key is the SHA-256 of the task's name, its cache version, its interface and its inputs in wire form; a file counts
by its content, a literal with a hash by that hash. Values are wire literals in SQLite, the files they name are
copied beside it. The cache may never change what a call returns: whatever is wrong with it is a miss and a warning.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from fletching.errors import CacheWarning

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

__all__ = ["CacheEntry", "Found", "cache_folder", "clear_cache", "open_entry"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS outputs (
    key TEXT PRIMARY KEY, task TEXT NOT NULL, version TEXT NOT NULL, literals BLOB NOT NULL, digest TEXT NOT NULL,
    made REAL NOT NULL
) WITHOUT ROWID;
"""


class Found(NamedTuple):
    """A hit; its value may be None."""

    value: Any


def cache_folder() -> str:
    """Return the folder of the local cache."""
    from fletching.home import cache_dir

    return cache_dir("task-cache")


def clear_cache() -> None:
    """Forget every output."""
    import shutil

    shutil.rmtree(cache_folder(), ignore_errors=True)


def _switch(name: str, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    return default if not value else value in ("1", "true", "t", "yes", "on")


def open_entry(task: Any, inputs: Mapping[str, Any]) -> CacheEntry | None:
    """Return the cache's entry for a call; None if caching is off or its inputs have no key.

    ``FLYTE_LOCAL_CACHE_ENABLED=false`` turns the cache off, ``FLYTE_LOCAL_CACHE_OVERWRITE=true`` runs and stores anew.

    Raises:
        ConversionError: an input does not fit its type.
    """
    if not _switch("FLYTE_LOCAL_CACHE_ENABLED", True):
        return None
    from fletching.errors import TypeEngineError
    from fletching.run.keys import call_key

    try:
        key = call_key(task, inputs)
    except TypeEngineError:
        raise
    except OSError as error:
        _warn(task, "its inputs could not be read", error)
        return None
    return CacheEntry(task, key, overwrite=_switch("FLYTE_LOCAL_CACHE_OVERWRITE", False))


class CacheEntry:
    """What the cache holds, or will hold, for one call."""

    def __init__(self, task: Any, key: str, *, overwrite: bool = False) -> None:
        self.task = task
        self.key = key
        self.overwrite = overwrite
        self._lock: IO[bytes] | None = None

    def try_lock(self) -> bool:
        """Claim this key among all threads and processes; False while another call of it is running."""
        try:
            import fcntl
        except ImportError:
            return True  # no such locks here: equal calls may run at the same time
        try:
            folder = os.path.join(cache_folder(), "locks")
            os.makedirs(folder, exist_ok=True)
            file = open(os.path.join(folder, self.key), "ab")  # noqa: SIM115 - held until unlock
        except OSError as error:
            _warn(self.task, "it could not be locked", error)
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        except OSError as error:
            file.close()
            _warn(self.task, "it could not be locked", error)
            return True
        self._lock = file
        return True

    def unlock(self) -> None:
        """Let go of the claim; the operating system does it for a process that was killed."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def read(self) -> Found | None:
        """Return the stored outputs as a call returns them, or None."""
        if self.overwrite:
            return None
        import sqlite3

        from flyteidl.core.literals_pb2 import LiteralMap
        from google.protobuf.message import DecodeError

        try:
            if not os.path.exists(_database()):
                return None
            with _Connection(to_write=False) as connection:
                row = connection.execute("SELECT literals, digest FROM outputs WHERE key = ?", (self.key,)).fetchone()
        except Exception as error:  # noqa: BLE001 - a damaged file makes sqlite3 raise nearly anything
            # The first writer may be just about to make the table.
            if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR:
                _warn(self.task, "it could not be read", error)
            return None
        if row is None or not isinstance(row[0], bytes) or _digest(row[0]) != row[1]:
            return None
        try:
            return Found(self._native(LiteralMap.FromString(row[0])))
        except (DecodeError, OSError):
            return None
        except Exception as error:  # noqa: BLE001 - the cache may never fail a call
            _warn(self.task, "an entry of it does not fit the task any more", error)
            return None

    def _native(self, literals: Any) -> Any:
        from fletching.run.keys import check_files
        from fletching.types.idl import from_literal_map

        check_files(literals)
        interface = self.task.python_interface
        values = from_literal_map(interface.outputs, literals)
        if not interface.outputs:
            return None
        if interface.returns_tuple:
            return interface.output_tuple(*(values[name] for name in interface.outputs))
        return values[next(iter(interface.outputs))]

    def write(self, value: Any) -> Any:
        """Store what a call returned, and return it; iterators among it anew, since storing them reads them."""
        from fletching.types.iterators import holds_iterator, replayed

        interface = self.task.python_interface
        if not any(map(holds_iterator, interface.outputs.values())):
            self._store(value)
            return value
        value = list(map(replayed, value)) if interface.returns_tuple else replayed(value)
        self._store(value)
        return self.task.compiled.carry_outputs(value)

    def _store(self, value: Any) -> None:
        import sqlite3
        import time

        from fletching.run.keys import keep_files

        try:
            literals = self.task._to_literal_map(value)
            keep_files(literals, os.path.join(cache_folder(), "blobs"))
            data = literals.SerializeToString(deterministic=True)
            with _Connection() as connection:
                connection.execute(
                    "INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?, ?, ?)",
                    (self.key, self.task.name, self.task.metadata.cache_version, data, _digest(data), time.time()),
                )
        except Exception as error:  # noqa: BLE001 - as in read
            _warn(self.task, "the outputs could not be stored", error)
            if type(error) is sqlite3.DatabaseError or isinstance(error, UnicodeError):
                _set_aside()  # it is no database, or a damaged one


class _Connection:
    """A connection for one operation: committed and closed at the end, safe in any thread and after a fork."""

    def __init__(self, *, to_write: bool = True) -> None:
        self.to_write = to_write

    def __enter__(self) -> sqlite3.Connection:
        import sqlite3

        if self.to_write:
            os.makedirs(cache_folder(), exist_ok=True)
        self.connection = sqlite3.connect(_database(), timeout=30)
        if not self.to_write:
            return self.connection  # the writer made the table
        try:
            # Not WAL: that makes and removes two more files for each connection, and takes three times as long to read.
            self.connection.execute("PRAGMA synchronous=NORMAL")
            self.connection.executescript(SCHEMA)
        except BaseException:
            self.connection.close()
            raise
        return self.connection

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        try:
            if kind is None:
                self.connection.commit()
        finally:
            self.connection.close()


def _database() -> str:
    return os.path.join(cache_folder(), "cache.db")


def _set_aside() -> None:
    """Let the next call begin a new database; what is left of this one stays beside it."""
    with suppress(OSError):
        os.replace(_database(), f"{_database()}.broken")


def _digest(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


def _warn(task: Any, what: str, error: BaseException) -> None:
    import warnings

    from fletching.frames import caller_level

    message = f"the cache of task {task.name!r} was not used: {what}: {error}; the task runs"
    warnings.warn(message, CacheWarning, stacklevel=caller_level())
