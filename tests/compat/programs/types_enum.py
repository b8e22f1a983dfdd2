"""Enums as inputs, outputs, constants and defaults."""

import typing
from enum import Enum

from sdk import task, workflow


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Text(str, Enum):
    ONE = "one"
    TWO = "two"


@task
def paint(color: Color, text: Text = Text.ONE, colors: typing.Optional[typing.List[Color]] = None) -> Color:
    return color


@workflow
def flow(color: Color, other: Color = Color.RED) -> Color:
    paint(color=Color.BLUE)
    paint(color=other, text=Text.TWO)
    return paint(color=paint(color=color), colors=[Color.RED])
