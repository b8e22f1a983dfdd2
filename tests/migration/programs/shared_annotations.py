"""Types with things beside them: Annotated with text, FlyteAnnotation, aliases of types, forward references."""

from __future__ import annotations

from typing import Annotated, Dict, List

from flytekit import task, workflow
from flytekit.core.annotation import FlyteAnnotation

Metres = Annotated[float, FlyteAnnotation({"unit": "m"})]
Route = List[Metres]
Table = Dict[str, Route]


@task
def legs(table: Table, name: str) -> Route:
    return table[name]


@task
def length(route: Route) -> Metres:
    return sum(route)


@task
def label(metres: Annotated[float, "how far"], name: str) -> str:
    return f"{name}: {metres:.1f} m"


@workflow
def measure(table: Table, name: str) -> str:
    return label(metres=length(route=legs(table=table, name=name)), name=name)


if __name__ == "__main__":
    print(measure(table={"ridge": [100.0, 20.5], "lake": [3.25]}, name="ridge"))
    print(length(route=[1.0, 2.0]))
