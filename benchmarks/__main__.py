"""``python -m benchmarks``: measure, print one table of ratios, and fail where something that must hold does not."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks import environments
from benchmarks.measure import everything, machine
from benchmarks.rows import Result, results

if TYPE_CHECKING:
    from collections.abc import Sequence


def main() -> int:
    """Return 1 if a must-hold ratio is missed."""
    parser = argparse.ArgumentParser(prog="make bench", description="Fletching beside flytekit and flyte, in one run.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--quick", action="store_true", help="three rounds, and no peer that is not installed yet")
    parser.add_argument("--rounds", type=int, default=9, help="how often each process is started (default 9)")
    options = parser.parse_args()
    peers = environments.peers(install_missing=not options.quick)
    alone, crowded = environments.core()
    console = Console(stderr=True)
    with console.status("measuring") as status:
        rounds = 3 if options.quick else options.rounds
        samples = everything(alone, crowded, peers, rounds, lambda text: status.update(f"measuring: {text}"))
    found = results(samples)
    about = machine()
    show(found, about)
    if options.json is not None:
        rows = [{**asdict(one), "holds": one.holds} for one in found]
        report = {"machine": about, "rows": rows, "samples": samples}
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    missed = [one for one in found if one.holds is False]
    for one in missed:
        print(
            f"bench: {one.row.workload}: ratio {number(one.ratio)}, must be at most {one.row.at_most}", file=sys.stderr
        )
    return 1 if missed else 0


def show(found: Sequence[Result], about: dict[str, object]) -> None:
    """Print the table, wide enough for every word even where the output is no terminal."""
    console = Console()
    console = Console(width=max(console.width, 132))
    table = Table(title=", ".join(f"{value}{' cores' if name == 'cores' else ''}" for name, value in about.items()))
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
            escape(one.row.workload),
            f"{number(one.ours)} {one.row.unit}",
            escape(one.row.beside),
            f"{number(one.theirs)} {one.row.unit}",
            number(one.ratio),
            "" if one.row.at_most is None else f"<= {one.row.at_most:g}",
            {None: "", True: "[green]ok[/]", False: "[bold red]NO[/]"}[one.holds],
        )
    console.print(table)


def number(value: float) -> str:
    """Return a number with three figures and without an exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.001 else f"{value:.6f}".rstrip("0")


if __name__ == "__main__":
    sys.exit(main())
