"""What an earlier run finished, for one that goes on from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from fletching.errors import RecoveryError
from fletching.run.store_code import code_digest, find_entity
from fletching.run.store_schema import FINISHED

if TYPE_CHECKING:
    from fletching.run.store import RunStore

__all__ = ["Earlier"]

TOLD = 10
"""So many changed tasks are named in an error."""

NODES = f"""
SELECT path, entity, entities.name, entities.code, entities.place FROM nodes
JOIN entities ON entities.number = entity WHERE run = ? AND status IN {FINISHED} AND outputs IS NOT NULL
"""  # noqa: S608 - constants


class Finished(NamedTuple):
    """A node that ended well, in the latest of the runs in which it did."""

    run: int
    task: str
    code: str
    place: str


class Earlier:
    """The finished nodes of a run, and of those that it went on from itself.

    Args:
        store: where they are.
        run_id: the run.
    """

    def __init__(self, store: RunStore, run_id: str) -> None:
        self.store = store
        self.run = store.run(run_id)
        self.forced = False
        self._nodes: dict[str, Finished] = {}
        self._again: set[str] = set()
        connection = store.connection()
        one = run_id
        while one:
            row = connection.execute("SELECT number, recovered_from FROM runs WHERE id = ?", (one,)).fetchone()
            if row is None:
                break  # forgotten meanwhile
            for path, _, task, code, place in connection.execute(NODES, (row[0],)):
                self._nodes.setdefault(path, Finished(row[0], task, code, place))
            one = row[1]

    def check(self, entity: Any, *, force: bool = False) -> None:
        """Refuse to go on where the outputs of old code would be used with new code.

        Args:
            entity: what is to be run.
            force: run what changed again, together with what it is a part of, instead of refusing.

        Raises:
            RecoveryError: the run is none of this entity's, or needs no recovery, or its code changed.
        """
        run = self.run
        if run.entity != entity.name:
            raise RecoveryError(f"run {run.id!r} was one of {run.entity!r}, not of {entity.name!r}")
        if run.status == "succeeded":
            raise RecoveryError(f"run {run.id!r} succeeded, nothing is left to do; 'fletch runs rerun' runs it again")
        if run.status == "running":
            raise RecoveryError(f"run {run.id!r} is still running, in process {run.pid}; wait for it or stop it")
        self.forced = force
        now: dict[str, str] = {}
        changed: dict[str, list[str]] = {}
        for path, node in self._nodes.items():
            if node.place not in now:
                found = find_entity(node.place)
                now[node.place] = "" if getattr(found, "name", None) != node.task else code_digest(found)
            current = code_digest(entity) if not path else now[node.place]
            if node.code and current and current != node.code:
                changed.setdefault(node.task, []).append(path)
        if changed and not force:
            raise _changed(run.id, changed)
        for paths in changed.values():
            for path in paths:
                self._run_again(path)

    def _run_again(self, path: str) -> None:
        """Mark a node and all that it is a part of."""
        self._again.add(path)
        while path:
            path = path.rpartition("/")[0]
            self._again.add(path)

    def outputs(self, path: str, task: str, code: str, inputs: bytes | None) -> tuple[bytes, bytes] | None:
        """Return hash and message of what a node gave, or None if it has to run.

        Raises:
            RecoveryError: its code changed, and nobody said that this is fine.
        """
        node = self._nodes.get(path)
        if node is None or node.task != task or path in self._again or not (node.code and code and inputs):
            return None
        if node.code != code:
            if not self.forced:
                raise _changed(self.run.id, {task: [path]})
            self._run_again(path)
            return None
        connection = self.store.connection()
        query = "SELECT inputs, outputs, output_data FROM nodes WHERE run = ? AND path = ?"
        row = connection.execute(query, (node.run, path)).fetchone()
        if row is None or row[0] != inputs or row[1] is None:
            return None
        data = self.store.values.read(connection, row[1], row[2])
        return None if data is None else (row[1], data)


def _changed(run_id: str, changed: dict[str, list[str]]) -> RecoveryError:
    told = []
    for task, paths in list(changed.items())[:TOLD]:
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        told.append(f"task {task!r} (node {paths[0] or 'at the top'}{more}): its code changed")
    if len(changed) > TOLD:
        told.append(f"{len(changed) - TOLD} more")
    return RecoveryError(
        f"run {run_id!r} finished nodes whose code is another one now: {'; '.join(told)}; "
        "--force runs these again and keeps the others"
    )
