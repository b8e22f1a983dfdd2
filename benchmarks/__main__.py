"""``python -m benchmarks``: measure, print one table of ratios, and fail where something that must hold does not."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from benchmarks import environments
from benchmarks.measure import everything, machine
from benchmarks.report import markdown, number, show
from benchmarks.rows import results


def main() -> int:
    """Return 1 if a must-hold ratio is missed."""
    parser = argparse.ArgumentParser(prog="make bench", description="Fletching beside flytekit and flyte, in one run.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there for a page of the docs")
    parser.add_argument("--quick", action="store_true", help="three rounds, and no peer that is not installed yet")
    parser.add_argument("--rounds", type=int, default=9, help="how often each process is started (default 9)")
    options = parser.parse_args()
    peers = environments.peers(install_missing=not options.quick)
    ours = environments.ours()
    console = Console(stderr=True)
    with console.status("measuring") as status:
        rounds = 3 if options.quick else options.rounds
        samples = everything(ours, peers, rounds, lambda text: status.update(f"measuring: {text}"))
    found = results(samples)
    about = machine()
    show(found, about)
    if options.json is not None:
        rows = [{**asdict(one), "holds": one.holds} for one in found]
        report = {"machine": about, "rows": rows, "samples": samples}
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    if options.markdown is not None:
        options.markdown.write_text(markdown(found, about))
    missed = [one for one in found if one.holds is False]
    for one in missed:
        print(
            f"bench: {one.row.workload}: ratio {number(one.ratio)}, must be at most {one.row.at_most}", file=sys.stderr
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
