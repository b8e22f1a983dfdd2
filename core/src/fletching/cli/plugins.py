"""``fletch plugins``: what is installed, whether it works, and why a name means what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fletching.plugins import manager

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.table import Table

    from fletching.plugins import PluginInfo

__all__ = ["command", "misspelt", "print_table"]

WIDE = 240
"""The width of a table that goes to a file or a pipe."""
LEAST, GAP = 40, 3
"""Fewer characters than this make no column of reasons; and what stands between two columns."""


@click.group("plugins", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """List the installed plugins. Nothing of them is imported."""
    if context.invoked_subcommand is None:
        show_list(as_json)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def list_(as_json: bool) -> None:
    """List the installed plugins, as without a command."""
    show_list(as_json)


@command.command()
@click.argument("names", nargs=-1)
@click.option("--timeout", type=click.FloatRange(min=0.1), default=30.0, show_default=True, help="Seconds for each.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def doctor(names: tuple[str, ...], timeout: float, as_json: bool) -> None:
    """Load each plugin in a process of its own and tell what happened.

    NAMES limits it to these names or distributions. The exit code is 1 if a plugin that is not blocked cannot be used.
    """
    from fletching.cli.plugin_doctor import FINE, examine

    chosen = select(names, manager().entries(thorough=True))
    results = examine(chosen, timeout)
    if as_json:
        print_json([result._asdict() for result in results])
    elif not results:
        click.echo("no plugin is installed")
    else:
        print_table(
            ("name", "brings", "distribution", "version", "state", "seconds", "reason"),
            [
                (one.name, one.brings, one.distribution, one.version, one.state, seconds(one.seconds), one.reason)
                for one in results
            ],
        )
    if not all(one.state in FINE for one in results):
        raise SystemExit(1)


@command.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def why(name: str, as_json: bool) -> None:
    """Explain step by step what NAME means: a name of any kind, or a distribution.

    The exit code is 1 if nothing provides it, or what does cannot be used.
    """
    from fletching.cli.plugin_why import explain

    found = explain(manager(), name)
    if as_json:
        print_json([one._asdict() for one in found])
    else:
        for position, one in enumerate(found):
            click.echo(("\n" if position else "") + one.title)
            for number, step in enumerate(one.steps, 1):
                click.echo(f"  {number}. {step}")
            click.echo(f"  => {one.answer}")
    if not all(one.usable for one in found):
        raise SystemExit(1)


def show_list(as_json: bool) -> None:
    entries = manager().entries(thorough=True)
    for word in misspelt(manager().blocked.words, entries):
        click.echo(f"note: {word}", err=True)
    if as_json:
        print_json([{**one._asdict(), "brings": one.brings} for one in entries])
    elif not entries:
        click.echo("no plugin is installed")
    else:
        print_table(
            ("name", "brings", "distribution", "version", "state", "reason"),
            [(one.name, one.brings, one.distribution, one.version, one.state, one.reason) for one in entries],
        )


def misspelt(words: Iterable[str], entries: Iterable[PluginInfo]) -> list[str]:
    """Return what to say of blocked words that look like the name of something installed, and are none."""
    from fletching.blocking import normal
    from fletching.errors import close_match

    known = {name for one in entries for name in (one.name, one.distribution)}
    used = {normal(name) for name in known} | known | {"*"}
    hints = {word: close_match(word, known) for word in sorted(words) if word not in used and normal(word) not in used}
    return [
        f"FLETCHING_BLOCK switches off {word!r}, which is not installed{hint}" for word, hint in hints.items() if hint
    ]


def select(names: Sequence[str], entries: Iterable[PluginInfo]) -> list[PluginInfo]:
    """Return the entries of these names or distributions, all if none is given; a usage error if one is unknown."""
    from fletching.blocking import normal
    from fletching.errors import close_match

    entries = list(entries)
    known = {one.name for one in entries} | {one.distribution for one in entries}
    for name in names:
        if name not in known and normal(name) not in {normal(one) for one in known}:
            raise click.UsageError(f"nothing installed is called {name!r}{close_match(name, known)}")
    wanted = {normal(name) for name in names}
    return [one for one in entries if not names or one.name in names or normal(one.distribution) in wanted]


def seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def print_json(value: object) -> None:
    import json

    click.echo(json.dumps(value, indent=2))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table whose last column holds reasons; they stand below it where the terminal is too narrow for them."""
    import sys

    from rich.cells import cell_len
    from rich.console import Console
    from rich.text import Text

    console, rows = Console(width=None if sys.stdout.isatty() else WIDE), list(rows)
    others = [max(map(cell_len, cells)) for cells in list(zip(columns, *rows, strict=True))[:-1]]
    longest = max(cell_len(row[-1]) for row in rows)
    if console.width - sum(others) - GAP * len(others) >= min(longest, LEAST):
        console.print(_table(columns, rows))
        return
    console.print(_table(columns[:-1], [row[:-1] for row in rows]))
    source = columns.index("distribution")
    for row in rows:
        if row[-1]:
            console.print()
            console.print(Text(f"{row[0]} of {row[source]}: {row[-1]}"))


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    colours = {"ok": "green", "blocked": "yellow", "unused": "dim"}
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    state = columns.index("state")
    for row in rows:
        # Text, because a name in brackets would be taken for markup.
        table.add_row(
            *[Text(cell, style=colours.get(cell, "red") if at == state else "") for at, cell in enumerate(row)]
        )
    return table
