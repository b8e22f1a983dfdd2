"""Defaults and fixed inputs of every kind."""

import datetime
import typing
from dataclasses import dataclass
from enum import Enum

from sdk import LaunchPlan, task, workflow


@dataclass
class Row:
    a: int
    b: typing.List[str]


class Color(Enum):
    RED = "red"
    BLUE = "blue"


@task
def take(row: Row, color: Color, numbers: typing.List[int], names: typing.Dict[str, float]) -> int:
    return 1


@workflow
def flow(
    row: Row,
    color: Color = Color.RED,
    numbers: typing.List[int] = [1, 2],
    names: typing.Dict[str, float] = {"x": 1.5},
    when: datetime.datetime = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc),
    long: datetime.timedelta = datetime.timedelta(hours=1),
    either: typing.Union[int, str] = "x",
) -> int:
    return take(row=row, color=color, numbers=numbers, names=names)


plain = LaunchPlan.get_or_create(flow, name="plan_values.plain")
given = LaunchPlan.get_or_create(
    flow, name="plan_values.given", default_inputs={"row": Row(1, ["x"]), "color": Color.BLUE, "either": 3}
)
fixed = LaunchPlan.get_or_create(
    flow, name="plan_values.fixed", fixed_inputs={"row": Row(2, []), "numbers": [], "names": {"a": 2.0, "b": 1.0}}
)
