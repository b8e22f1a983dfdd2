"""Forgetting runs, and with them what only they had: messages, files, logs."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from fletching.processes import is_gone
from fletching.run.cache_files import BLOBS, VALUES

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator

    from fletching.run.store import RunStore

__all__ = ["delete", "prune"]

SETTLED = 3600.0
"""A file that was used within so many seconds may belong to a node that is about to be recorded."""
AT_ONCE = 500
"""How many runs one transaction forgets; others that write wait meanwhile."""


def delete(store: RunStore, run_ids: Iterable[str]) -> int:
    """Forget runs, but for those that run now; return how many."""
    gone: list[str] = []
    wanted = list(run_ids)
    for first in range(0, len(wanted), AT_ONCE):
        forgotten = []
        with store.writing() as connection:
            for run_id in wanted[first : first + AT_ONCE]:
                row = connection.execute("SELECT number, status, driver FROM runs WHERE id = ?", (run_id,)).fetchone()
                if row is not None and (row[1] != "running" or is_gone(row[2])):
                    forgotten.append((row[0], run_id))
            _forget(connection, [number for number, _ in forgotten])
        for _, run_id in forgotten:
            shutil.rmtree(os.path.join(store.folder, "logs", run_id), ignore_errors=True)
        gone += [run_id for _, run_id in forgotten]
    _sweep(store)
    return len(gone)


def prune(store: RunStore, *, before: float | None, keep: int) -> list[str]:
    """Forget runs that started before a time, but for the latest ``keep``; return their ids."""
    query = "SELECT id, started, status, driver FROM runs ORDER BY number DESC LIMIT -1 OFFSET ?"
    chosen = [
        str(run_id)
        for run_id, started, status, driver in store.connection().execute(query, (keep,))
        if (before is None or started < before) and (status != "running" or is_gone(driver))
    ]
    delete(store, chosen)
    return chosen


def _forget(connection: sqlite3.Connection, numbers: list[int]) -> None:
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS gone (hash BLOB PRIMARY KEY)")
    connection.execute("DELETE FROM gone")
    rows = [(number,) for number in numbers]
    for source in (
        "outputs FROM nodes WHERE run",
        "outputs FROM runs WHERE number",
        "input_values FROM runs WHERE number",
    ):
        column = source.partition(" ")[0]
        query = f"INSERT OR IGNORE INTO gone SELECT {source} = ? AND {column} IS NOT NULL"
        connection.executemany(query, rows)
    for table in ("nodes", "attempts", "events", "tags"):
        connection.executemany(f"DELETE FROM {table} WHERE run = ?", rows)  # noqa: S608 - constants
    connection.executemany("DELETE FROM runs WHERE number = ?", rows)
    # Most values stand in the rows that named them; only for others everybody else has to be asked.
    connection.execute(
        "DELETE FROM gone WHERE hash NOT IN (SELECT hash FROM blobs) AND hash NOT IN (SELECT values_hash FROM files)"
    )
    if connection.execute("SELECT 1 FROM gone LIMIT 1").fetchone() is None:
        return
    connection.execute(
        "DELETE FROM gone WHERE hash IN (SELECT outputs FROM nodes WHERE outputs IS NOT NULL) "
        "OR hash IN (SELECT outputs FROM runs WHERE outputs IS NOT NULL) "
        "OR hash IN (SELECT input_values FROM runs WHERE input_values IS NOT NULL) "
        "OR hash IN (SELECT interface FROM entities)"
    )
    connection.execute("DELETE FROM blobs WHERE hash IN (SELECT hash FROM gone)")
    connection.execute("DELETE FROM files WHERE values_hash IN (SELECT hash FROM gone)")


def _sweep(store: RunStore) -> None:
    """Remove files that nothing names any more, also those that a killed process left."""
    connection = store.connection()

    def known(query: str) -> Callable[[str | bytes], bool]:
        return lambda key: connection.execute(query, (key,)).fetchone() is not None

    message = known("SELECT 1 FROM blobs WHERE hash = ?")
    for path, name in _entries(os.path.join(store.folder, VALUES)):
        if len(name) != 64 or not message(bytes.fromhex(name)):
            _remove(path)
    content = known("SELECT 1 FROM files WHERE content = ? LIMIT 1")
    for path, name in _entries(os.path.join(store.folder, BLOBS)):
        if not content(f"{BLOBS}/{name}"):
            _remove(path)
    run = known("SELECT 1 FROM runs WHERE id = ?")
    for path, name in _entries(os.path.join(store.folder, "logs")):
        if not run(name):
            _remove(path)


def _entries(folder: str) -> Iterator[tuple[str, str]]:
    """Tell path and name of what nobody used for a while."""
    with suppress(OSError):
        for entry in list(os.scandir(folder)):
            if entry.stat(follow_symlinks=False).st_mtime < time.time() - SETTLED:
                yield entry.path, entry.name


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            os.unlink(path)
