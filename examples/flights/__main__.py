"""``make demo``: run the pipeline, show its answers, and tell how long each task took."""

from __future__ import annotations

import argparse
import time

from rich.console import Console
from rich.table import Table

from examples.flights.pipeline import (
    Flight,
    Loss,
    Measure,
    data_file,
    departures,
    forecast,
    history,
    losses,
    question,
    rank,
    unpack,
)
from fletching import FlyteFile
from fletching.extend import Event, observe


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="examples.flights", description=__doc__)
    parser.add_argument("--flights", metavar="FILE", help="a CSV, or a zip with one, instead of the flights of 2013")
    parser.add_argument("--flight", metavar="CARRIER,ORIGIN,HOUR", default="UA,EWR,17", help="a flight to forecast")
    parser.add_argument("--picture", metavar="FILE", help="also write what is shown to an SVG file")
    options = parser.parse_args()
    carrier, origin, hour = options.flight.split(",")

    console = Console(record=bool(options.picture), width=100 if options.picture else None)
    events: list[Event] = []
    started = time.perf_counter()
    with observe(events.append):
        source = FlyteFile(options.flights) if options.flights else data_file("flights.csv.zip")
        file = unpack(source) if str(source.path).endswith(".zip") else source
        flights = departures(file)
        carriers = rank(losses(flights, by="carrier", first=1, last=12), top=6)
        hours = rank(losses(flights, by="hour", first=6, last=8), by=Measure.MEAN, top=6)
        flight = question(Flight(carrier, origin, int(hour)))
        answer = forecast(flight, history(flights, flight.carrier, flight.origin, flight.hour))
    seconds = time.perf_counter() - started

    console.print()
    console.print(ranking("Carriers by minutes lost, the whole year", "carrier", carriers))
    console.print(ranking("Hours by minutes lost per flight, in summer", "hour", hours))
    asked = f"{flight.carrier} from {flight.origin} at {flight.hour}:00"
    console.print(f"[bold]{asked}[/bold]: {answer}\n", highlight=False)
    console.print(timings(events))
    console.print(
        f"all in {seconds:.2f} s. The code is examples/flights/pipeline.py; next: docs/tutorial/index.md",
        highlight=False,
    )
    if options.picture:
        console.save_svg(options.picture, title="make demo")


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


def timings(events: list[Event]) -> Table:
    """Return how long each call took, in the order they were made."""
    table = Table("task", "took", title="What ran", title_justify="left")
    for event in events:
        if event.kind in ("finished", "cached"):
            took = "from the cache" if event.kind == "cached" else f"{event.seconds * 1000:,.1f} ms"
            table.add_row(event.task.rpartition(".")[2], took)
    return table


if __name__ == "__main__":
    main()
