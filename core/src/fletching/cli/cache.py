"""``fletch cache``: what the cache holds, making it smaller, and why a call was found in it or was not."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fletching.run.cache_prune import Removed
    from fletching.run.cache_rows import StoredEntry
    from fletching.run.cache_why import Explanation

__all__ = ["command"]

WIDE = 240
"""The width of a table that goes to a file or a pipe."""
SHORT = 12
"""Characters of a key or a digest that are shown to people."""
UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


class Size(click.ParamType[int]):
    """Bytes: ``500MB``, ``1GiB``, ``0``."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the bytes."""
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]i?|)b?\s*", str(value), re.IGNORECASE | re.ASCII)
        if match is None:
            self.fail(f"{value!r} is not a size; write for example '500MB', '1GB' or '1GiB'", param, ctx)
        return round(float(match[1]) * UNITS[match[2].lower()])


class Age(click.ParamType[float]):
    """A span of time: ``7d``, ``12h``, ``30m``; in seconds."""

    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds."""
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*", str(value), re.IGNORECASE | re.ASCII)
        if match is None:
            self.fail(f"{value!r} is not an age; write for example '7d', '12h' or '30m'", param, ctx)
        return float(match[1]) * SECONDS[match[2].lower()]


@click.group("cache")
def command() -> None:
    """List, prune, clear and explain the cache of this user."""


@command.command("list")
@click.option("--task", metavar="NAME", help="Only entries of this task: its full name, or the last part.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def list_(task: str | None, as_json: bool) -> None:
    """List the entries, the last used first."""
    from fletching.run.cache_prune import entries

    with _told():
        found = [one for one in entries() if task in (None, one.task, one.task.rpartition(".")[2])]
    if as_json:
        _print_json([_plain(one) for one in found])
    elif not found:
        click.echo("the cache is empty" if task is None else f"the cache holds nothing of task {task!r}")
    else:
        _print_table(
            ("key", "task", "version", "size", "made", "used"),
            [
                (one.key[:SHORT], one.task, one.version[:SHORT], _size(one.size), _moment(one.made), _moment(one.used))
                for one in found
            ],
        )


@command.command()
@click.option("--max-size", type=Size(), help="Then remove the least recently used until this much is left: 1GB.")
@click.option("--older-than", type=Age(), help="Remove what was not used for this long: 7d, 12h, 30m.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def prune(max_size: int | None, older_than: float | None, as_json: bool) -> None:
    """Make the cache smaller. Files that no entry names, and locks that nobody holds, go as well."""
    from fletching.run import cache_prune

    if max_size is None and older_than is None:
        raise click.UsageError("say what is to go: --max-size 1GB, --older-than 7d, or both")
    with _told():
        removed = cache_prune.prune(max_size=max_size, older_than=older_than)
    _tell(removed, as_json)


@command.command()
@click.option("--task", metavar="NAME", help="Only entries of this task: its full name, or the last part.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def clear(task: str | None, as_json: bool) -> None:
    """Forget every entry, or those of one task."""
    from fletching.errors import close_match
    from fletching.run import cache_prune

    with _told():
        if task is None:
            _tell(cache_prune.clear(), as_json)
            return
        known = {one.task for one in cache_prune.entries()}
        meant = {name for name in known if task in (name, name.rpartition(".")[2])}
        if not meant:
            close = close_match(task, known) or close_match(task, {name.rpartition(".")[2] for name in known})
            raise click.UsageError(f"the cache holds nothing of task {task!r}{close}")
        _tell(cache_prune.clear(*meant), as_json)


@command.command()
@click.argument("run")
@click.argument("node")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def why(run: str, node: str, as_json: bool) -> None:
    """Explain why NODE of RUN was found in the cache, or was not.

    RUN is the id of a run, or the name or 'last'; NODE is a path such as n0 or n2/dn1. What a call's key was made of
    is compared with the entry of the same task that comes nearest to it.
    """
    from fletching.run.cache_why import explain
    from fletching.run.store import RunStore, node_cache_record

    with RunStore() as store:
        run = store.find(run)
    record = node_cache_record(run, node)
    if record is None:
        raise click.UsageError(f"run {run!r} has no node {node!r}; 'fletch runs show {run}' lists those it has")
    if record["state"] == "off" or not record["key"]:
        if as_json:
            _print_json({"run": run, "node": node, "task": record["task"], "state": "off"})
        else:
            click.echo(f"{node}, task {record['task']}: the cache had no part in it")
        return
    with _told():
        found = explain(record["ingredients"], record["key"], state=record["state"], at=record["at"])
    if as_json:
        _print_json({"run": run, "node": node, **_plain_explanation(record["task"], record["state"], found)})
    else:
        click.echo(f"{node}, task {record['task']}: {'hit' if record['state'] == 'hit' else 'miss'}")
        _explain(found)


def _explain(found: Explanation) -> None:
    entry = found.entry
    if entry is None:
        click.echo("  nothing of this task was in the cache")
        return
    name = f"entry {entry.key[:SHORT]}"
    if found.verdict == "hit":
        click.echo(f"  {name}, made {_moment(entry.made)}, last used {_moment(entry.used)}, {_size(entry.size)}")
    elif found.verdict == "lost":
        because = entry.lost or "it is not in the cache any more"
        click.echo(
            f"  {name} is of the same call, but {because}" + (f" ({_moment(entry.lost_at)})" if entry.lost_at else "")
        )
    else:
        count = f"the nearest of {found.compared}" if found.compared > 1 else "the only one of this task"
        gone = "" if entry.held else f"; {entry.lost or 'it is not in the cache any more'}"
        click.echo(f"  {name}, {count}, made {_moment(entry.made)}{gone}, differs in")
        rows = [(one.ingredient, _digest(one.here), _digest(one.stored)) for one in found.differences]
        _print_table(("ingredient", "here", "stored"), rows)


def _digest(text: str | None) -> str:
    if text is None:
        return "-"
    return text[:SHORT] if re.fullmatch("[0-9a-f]{32,}", text) else text


def _plain_explanation(task: str, state: str, found: Explanation) -> dict[str, Any]:
    return {
        "task": task,
        "state": state,
        "verdict": found.verdict,
        "key": found.key,
        "entry": None if found.entry is None else _plain(found.entry),
        "differences": [
            {"ingredient": one.ingredient, "here": one.here, "stored": one.stored} for one in found.differences
        ],
    }


def _plain(entry: StoredEntry) -> dict[str, Any]:
    return {
        "key": entry.key,
        "task": entry.task,
        "version": entry.version,
        "size": entry.size,
        "made": entry.made,
        "used": entry.used,
        "ingredients": dict(entry.ingredients),
        "lost": entry.lost,
    }


def _tell(removed: Removed, as_json: bool) -> None:
    if as_json:
        _print_json(removed._asdict())
        return
    more = [_count(removed.strays, "unused file"), _count(removed.locks, "lock")]
    also = ", ".join(one for one in more if not one.startswith("0 "))
    click.echo(
        f"removed {_count(removed.entries, 'entry')} ({_size(removed.size)})"
        + (f", {also}" if also else "")
        + f"; {_count(removed.left, 'entry')} ({_size(removed.left_size)}) left"
    )


@contextmanager
def _told() -> Iterator[None]:
    """Say in one line why the cache cannot be used."""
    import sqlite3

    from fletching.run.cache_store import NewerCacheError

    try:
        yield
    except (OSError, sqlite3.Error, NewerCacheError) as error:
        hint = "; FLETCHING_HOME chooses another folder" if isinstance(error, OSError) else ""
        click.echo(f"error: the cache cannot be used: {error}{hint}", err=True)
        raise SystemExit(1) from error


def _count(number: int, word: str) -> str:
    many = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"{number} {word if number == 1 else many}"


def _size(count: int) -> str:
    size, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while size >= 999.5 and len(units) > 1:
        size, units = size / 1000, units[1:]
    return f"{size:.0f} {units[0]}" if units[0] == "B" or size >= 100 else f"{size:.1f} {units[0]}"


def _moment(seconds: float) -> str:
    from datetime import datetime

    return datetime.fromtimestamp(seconds).isoformat(" ", "seconds")


def _print_json(value: object) -> None:
    import json

    click.echo(json.dumps(value, indent=2))


def _print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    import sys

    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column == "size" else "left")
    for row in rows:
        table.add_row(*map(Text, row))  # Text, because a name in brackets would be taken for markup
    Console(width=None if sys.stdout.isatty() else WIDE).print(table)
