"""What of a run waits to be written, and writing it: all at once, or not at all."""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from fletching.errors import RunStoreError, RunStoreWarning
from fletching.run.store_schema import unusable

if TYPE_CHECKING:
    from fletching.run.store import RunStore
    from fletching.run.store_values import Data

__all__ = ["ATTEMPT", "END", "ENTITY", "EVENT", "RUN", "Known", "Row", "Writer", "warn_unrecorded"]

AGAIN = 1.0
"""So long after a failed commit the next one is tried."""
HELD = 20_000
"""So many nodes, and so many KiB of their outputs, wait in memory for a store that takes nothing."""
IMPATIENT = 100
"""Once a commit failed, so many milliseconds are spent on waiting for other processes."""

RUN = f"INSERT INTO runs VALUES (NULL, {', '.join('?' * 20)})"  # noqa: S608 - constants
END = "UPDATE runs SET status = ?, ended = ?, error = ?, outputs = ?, output_data = ? WHERE number = ?"
ENTITY = "SELECT number FROM entities WHERE name = ? AND kind = ? AND code = ? AND place = ? AND interface = ?"
NODE = f"INSERT OR REPLACE INTO nodes VALUES ({', '.join('?' * 17)})"  # noqa: S608 - constants
ATTEMPT = "INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?)"
EVENT = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)"


class Known(NamedTuple):
    """What a recorder keeps about an executable."""

    entity: Any
    number: int
    interface: Any
    code: str
    outputs: str
    """``plain`` (of these, the message says it all), ``streams`` (that can be read only once), or ``any``."""


class Row:
    """One node, as far as it got."""

    __slots__ = (
        "attempts", "began", "cache_key", "cache_state", "data", "ended", "error", "executor", "ingredients",
        "inputs", "known", "outputs", "parent", "path", "started", "status", "upstream",
    )  # fmt: skip

    def __init__(self, path: str, parent: str, known: Known, inputs: bytes | None, upstream: str) -> None:
        self.path = path
        self.parent = parent
        self.known = known
        self.inputs = inputs
        self.upstream = upstream
        self.status = "running"
        self.attempts = 0
        self.executor = ""
        self.started: float | None = None
        self.began: float | None = None
        """When its latest attempt began."""
        self.ended: float | None = None
        self.error = ""
        self.outputs: bytes | None = None
        self.data: bytes | None = None
        self.cache_key = self.cache_state = self.ingredients = ""

    def values(self, run: int) -> tuple[Any, ...]:
        """Return the columns."""
        return (
            run, self.path, self.parent, self.known.number, self.status, self.attempts, self.executor, self.started,
            self.ended, self.error, self.inputs, self.outputs, self.data, self.cache_key, self.cache_state,
            self.ingredients, self.upstream,
        )  # fmt: skip


class Writer:
    """Collects what is to be written about one run, and writes it."""

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self.run = 0
        """Number of the run in the tables."""
        self.committed = 0.0
        """When something was last written, on the monotonic clock."""
        self._rows: dict[str, Row] = {}
        self._others: list[tuple[str, tuple[Any, ...]]] = []
        self._data: dict[bytes, Data] = {}
        self._retry_at = 0.0
        self._warned = False

    @property
    def waits(self) -> bool:
        """Whether anything is to be written."""
        return bool(self._rows or self._others)

    @property
    def rests(self) -> bool:
        """Whether writing failed a moment ago, so that it had better not be tried."""
        return time.monotonic() < self._retry_at

    def row(self, row: Row) -> None:
        """Have a node written, as it is when that happens."""
        self._rows[row.path] = row

    def other(self, query: str, *values: Any) -> None:
        """Have a statement executed after the nodes."""
        self._others.append((query, values))

    def data(self, made: Data) -> None:
        """Have outputs written that do not stand in the node's row."""
        self._data[made.hash] = made

    def commit(self, *, now: bool = False) -> bool:
        """Write what waits in one transaction, and tell whether that worked; otherwise it waits for the next time.

        Args:
            now: also if it failed a moment ago.
        """
        if self.rests and not now:
            self._shed()
            return False
        began = time.monotonic()
        connection = None
        rows = self._rows
        try:
            connection = self.store.connection()
            execute = connection.execute
            if len(rows) == 1 and not (self._others or self._data):
                execute(NODE, next(iter(rows.values())).values(self.run))  # a transaction by itself
            else:
                execute("BEGIN IMMEDIATE")
                for row in rows.values():
                    execute(NODE, row.values(self.run))
                for query, values in self._others:
                    execute(query, values)
                for made in self._data.values():
                    self.store.values.insert(connection, made)
                execute("COMMIT")
        except (sqlite3.Error, RunStoreError, OSError) as error:
            if connection is not None and connection.in_transaction:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
            self.failed(error)
            return False
        self.drop()
        self.committed, self._retry_at = began, 0.0
        return True

    def drop(self) -> None:
        """Forget what waits; a node that is not written counts as not finished."""
        self._rows.clear()
        self._others.clear()
        self._data.clear()

    def _shed(self) -> None:
        if len(self._rows) > HELD or sum(len(made.data) for made in self._data.values()) > HELD * 1024:
            self.drop()

    def failed(self, error: BaseException) -> None:
        """Warn, rest for a moment, and wait for other processes less patiently from now on."""
        self._retry_at = time.monotonic() + AGAIN
        with suppress(sqlite3.Error, RunStoreError):
            self.store.connection().execute(f"PRAGMA busy_timeout={IMPATIENT}")
        self.trouble(error)

    def trouble(self, error: BaseException) -> None:
        """Warn that something is not recorded; once, as one reason has many consequences."""
        if not self._warned:
            self._warned = True
            warn_unrecorded(unusable(self.store.path, error) if isinstance(error, sqlite3.Error) else error)


def warn_unrecorded(error: BaseException) -> None:
    """Warn that a run goes on without its record."""
    import warnings

    from fletching.frames import caller_level

    message = f"the run is not recorded, or not all of it: {error}; it goes on"
    warnings.warn(message, RunStoreWarning, stacklevel=caller_level())
