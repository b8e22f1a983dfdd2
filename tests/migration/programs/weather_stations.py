"""Daily means of weather stations: dataclasses, lists and dicts of them, a workflow."""

from dataclasses import dataclass, field
from typing import Dict, List

from flytekit import Resources, task, workflow


@dataclass
class Reading:
    station: str
    celsius: float
    hour: int = 0


@dataclass
class DayReport:
    mean: float
    warmest: Reading
    by_station: Dict[str, float] = field(default_factory=dict)


@task(requests=Resources(cpu="200m", mem="128Mi"), limits=Resources(cpu="1", mem="256Mi"))
def collect(stations: List[str], base: float) -> List[Reading]:
    return [
        Reading(station=name, celsius=base + number * 1.5 + hour / 10, hour=hour)
        for number, name in enumerate(stations)
        for hour in (6, 12)
    ]


@task(retries=3, interruptible=True)
def summarize(readings: List[Reading]) -> DayReport:
    sums: Dict[str, List[float]] = {}
    for reading in readings:
        sums.setdefault(reading.station, []).append(reading.celsius)
    return DayReport(
        mean=round(sum(r.celsius for r in readings) / len(readings), 3),
        warmest=max(readings, key=lambda r: r.celsius),
        by_station={name: round(sum(values) / len(values), 3) for name, values in sums.items()},
    )


@task
def headline(report: DayReport, unit: str = "C") -> str:
    warmest = report.warmest
    return f"mean {report.mean}{unit}, warmest {warmest.station} at {warmest.hour}h with {warmest.celsius}{unit}"


@workflow
def daily(stations: List[str], base: float = 11.0) -> str:
    readings = collect(stations=stations, base=base)
    return headline(report=summarize(readings=readings))


if __name__ == "__main__":
    print(daily(stations=["harbour", "hill", "airport"]))
    print(daily(stations=["harbour"], base=-3.0))
    print(summarize(readings=[Reading("lake", 4.5), Reading("lake", 5.5, 3)]))
