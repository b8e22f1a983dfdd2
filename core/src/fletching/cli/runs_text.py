"""Runs and their nodes as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from fletching.cli.progress_model import short_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fletching.run.store_records import EventRecord, NodeRecord, RunRecord

__all__ = ["json_of", "print_columns", "print_json", "print_run", "print_runs", "seconds_text", "status_text"]

COLOURS = {
    "succeeded": "green",
    "cached": "cyan",
    "recovered": "cyan",
    "running": "blue",
    "failed": "red",
    "lost": "red",
    "cancelled": "yellow",
    "skipped": "bright_black",
}
LONG = 120
"""A longer value or error is cut where one line is shown."""


def json_of(record: Any) -> dict[str, Any]:
    """Return a record as JSON-like data."""
    from dataclasses import fields

    found = {each.name: getattr(record, each.name) for each in fields(record)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


def print_json(value: object) -> None:
    """Print JSON."""
    import json

    click.echo(json.dumps(value, indent=2))


def print_columns(rows: Sequence[Sequence[str]]) -> None:
    """Print rows, the first of them as a head, in columns; rich would take longer to load than all the rest."""
    # A blank column, such as the names where no run has one, would only take room.
    kept = [at for at, cells in enumerate(zip(*rows, strict=True)) if any(map(click.unstyle, cells[1:]))]
    widths = {at: max(len(click.unstyle(row[at])) for row in rows) for at in kept}
    for number, row in enumerate(rows):
        cells = [row[at] + " " * (widths[at] - len(click.unstyle(row[at]))) for at in kept]
        line = "  ".join(cells).rstrip()
        click.echo(click.style(line, bold=True) if number == 0 else line)


def print_runs(runs: Sequence[RunRecord]) -> None:
    """Print a table of runs."""
    head = ("id", "name", "entity", "status", "started", "took", "tags", "error")
    print_columns([head, *map(_columns, runs)])


def _columns(run: RunRecord) -> tuple[str, ...]:
    return (
        run.id,
        run.name,
        run.entity,
        status_text(run.status),
        moment(run.started),
        seconds_text(run.started, run.ended),
        ",".join(run.tags),
        one_line(run.error, 60),
    )


def print_run(
    run: RunRecord, nodes: Sequence[NodeRecord], events: Sequence[EventRecord], inputs: Mapping[str, Any] | None
) -> None:
    """Print a run as a tree of its nodes."""
    took = seconds_text(run.started, run.ended)
    head = f"{run.id}  {run.entity}  {status_text(run.status)}" + (f" after {took}" if took else "")
    click.echo(head)
    told = {
        "name": run.name,
        "tags": ", ".join(run.tags),
        "started": moment(run.started),
        "source": " ".join(filter(None, (run.source, run.variable))),
        "inputs": one_line(_words(inputs)) if inputs else "",
        "recovered from": run.recovered_from,
        "process": str(run.pid) if run.status in ("running", "lost") else "",
        "error": run.error,
    }
    for name, text in told.items():
        if text:
            click.echo(f"  {name}: " + text.replace("\n", "\n    "))
    for event in events:
        click.echo(f"  {event.kind} {event.path}: {one_line(event.text)}".rstrip(": "))
    rows = [("node", "task", "status", "attempts", "took", "cache", "error")]
    for lead, node in _tree(nodes):
        rows.append(
            (
                lead + node.path,
                short_name(node.task),
                status_text(node.status),
                str(node.attempts) if node.attempts > 1 else "",
                seconds_text(node.started, node.ended),
                node.cache_state if node.cache_state != "off" else "",
                one_line(node.error, 60),
            )
        )
    if len(rows) > 1:
        click.echo()
        print_columns(rows)


def _words(values: Mapping[str, Any]) -> str:
    import json

    return ", ".join(f"{name}={json.dumps(value)}" for name, value in values.items())


def _tree(nodes: Sequence[NodeRecord]) -> Iterator[tuple[str, NodeRecord]]:
    """Tell each node below its parent, and the lines in front of it; the top itself is the head."""
    known = {node.path for node in nodes}
    below: dict[str, list[NodeRecord]] = {}
    for node in nodes:
        if node.path:
            below.setdefault(node.parent if node.parent in known else "", []).append(node)

    # A stack and no recursion: dynamic tasks may stand inside each other very deeply.
    waiting = [("", "", node) for node in reversed(below.get("", []))]
    while waiting:
        lead, indent, node = waiting.pop()
        yield lead, node
        inner = below.get(node.path, [])
        for at, one in reversed(list(enumerate(inner))):
            last = at == len(inner) - 1
            waiting.append((indent + ("└─ " if last else "├─ "), indent + ("   " if last else "│  "), one))


def status_text(status: str) -> str:
    """Return a status in its colour."""
    return click.style(status, fg=COLOURS[status]) if status in COLOURS else status


def seconds_text(started: float | None, ended: float | None) -> str:
    """Return how long something took, for people."""
    if started is None or ended is None:
        return ""
    seconds = max(0.0, ended - started)
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 60:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def moment(at: float) -> str:
    """Return a time as the clock on the wall shows it."""
    import time

    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def one_line(text: str, longest: int = LONG) -> str:
    """Return the first line, cut if it is long."""
    line = text.partition("\n")[0]
    return line if len(line) <= longest else line[: longest - 1] + "…"
