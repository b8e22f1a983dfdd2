"""The run store: what ran, with which inputs, what came of it, and what of that a later run can go on from.

One SQLite file, and a folder beside it for what is large. Every operation is one transaction, so that a process that
is killed at any moment leaves what was before it or what is after it.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fletching.errors import RunStoreError
from fletching.run import store_queries as queries
from fletching.run.inherited import never_close
from fletching.run.store_schema import connect, unusable
from fletching.run.store_values import Values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flyteidl.core.interface_pb2 import TypedInterface
    from flyteidl.core.literals_pb2 import LiteralMap

    from fletching.run.store_records import AttemptRecord, EventRecord, NodeRecord, RunRecord

__all__ = ["RunStore", "log_path", "node_cache_record"]

Connections = list[tuple[int, sqlite3.Connection]]


class RunStore:
    """The runs of this user, or those in the file ``path``. Safe among threads and processes, also forked ones.

    Use it as a context manager, or call `close`: a connection stays open for each thread that asked something.

    Args:
        path: the file; by default ``runs/runs.db`` in the folder for data.

    Raises:
        RunStoreError: the folder for data cannot be made.
    """

    def __init__(self, path: str | None = None) -> None:
        if path is None:
            from fletching.home import data_dir

            try:
                path = os.path.join(data_dir("runs"), "runs.db")
            except OSError as error:
                raise RunStoreError(
                    f"there is no place for runs: {error}; FLETCHING_HOME chooses another folder"
                ) from error
        self.path = os.path.abspath(path)
        self.folder = os.path.dirname(self.path)
        self.values = Values(self.folder)
        self._mine = threading.local()
        self._open: Connections = []
        self._closing = weakref.finalize(self, _close, self._open)

    def connection(self, *, patience: float = 30.0) -> sqlite3.Connection:
        """Return this thread's connection, opened if it is not.

        Args:
            patience: how many seconds to wait for a process that is just writing.

        Raises:
            RunStoreError: the file is damaged, or of a later version.
        """
        found = getattr(self._mine, "found", None)
        if found is not None and found[0] == os.getpid():
            connection: sqlite3.Connection = found[1]
            return connection
        inherited = [one for one in self._open if one[0] != os.getpid()]
        if inherited:
            for _, connection in inherited:
                never_close(connection)
            self._open[:] = [one for one in self._open if one[0] == os.getpid()]
        made = os.getpid(), connect(self.path, patience=patience)
        self._mine.found = made
        self._open.append(made)
        return made[1]

    def close(self) -> None:
        """Close the connections of all threads; none may be in use."""
        _close(self._open)
        self._mine = threading.local()

    def __enter__(self) -> RunStore:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of the block counts, or nothing."""
        connection = self.connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _asking(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self.connection()
        except sqlite3.Error as error:
            raise unusable(self.path, error) from error

    def runs(
        self, *, limit: int | None = 20, name: str = "", tag: str = "", status: str = "", entity: str = ""
    ) -> list[RunRecord]:
        """Return the latest runs, the newest first; each argument that is given leaves out the others."""
        with self._asking() as connection:
            return queries.runs(connection, limit=limit, name=name, tag=tag, status=status, entity=entity)

    def find(self, word: str) -> str:
        """Return the id of the run that a user means: ``last``, an id, its beginning or end, or a name.

        Raises:
            RunStoreError: there is none, or several.
        """
        with self._asking() as connection:
            return queries.find(connection, word)

    def run(self, run_id: str) -> RunRecord:
        """Return one run.

        Raises:
            RunStoreError: there is none with this id.
        """
        with self._asking() as connection:
            found = queries.run(connection, run_id)
        if found is None:
            raise RunStoreError(f"there is no run {run_id!r}; 'fletch runs' lists those there are")
        return found

    def nodes(self, run_id: str) -> list[NodeRecord]:
        """Return the nodes of a run in the order in which they started."""
        with self._asking() as connection:
            return queries.nodes(connection, self.run(run_id))

    def attempts(self, run_id: str, path: str) -> list[AttemptRecord]:
        """Return the attempts of a node, the first one first."""
        with self._asking() as connection:
            return queries.attempts(connection, run_id, path)

    def events(self, run_id: str) -> list[EventRecord]:
        """Return what else happened in a run."""
        with self._asking() as connection:
            return queries.events(connection, run_id)

    def inputs(self, run_id: str) -> tuple[TypedInterface, LiteralMap] | None:
        """Return the inputs of a run and what describes them; None if they could not be kept or are gone."""
        return self._values(run_id, queries.RUN_INPUTS, (run_id,))

    def outputs(self, run_id: str, path: str | None = None) -> tuple[TypedInterface, LiteralMap] | None:
        """Return the outputs of a run, or of its node at ``path``; None if there are none."""
        if path is None:
            return self._values(run_id, queries.RUN_OUTPUTS, (run_id,))
        return self._values(run_id, queries.NODE_OUTPUTS, (run_id, path))

    def _values(self, run_id: str, query: str, wanted: tuple[str, ...]) -> tuple[TypedInterface, LiteralMap] | None:
        from flyteidl.core.interface_pb2 import TypedInterface
        from flyteidl.core.literals_pb2 import LiteralMap

        with self._asking() as connection:
            row = connection.execute(query, wanted).fetchone()
            if row is None or row[0] is None:
                return None
            data = self.values.read(connection, row[0], row[1])
            described = self.values.read(connection, row[2], None)
        if data is None or described is None:
            return None
        return TypedInterface.FromString(described), LiteralMap.FromString(data)

    def delete(self, run_ids: Iterable[str]) -> int:
        """Forget runs, with their logs and what only they had; those that run now are left. Return how many."""
        from fletching.run.store_sweep import delete

        with self._asking():
            return delete(self, run_ids)

    def prune(self, *, before: float | None = None, keep: int = 0) -> list[str]:
        """Forget runs that started before a time; return their ids.

        Args:
            before: in seconds since the epoch; None: whenever they started.
            keep: leave this many of the latest in any case.
        """
        from fletching.run.store_sweep import prune

        with self._asking():
            return prune(self, before=before, keep=keep)

    def log_path(self, run_id: str, path: str, attempt: int) -> str:
        """Return the file for what an attempt prints."""
        return log_path(run_id, path, attempt, folder=self.folder)

    def node_cache_record(self, run_id: str, path: str) -> dict[str, Any] | None:
        """Return what the cache had to do with a node, or None if there is no such node.

        It has ``task``, ``key``, ``state`` (``hit``, ``miss``, ``stored``, ``off``), ``ingredients`` and ``at``.
        """
        with self._asking() as connection:
            row = connection.execute(queries.CACHE_RECORD, (run_id, path)).fetchone()
        if row is None:
            return None
        task, key, state, ingredients, at = row
        found = json.loads(ingredients) if ingredients else {}
        return {"task": task, "key": key, "state": state, "ingredients": found, "at": at}


def node_cache_record(run_id: str, path: str) -> dict[str, Any] | None:
    """Return `RunStore.node_cache_record` of this user's store."""
    with RunStore() as store:
        return store.node_cache_record(run_id, path)


def log_path(run_id: str, path: str, attempt: int, *, folder: str | None = None) -> str:
    """Return the file for what an attempt prints; its folder may have to be made.

    Args:
        run_id: the run.
        path: the node, ``n0/dn1``; empty for the top.
        attempt: from 0.
        folder: the store's, by default this user's.
    """
    if folder is None:
        from fletching.home import data_dir

        folder = data_dir("runs")
    name = path.replace("/", ".") or "_"
    if len(os.fsencode(name)) > 200:  # file systems end at 255 bytes
        import hashlib

        name = f"{name[:40]}.{hashlib.sha256(os.fsencode(name)).hexdigest()}"
    return os.path.join(folder, "logs", run_id, f"{name}-{attempt}.log")


def _close(connections: Connections) -> None:
    for pid, connection in connections:
        if pid == os.getpid():
            connection.close()
        else:
            never_close(connection)
    connections.clear()
