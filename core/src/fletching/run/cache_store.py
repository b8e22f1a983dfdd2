"""The cache's SQLite file: one open connection for each thread, and what to do when the file is not what it was.

A connection is kept, since opening one takes longer than all the rest of a hit. Before each use it is looked at whether
the file is still there and still the same: users delete folders, and tests do it all the time.
"""

from __future__ import annotations

import atexit
import os
import sqlite3
import threading
import weakref
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

from fletching.run.inherited import never_close

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["PATIENCE", "NewerCacheError", "adopt", "cache_folder", "exclusive", "read", "set_aside", "shrink", "write"]

VERSION = 1
"""The ``user_version`` of the file. The first release had 0 and only the first table, which it can go on using."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS outputs (
    key TEXT PRIMARY KEY, task TEXT NOT NULL, version TEXT NOT NULL, literals BLOB NOT NULL, digest TEXT NOT NULL,
    made REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS details (
    key TEXT PRIMARY KEY, task TEXT NOT NULL, made REAL NOT NULL, used REAL NOT NULL, files TEXT,
    ingredients TEXT NOT NULL, lost TEXT NOT NULL DEFAULT '', lost_at REAL NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS details_of_task ON details (task, made);
"""
PATIENCE = 30.0
"""Seconds to wait for another process that is just writing."""

T = TypeVar("T")
Place = tuple[str | None, ...]


class NewerCacheError(RuntimeError):
    """The file was made by a later release, which knows what is in it."""


class Connection:
    """An open connection of one thread, and the file it was opened on."""

    def __init__(self, place: Place, path: str, raw: sqlite3.Connection) -> None:
        self.place, self.path, self.raw = place, path, raw
        self.process, self.closed = os.getpid(), False
        self.lock = threading.RLock()
        self.index = _stat(f"{path}-shm")
        self.main = os.stat(path)
        with _registering:
            _open.add(self)

    def is_sound(self) -> bool:
        """Tell whether this is still a connection to the file of its path.

        Raises:
            sqlite3.DatabaseError: something that is no database was written over it.
        """
        if self.closed or self.process != os.getpid():
            return False
        main, index = _stat(self.path), _stat(f"{self.path}-shm") if self.index else None
        if main is None or not main.st_size or not _is_same(main, self.main):
            return False
        if self.index and (index is None or not _is_same(index, self.index) or index.st_size < self.index.st_size):
            return False
        if (main.st_mtime_ns, main.st_size) != (self.main.st_mtime_ns, self.main.st_size):
            _check_beginning(self.path)
            self.main = main
        self.index = index
        return True

    def close(self) -> None:
        """Let go of the file, and write what is in the log into it if nobody else has it open."""
        if self.closed:
            return
        self.closed = True
        if self.process != os.getpid():
            never_close(self.raw)
            return
        index = _stat(f"{self.path}-shm") if self.index else None
        if self.index and index and _is_same(index, self.index) and index.st_size < self.index.st_size:
            with suppress(OSError):  # it is mapped into memory: touching what was cut off would end the process
                os.truncate(f"{self.path}-shm", self.index.st_size)
        with suppress(sqlite3.Error):
            self.raw.close()

    def __del__(self) -> None:
        self.close()  # of a thread that ended


_mine = threading.local()
_open: weakref.WeakSet[Connection] = weakref.WeakSet()
_registering = threading.Lock()


def cache_folder() -> str:
    """Return the folder of the local cache, made if it is not there."""
    from fletching.home import cache_dir

    return cache_dir("task-cache")


def read(work: Callable[[sqlite3.Connection], T]) -> T | None:
    """Return what ``work`` finds in the database; None if there is no database yet."""
    connection = _connection(create=False)
    return None if connection is None else _use(connection, work)


def write(work: Callable[[sqlite3.Connection], T]) -> T:
    """Let ``work`` change the database in one transaction. The database is made if it is not there.

    One that is damaged is set aside, and the error raised: the next call begins a new one.
    """

    def transaction(raw: sqlite3.Connection) -> T:
        raw.execute("BEGIN IMMEDIATE")
        made = work(raw)
        raw.execute("COMMIT")
        return made

    path = _database(cache_folder())
    before = _stat(path)
    try:
        connection = _connection(create=True)
        assert connection is not None
        return _use(connection, transaction)
    except Exception as error:
        if before is not None and _is_damage(error):
            set_aside(before)
        raise


def shrink() -> None:
    """Give back to the file system what deleted rows took, if nobody is writing."""

    def work(raw: sqlite3.Connection) -> None:
        raw.execute("PRAGMA busy_timeout=1000")
        with suppress(sqlite3.OperationalError):
            raw.execute("VACUUM")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        raw.execute(f"PRAGMA busy_timeout={int(PATIENCE * 1000)}")

    read(work)


def _use(connection: Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    try:
        return work(connection.raw)
    except BaseException:
        connection.close()  # and whatever was begun ends with it
        _mine.connection = None
        raise
    finally:
        connection.lock.release()


def _connection(*, create: bool) -> Connection | None:
    """Return this thread's connection, locked, and opened anew if it is not what it was."""
    home = os.environ.get("FLETCHING_HOME")
    place = (home,) if home else (None, os.environ.get("XDG_CACHE_HOME"), os.environ.get("HOME"))
    found: Connection | None = getattr(_mine, "connection", None)
    if found is not None:
        # A relative home is another one when the folder changes.
        if found.place == place and os.path.isabs(place[0] or "/"):
            found.lock.acquire()
            sound = False
            try:
                sound = found.is_sound()
            finally:
                if not sound:
                    found.lock.release()
            if sound:
                return found
        _mine.connection = None
        found.close()
    path = _database(cache_folder())
    raw = _opened(path, create=create)
    if raw is None:
        return None
    made = _mine.connection = Connection(place, path, raw)
    made.lock.acquire()
    return _connection(create=create) if made.closed else made  # by a fork of another thread, just now


def _opened(path: str, *, create: bool) -> sqlite3.Connection | None:
    try:
        empty = not os.stat(path).st_size
    except FileNotFoundError:
        empty = True
    if empty and not create:
        return None
    if not empty:
        raw = _connect(path, "rw")
        try:
            version = raw.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise NewerCacheError(f"it was made by a later version of fletching (its format is {version})")
            if version == VERSION:
                raw.execute("SELECT 1 FROM details LIMIT 0")  # opens the files that a writer needs
                return raw
        except BaseException:
            raw.close()
            raise
        raw.close()
    with exclusive(os.path.dirname(path)):
        raw = _connect(path, "rwc")
        try:
            _upgrade(raw)
        except BaseException:
            raw.close()
            raise
        return raw


def _connect(path: str, mode: str) -> sqlite3.Connection:
    raw = sqlite3.connect(
        f"file:{quote(os.fsencode(path))}?mode={mode}",
        uri=True,
        timeout=PATIENCE,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        raw.execute("PRAGMA synchronous=NORMAL")
    except BaseException:
        raw.close()
        raise
    return raw


def _upgrade(raw: sqlite3.Connection) -> None:
    """Bring a new file, or one of the first release, to today's form."""
    with suppress(sqlite3.OperationalError):  # an older release is using it, or the file system cannot
        raw.execute("PRAGMA journal_mode=WAL")
    raw.execute("BEGIN IMMEDIATE")
    for statement in SCHEMA.split(";"):
        raw.execute(statement)
    adopt(raw)
    raw.execute(f"PRAGMA user_version={VERSION}")
    raw.execute("COMMIT")


def adopt(raw: sqlite3.Connection) -> None:
    """Complete the rows that the first release wrote, which knows one table only."""
    raw.execute(
        "INSERT OR REPLACE INTO details (key, task, made, used, ingredients)"
        " SELECT o.key, o.task, o.made, o.made, ''"
        " FROM outputs AS o LEFT JOIN details AS d ON d.key = o.key WHERE d.key IS NULL OR d.made <> o.made"
    )


def _is_damage(error: BaseException) -> bool:
    """Tell whether an error says that the file is no database, a damaged one, or somebody else's."""
    if isinstance(error, UnicodeDecodeError):
        return True
    return type(error) is sqlite3.DatabaseError or getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR


def set_aside(damaged: os.stat_result | None = None) -> None:
    """Let the next call begin a new database; what is left of this one stays beside it.

    Args:
        damaged: the file that was found damaged; if another one is there now, that is left alone.
    """
    path = _database(cache_folder())
    connection: Connection | None = getattr(_mine, "connection", None)
    with suppress(OSError), exclusive(os.path.dirname(path)):
        present = _stat(path)
        if damaged is None or (present is not None and _is_same(present, damaged) and not _is_newer(path)):
            # The file goes first: when connections to it are closed, SQLite sees that it was moved and leaves the rest.
            os.replace(path, f"{path}.broken")
            with suppress(OSError):
                os.replace(f"{path}-wal", f"{path}.broken-wal")
            with suppress(OSError):
                os.unlink(f"{path}-shm")
    if connection is not None:
        _mine.connection = None
        connection.close()


def _is_newer(path: str) -> bool:
    """Tell whether a later release took the file over, while it was open here."""
    try:
        raw = _connect(path, "rw")
    except sqlite3.Error:
        return False
    try:
        return bool(raw.execute("PRAGMA user_version").fetchone()[0] > VERSION)
    except sqlite3.Error:
        return False
    finally:
        raw.close()


@contextmanager
def exclusive(folder: str) -> Iterator[None]:
    """Keep the other threads and processes from making or moving the database meanwhile."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with open(os.path.join(folder, "cache.lock"), "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _database(folder: str) -> str:
    return os.path.join(folder, "cache.db")


def _check_beginning(path: str) -> None:
    """Raise `sqlite3.DatabaseError` if the file does not begin like a database.

    SQLite itself has to look: closing the file in any other way would let go of every lock of this process on it.
    """
    probe = sqlite3.connect(f"file:{quote(os.fsencode(path))}?mode=ro&immutable=1", uri=True)
    try:
        probe.execute("PRAGMA schema_version").fetchone()
    except sqlite3.OperationalError:
        pass  # it can't look this way
    finally:
        probe.close()


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _is_same(one: os.stat_result, other: os.stat_result) -> bool:
    return one.st_ino == other.st_ino and one.st_dev == other.st_dev


_held: list[Connection] = []


def _before_fork() -> None:
    """Close all connections: SQLite's are not made to be copied, and the next use opens another one."""
    _registering.acquire()
    for connection in list(_open):
        if connection.lock.acquire(timeout=1):  # else its thread is writing, and the copy will see whose it is
            connection.close()
            _held.append(connection)


def _after_fork() -> None:
    for connection in _held:
        connection.lock.release()
    _held.clear()
    _registering.release()


def _at_exit() -> None:
    _before_fork()
    _after_fork()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
