"""Questions to the run store: which runs there are, and what happened in one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fletching.errors import RunStoreError, close_match
from fletching.processes import is_gone, pid_of
from fletching.run.store_records import AttemptRecord, EventRecord, NodeRecord, RunRecord

if TYPE_CHECKING:
    import sqlite3

__all__ = [
    "CACHE_RECORD",
    "NODE_OUTPUTS",
    "RUN_INPUTS",
    "RUN_OUTPUTS",
    "attempts",
    "events",
    "find",
    "listing",
    "nodes",
    "run",
    "runs",
]

COLUMNS = """
runs.id, runs.name, runs.tags, entities.name, entities.kind, runs.source, runs.variable, runs.status, runs.started,
runs.ended, runs.error, runs.inputs, runs.outputs, entities.code, runs.driver, runs.recovered_from, runs.options,
runs.folder
FROM runs JOIN entities ON entities.number = runs.entity
"""

CACHE_RECORD = """
SELECT entities.name, cache_key, cache_state, ingredients, nodes.ended FROM nodes
JOIN entities ON entities.number = nodes.entity
WHERE run = (SELECT number FROM runs WHERE id = ?) AND path = ?
"""

RUN_INPUTS = """
SELECT input_values, input_data, interface FROM runs JOIN entities ON entities.number = entity WHERE id = ?
"""

RUN_OUTPUTS = "SELECT outputs, output_data, interface FROM runs JOIN entities ON entities.number = entity WHERE id = ?"

NODE_OUTPUTS = """
SELECT outputs, output_data, interface FROM nodes JOIN entities ON entities.number = entity
WHERE run = (SELECT number FROM runs WHERE id = ?) AND path = ?
"""


def listing(*, name: str = "", tag: str = "", status: str = "", entity: str = "") -> tuple[str, list[Any]]:
    """Return the query for the latest runs and its values; an index answers whatever is asked, without sorting."""
    tables, conditions, values = "", [], []
    if tag:
        # The tag's own index is in the order of runs, too.
        tables, order = "tags CROSS JOIN ", "tags.run"
        conditions += ["tags.run = runs.number", "tags.tag = ?"]
        values.append(tag)
    else:
        order = "runs.number"
    if name:
        conditions.append("runs.name = ?" if not tag else "+runs.name = ?")
        values.append(name)
    if status:
        conditions.append("runs.status = ?" if not (tag or name) else "+runs.status = ?")
        values.append(status)
    if entity:
        conditions.append("+runs.entity IN (SELECT number FROM entities WHERE entities.name = ?)")
        values.append(entity)
    query = "SELECT " + COLUMNS.replace("FROM runs", f"FROM {tables}runs CROSS").strip()
    if conditions:
        query += " WHERE " + " AND ".join(conditions)
    return f"{query} ORDER BY {order} DESC", values


def runs(
    connection: sqlite3.Connection, *, limit: int | None, name: str, tag: str, status: str, entity: str
) -> list[RunRecord]:
    """Return the latest runs, the newest first."""
    # Whether a run is lost does not stand in its row: nobody was there to write it.
    stored = "running" if status == "lost" else status
    query, values = listing(name=name, tag=tag, status=stored, entity=entity)
    found: list[RunRecord] = []
    for row in connection.execute(query, values):
        if limit is not None and len(found) >= limit:
            break
        record = _run(row)
        if not status or record.status == status:
            found.append(record)
    return found


def run(connection: sqlite3.Connection, run_id: str) -> RunRecord | None:
    """Return one run, or None."""
    row = connection.execute(f"SELECT {COLUMNS} WHERE runs.id = ?", (run_id,)).fetchone()
    return None if row is None else _run(row)


def _run(row: tuple[Any, ...]) -> RunRecord:
    driver, status = row[14], row[7]
    return RunRecord(
        id=row[0],
        name=row[1],
        tags=tuple(json.loads(row[2])) if row[2] else (),
        entity=row[3],
        kind=row[4],
        source=row[5],
        variable=row[6],
        folder=row[17],
        status="lost" if status == "running" and is_gone(driver) else status,
        started=row[8],
        ended=row[9],
        error=row[10],
        inputs=_hex(row[11]),
        outputs=_hex(row[12]),
        code=row[13],
        pid=pid_of(driver),
        recovered_from=row[15],
        options=json.loads(row[16]) if row[16] else {},
    )


def _hex(value: bytes | None) -> str:
    return "" if value is None else value.hex()


def find(connection: sqlite3.Connection, word: str) -> str:
    """Return the id of the run that ``word`` means."""
    if word == "last":
        row = connection.execute("SELECT id FROM runs ORDER BY number DESC LIMIT 1").fetchone()
        if row is None:
            raise RunStoreError("there is no run yet; 'fletch run' makes one")
        return str(row[0])
    exact = (
        ("SELECT id FROM runs WHERE id = ?", (word,)),
        ("SELECT id FROM runs WHERE name = ? ORDER BY number DESC LIMIT 1", (word,)),
    )
    parts = (
        ("SELECT id FROM runs WHERE suffix >= ? AND suffix < ? LIMIT 3", (word, word + "g")),
        ("SELECT id FROM runs WHERE id >= ? AND id < ? LIMIT 3", (word, word + "g")),
        ("SELECT id FROM runs WHERE substr(id, -length(?)) = ? LIMIT 3", (word, word)),
    )
    for ways in (exact, parts) if word else ():
        # A run that is found in one way must not hide another that is meant in another way.
        found = {str(row[0]): None for query, values in ways for row in connection.execute(query, values)}
        if len(found) == 1 or (found and ways is exact):
            return next(iter(found))
        if found:
            first, second, *rest = found
            more = " and others" if rest else ""
            raise RunStoreError(f"{word!r} may be {first}, {second}{more}; give more of the id")
    names = [str(row[0]) for row in connection.execute("SELECT DISTINCT name FROM runs WHERE name > '' LIMIT 1000")]
    raise RunStoreError(
        f"there is no run {word!r}{close_match(word, [*names, 'last'])}; give an id, its beginning or end, a name, or "
        "'last'; 'fletch runs' lists them"
    )


NODES = """
SELECT path, parent, entities.name, entities.kind, status, attempts, executor, started, ended, error, inputs, outputs,
code, cache_key, cache_state, ingredients, upstream
FROM nodes JOIN entities ON entities.number = nodes.entity WHERE run = (SELECT number FROM runs WHERE id = ?)
"""


def nodes(connection: sqlite3.Connection, of: RunRecord) -> list[NodeRecord]:
    """Return the nodes of a run in the order in which they started."""
    found = [_node(row, of) for row in connection.execute(NODES, (of.id,))]
    return sorted(found, key=lambda node: (node.started or node.ended or of.started, node.path))


def _node(row: tuple[Any, ...], of: RunRecord) -> NodeRecord:
    return NodeRecord(
        path=row[0],
        parent=row[1],
        task=row[2],
        kind=row[3],
        status="lost" if row[4] == "running" and of.status != "running" else row[4],
        attempts=row[5],
        executor=row[6],
        started=row[7],
        ended=row[8],
        error=row[9],
        inputs=_hex(row[10]),
        outputs=_hex(row[11]),
        code=row[12],
        cache_key=row[13],
        cache_state=row[14],
        ingredients=json.loads(row[15]) if row[15] else {},
        upstream=tuple(row[16].split("\n")) if row[16] else (),
    )


def attempts(connection: sqlite3.Connection, run_id: str, path: str) -> list[AttemptRecord]:
    """Return the attempts of a node. Of a single one there is no row: the node's own says it all."""
    number = connection.execute("SELECT number FROM runs WHERE id = ?", (run_id,)).fetchone()
    if number is None:
        return []
    query = "SELECT number, executor, started, ended, error FROM attempts WHERE run = ? AND path = ? ORDER BY number"
    found = [
        AttemptRecord(number=row[0], executor=row[1], started=row[2], ended=row[3], error=row[4])
        for row in connection.execute(query, (number[0], path))
    ]
    query = "SELECT attempts, executor, started, ended, error FROM nodes WHERE run = ? AND path = ?"
    row = connection.execute(query, (number[0], path)).fetchone()
    if row is not None and row[0] > len(found):
        began = row[2] if not found else found[-1].ended
        found.append(AttemptRecord(number=row[0] - 1, executor=row[1], started=began, ended=row[3], error=row[4]))
    return found


def events(connection: sqlite3.Connection, run_id: str) -> list[EventRecord]:
    """Return what else happened in a run, in order."""
    query = (
        "SELECT at, kind, path, attempt, text FROM events "
        "WHERE run = (SELECT number FROM runs WHERE id = ?) ORDER BY seq"
    )
    return [
        EventRecord(at=row[0], kind=row[1], path=row[2], attempt=row[3], text=row[4])
        for row in connection.execute(query, (run_id,))
    ]
