"""What the cache holds, and making it smaller."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from sqlite3 import SQLITE_FULL, DatabaseError, OperationalError
from typing import TYPE_CHECKING, NamedTuple

from fletching.run import cache_files, cache_store
from fletching.run.cache_rows import StoredEntry, stored_entries, value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from sqlite3 import Connection

__all__ = ["GRACE", "Removed", "clear", "entries", "prune"]

GRACE = 3600.0
"""Seconds for which a file that no entry names is left alone: somebody may be about to store one that does."""
PRUNED = "it was pruned"
"""What is remembered of an entry that was removed."""
REMEMBERED = 30 * 86400.0
"""Seconds for which it is remembered that an entry was pruned, for whoever asks why a call ran again."""

MANY = 10_000
"""Of how many pruned entries that is remembered, at most."""
FORGET = """
DELETE FROM details WHERE key IN (SELECT key FROM (
    SELECT d.key AS key, d.lost_at AS at, row_number() OVER (ORDER BY d.lost_at DESC) AS place
    FROM details AS d LEFT JOIN outputs AS o ON o.key = d.key WHERE o.key IS NULL
) WHERE at < ? OR place > ?)
"""


class Removed(NamedTuple):
    """What a cleaning took away, and what it left."""

    entries: int
    size: int
    """Bytes of the entries, those of shared files counted once and only if nobody needs them any more."""
    strays: int
    """Files that no entry named."""
    locks: int
    """Files of locks that nobody held."""
    left: int
    left_size: int


def entries() -> list[StoredEntry]:
    """Return the entries, the last used first.

    Raises:
        sqlite3.Error: the database is damaged.
        NewerCacheError: it was made by a later release.
    """
    if cache_store.read(lambda raw: True) is None:
        return []
    return cache_store.write(_entries)


def prune(*, max_size: int | None = None, older_than: float | None = None) -> Removed:
    """Remove what nobody used for long, and then the least recently used until the rest is small enough.

    Args:
        max_size: how many bytes the rest may have; None for any.
        older_than: after how many seconds without use an entry goes; None for never.

    Raises:
        OSError: the folder cannot be used.
        sqlite3.Error: the database is damaged.
        NewerCacheError: it was made by a later release.
    """
    now = time.time()

    def chosen(held: list[StoredEntry]) -> Iterable[StoredEntry]:
        sizes = _Sizes(held)
        for entry in reversed(held):
            too_old = older_than is not None and entry.used < now - older_than
            if too_old or (max_size is not None and sizes.total > max_size):
                sizes.drop(entry)
                yield entry

    def work(raw: Connection) -> tuple[list[StoredEntry], list[StoredEntry]]:
        held = _entries(raw)
        gone = list(chosen(held))
        keys = [(entry.key,) for entry in gone]
        raw.executemany("DELETE FROM outputs WHERE key = ?", keys)
        raw.executemany(
            "UPDATE details SET files = '{}', lost = ?, lost_at = ? WHERE key = ?",
            [(PRUNED, now, entry.key) for entry in gone],
        )
        raw.execute(FORGET, (now - REMEMBERED, MANY))
        return gone, _without(held, gone)

    return _removed(work)


def clear(*tasks: str) -> Removed:
    """Forget the entries of these tasks, or all without one, and that they were there; raises what `prune` raises."""

    def work(raw: Connection) -> tuple[list[StoredEntry], list[StoredEntry]]:
        held = _entries(raw)
        gone = [entry for entry in held if not tasks or entry.task in tasks]
        raw.executemany("DELETE FROM outputs WHERE key = ?", [(entry.key,) for entry in gone])
        if tasks:
            raw.executemany("DELETE FROM details WHERE task = ?", [(task,) for task in tasks])
        else:
            raw.execute("DELETE FROM details")
        return gone, _without(held, gone)

    if tasks:
        return _removed(work)
    try:
        removed = _removed(work, all_files=True)
    except DatabaseError as error:
        if isinstance(error, OperationalError) and getattr(error, "sqlite_errorcode", None) != SQLITE_FULL:
            raise  # it is in use, or cannot be reached
        cache_store.set_aside()
        removed = _removed(work, all_files=True)
    for name in ("cache.db.broken", "cache.db.broken-wal"):
        with suppress(OSError):
            os.unlink(os.path.join(cache_store.cache_folder(), name))
    return removed


def _entries(raw: Connection) -> list[StoredEntry]:
    cache_store.adopt(raw)
    found = stored_entries(raw, "WHERE o.key IS NOT NULL ORDER BY d.used DESC, d.made DESC, d.key")
    for position, entry in enumerate(found):
        if entry.files is None:
            found[position] = _with_files(raw, entry)
    return found


def _with_files(raw: Connection, entry: StoredEntry) -> StoredEntry:
    """Note which files an entry of the first release needs, and return it so."""
    import json
    from dataclasses import replace

    from flyteidl.core.literals_pb2 import LiteralMap

    data = value_of(*raw.execute("SELECT literals, digest FROM outputs WHERE key = ?", (entry.key,)).fetchone())
    files: Mapping[str, int] = {}
    with suppress(Exception):  # one that can't be read needs no files
        files = cache_files.kept_files(LiteralMap.FromString(data or b""), cache_store.cache_folder())
    raw.execute("UPDATE details SET files = ? WHERE key = ?", (json.dumps(files), entry.key))
    return replace(entry, files=files)


class _Sizes:
    """The bytes of entries that share files, while one after the other goes."""

    def __init__(self, held: Iterable[StoredEntry]) -> None:
        self.total = 0
        self.users: dict[str, int] = {}
        for entry in held:
            self.total += entry.inline
            for name, size in (entry.files or {}).items():
                self.users[name] = self.users.get(name, 0) + 1
                self.total += size if self.users[name] == 1 else 0

    def drop(self, entry: StoredEntry) -> None:
        self.total -= entry.inline
        for name, size in (entry.files or {}).items():
            self.users[name] -= 1
            self.total -= size if not self.users[name] else 0


def _without(held: Iterable[StoredEntry], gone: Iterable[StoredEntry]) -> list[StoredEntry]:
    keys = {entry.key for entry in gone}
    return [entry for entry in held if entry.key not in keys]


def _removed(
    work: Callable[[Connection], tuple[list[StoredEntry], list[StoredEntry]]], *, all_files: bool = False
) -> Removed:
    folder = cache_store.cache_folder()
    gone, left = cache_store.write(work) if cache_store.read(lambda raw: True) else ([], [])
    needed = {name for entry in left for name in entry.files or {}}
    unneeded = {name for entry in gone for name in entry.files or {}} - needed
    for name in unneeded:
        _delete(os.path.join(folder, name))
    if gone:
        cache_store.shrink()
    left_size = _Sizes(left).total
    return Removed(
        entries=len(gone),
        size=_Sizes([*gone, *left]).total - left_size,
        strays=_sweep(folder, needed, all_files=all_files),
        locks=_sweep_locks(os.path.join(folder, "locks")),
        left=len(left),
        left_size=left_size,
    )


def _sweep(folder: str, needed: set[str], *, all_files: bool) -> int:
    """Delete the files that nobody needs and, unless all are to go, that nobody can be about to need."""
    count, limit = 0, time.time() - GRACE
    for kind in (cache_files.BLOBS, cache_files.VALUES):
        for name in _names(os.path.join(folder, kind)):
            path = os.path.join(folder, kind, name)
            if f"{kind}/{name}" not in needed:
                count += _delete(path) if all_files and not _is_written(path) else _delete_old(path, limit)
            elif kind == cache_files.BLOBS:  # what a killed writer left may lie beside what is whole
                parts = (one for one in _names(path) if cache_files.is_part(one))
                count += sum(_delete_old(os.path.join(path, one), limit) for one in parts)
    return count


def _is_written(path: str) -> bool:
    return cache_files.is_part(path) or any(map(cache_files.is_part, _names(path)))


def _delete_old(path: str, limit: float) -> int:
    with suppress(OSError):
        if os.lstat(path).st_mtime < limit:
            return _delete(path)
    return 0


def _delete(path: str) -> int:
    if os.path.isdir(path):
        shutil.rmtree(path, ignore_errors=True)
        return 1
    with suppress(OSError):
        os.unlink(path)
        return 1
    return 0


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _sweep_locks(folder: str) -> int:
    """Delete the files of locks that nobody holds; who has just opened one notices that it is gone."""
    try:
        import fcntl
    except ImportError:
        return 0
    count = 0
    for name in _names(folder):
        path = os.path.join(folder, name)
        with suppress(OSError), open(path, "ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path)
            count += 1
    return count
