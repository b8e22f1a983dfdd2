"""``make demo``: run the workflow, show how it went, and what it found out."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table

from examples.flights.pipeline import Answers, Flight, Loss, data_file, delays
from fletching import FlyteFile, Runner
from fletching.cli.progress import progress


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="examples.flights", description=__doc__)
    parser.add_argument("--flights", metavar="FILE", help="a CSV, or a zip with one, instead of the flights of 2013")
    parser.add_argument("--flight", metavar="CARRIER,ORIGIN,HOUR", default="UA,EWR,17", help="a flight to forecast")
    options = parser.parse_args()
    carrier, origin, hour = options.flight.split(",")
    file = FlyteFile(options.flights) if options.flights else data_file("flights.csv.zip")
    flight = Flight(carrier, origin, int(hour))
    runner = Runner(name="flights")
    with progress():
        answers = runner.run(delays, flights=file, flight=flight)
    show(answers, flight)
    print("The code: examples/flights/pipeline.py. What ran: fletch runs show flights")


def show(answers: Answers, flight: Flight) -> None:
    """Print what the workflow found out."""
    console = Console()
    console.print()
    console.print(ranking("Carriers by minutes lost, the whole year", "carrier", answers.carriers))
    console.print(ranking("Hours by minutes lost per flight, in summer", "hour", answers.hours))
    bars = "".join(
        "▁▂▃▄▅▆▇█"[min(7, int(8 * each.minutes / max(1.0, *(one.minutes for one in answers.months))))]
        for each in answers.months
    )
    console.print(f"[bold]Minutes lost, month by month[/bold]  [cyan]{bars}[/cyan]", highlight=False)
    console.print(f"[bold]From {flight.origin} at {flight.hour}:00[/bold]", highlight=False)
    others = [loss.group for loss in answers.carriers if loss.group != flight.carrier]
    for carrier, told in zip([flight.carrier, *others], [answers.forecast, *answers.outlook], strict=False):
        console.print(f"  {carrier}: {told}", highlight=False)
    console.print()


def ranking(title: str, column: str, groups: list[Loss]) -> Table:
    """Return a table of groups, the worst first."""
    table = Table(title=title, title_justify="left")
    table.add_column(column)
    for name in ("flights", "minutes lost", "per flight"):
        table.add_column(name, justify="right")
    table.add_column("")
    worst = max((group.minutes for group in groups), default=1.0)
    for group in groups:
        bar = "█" * round(20 * group.minutes / worst)
        table.add_row(
            group.group, f"{group.flights:,}", f"{group.minutes:,.0f}", f"{group.mean:.1f}", f"[cyan]{bar}[/cyan]"
        )
    return table


if __name__ == "__main__":
    main()
