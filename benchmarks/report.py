"""The table of a run, for a terminal and for a page of documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.rows import Result


def show(found: Sequence[Result], about: dict[str, object]) -> None:
    """Print the table, wide enough for every word even where the output is no terminal."""
    console = Console()
    console = Console(width=max(console.width, 132))
    table = Table(title=machine_line(about))
    table.add_column("workload")
    table.add_column("ours", justify="right")
    table.add_column("beside")
    table.add_column("theirs", justify="right")
    table.add_column("ratio", justify="right")
    table.add_column("must hold", justify="right")
    table.add_column("")
    informative = False
    for one in found:
        if one.holds is None and not informative:
            informative = True
            table.add_section()
        table.add_row(
            *map(escape, cells(one)),
            {None: "", True: "[green]ok[/]", False: "[bold red]NO[/]"}[one.holds],
        )
    console.print(table)


def markdown(found: Sequence[Result], about: dict[str, object]) -> str:
    """Return the same as a page of documentation shows it: what must hold, and the rest."""
    head = "| workload | ours | beside | theirs | ratio | must hold |\n|---|---:|---|---:|---:|---:|"
    tables = []
    for required in (True, False):
        rows = [cells(one) for one in found if (one.holds is not None) is required]
        tables.append("\n".join([head, *(f"| {' | '.join(row)} |" for row in rows)]))
    return f"{machine_line(about)}\n\n" + "\n\n".join(tables) + "\n"


def machine_line(about: dict[str, object]) -> str:
    return f"{about['python']}, {about['system']}, {about['processor']}, {about['cores']} cores"


def cells(one: Result) -> list[str]:
    row = one.row
    ours, theirs = (f"{number(value)} {row.unit}".strip() for value in (one.ours, one.theirs))
    must = "" if row.at_most is None else f"<= {row.at_most:g}"
    return [row.workload, ours, row.beside, theirs, number(one.ratio), must]


def number(value: float) -> str:
    """Return a number with three figures and without an exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.001 else f"{value:.6f}".rstrip("0")
