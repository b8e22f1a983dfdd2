"""Which nodes of two runs differ, and in what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from fletching.cli.progress_model import short_name
from fletching.cli.runs_text import print_columns, seconds_text, status_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fletching.run.store import RunStore
    from fletching.run.store_records import NodeRecord, RunRecord

__all__ = ["compare", "print_differences"]

ASPECTS = ("task", "code", "inputs", "outputs", "status")
"""In what two nodes may differ."""


def compare(store: RunStore, one: str, other: str) -> dict[str, Any]:
    """Return what differs between two runs, as JSON-like data."""
    runs = store.run(one), store.run(other)
    first, second = ({node.path: node for node in store.nodes(run.id)} for run in runs)
    nodes = []
    for path in [*first, *(path for path in second if path not in first)]:
        pair = first.get(path), second.get(path)
        if path:
            nodes.append({"path": path, **_node(*pair)})
    return {
        "runs": [run.id for run in runs],
        "differs": [each for each in ("entity", *ASPECTS[1:], "options") if _of(runs[0], each) != _of(runs[1], each)],
        "ratio": _ratio(*runs),
        "nodes": nodes,
    }


def _of(run: RunRecord, aspect: str) -> Any:
    return getattr(run, aspect)


def _node(one: NodeRecord | None, other: NodeRecord | None) -> dict[str, Any]:
    if one is None or other is None:
        found = one if one is not None else other
        assert found is not None, "a path comes from one of them"
        return {"task": found.task, "only": 1 if other is None else 2, "differs": [], "ratio": None}
    differs = []
    for aspect in ASPECTS:
        mine, its = getattr(one, aspect), getattr(other, aspect)
        if aspect == "status":
            # How it was come by is no difference in what it is.
            mine, its = _ended(mine), _ended(its)
        if mine != its:
            differs.append(aspect)
    took = [seconds_text(node.started, node.ended) for node in (one, other)]
    return {
        "task": other.task,
        "only": None,
        "differs": differs,
        "status": [one.status, other.status],
        "took": took,
        "ratio": _ratio(one, other),
    }


def _ended(status: str) -> str:
    return "succeeded" if status in ("cached", "recovered") else status


def _ratio(one: RunRecord | NodeRecord, other: RunRecord | NodeRecord) -> float | None:
    """Return how many times longer the second took."""
    times = one.started, one.ended, other.started, other.ended
    if None in times:
        return None
    first, second = one.ended - one.started, other.ended - other.started  # type: ignore[operator]
    return round(second / first, 3) if first > 0 else None


def print_differences(found: Mapping[str, Any], *, whole: bool) -> None:
    """Print what `compare` found."""
    one, other = found["runs"]
    for each in found["differs"]:
        click.echo(f"the runs differ in {each}")
    rows = [("node", "task", "differs in", "status", "took", "times")]
    same = 0
    for node in found["nodes"]:
        if node["only"] is not None:
            rows.append((node["path"], _short(node), f"only in {(one, other)[node['only'] - 1]}", "", "", ""))
            continue
        if not node["differs"]:
            same += 1
            if not whole:
                continue
        before, after = node["status"]
        status = status_text(after) if before == after else f"{status_text(before)} -> {status_text(after)}"
        ratio = "" if node["ratio"] is None else f"{node['ratio']:.2f}"
        rows.append((node["path"], _short(node), ", ".join(node["differs"]), status, " -> ".join(node["took"]), ratio))
    if len(rows) > 1:
        print_columns(rows)
    total = len(found["nodes"])
    click.echo(f"{total - same} of {total} nodes differ" if total else "they have no nodes")
    if found["ratio"] is not None:
        click.echo(f"the second took {found['ratio']:.2f} times as long")


def _short(node: Mapping[str, Any]) -> str:
    return short_name(str(node["task"]))
