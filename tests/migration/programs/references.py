"""What lives elsewhere: reference tasks, workflows and launch plans, mocked in a workflow."""

import typing

from flytekit import (
    TaskReference,
    reference_launch_plan,
    reference_task,
    reference_workflow,
    task,
    workflow,
)
from flytekit.core.testing import task_mock


@reference_task(project="geo", domain="staging", name="geo.lookup", version="3")
def lookup(place: str) -> typing.List[float]: ...


@reference_workflow(project="geo", domain="staging", name="geo.distance", version="3")
def distance(start: typing.List[float], end: typing.List[float]) -> float:
    return 0.0


@reference_launch_plan(project="geo", domain="staging", name="geo.fare", version="2")
def fare(kilometres: float) -> float: ...


@task
def rounded(value: float) -> int:
    return int(round(value))


@workflow
def trip(start: str, end: str) -> int:
    length = distance(start=lookup(place=start), end=lookup(place=end))
    return rounded(value=fare(kilometres=length))


if __name__ == "__main__":
    with task_mock(lookup) as place, task_mock(distance) as length, task_mock(fare) as price:
        place.side_effect = lambda place: [float(len(place)), 1.0]
        length.side_effect = lambda start, end: abs(start[0] - end[0])
        price.return_value = 41.7
        print(trip(start="Oslo", end="Trondheim"), place.call_count)
    print(lookup.reference.name, lookup.reference.version, fare.id.project)
    print(TaskReference("a", "b", "c", "d") == TaskReference("a", "b", "c", "d"))
