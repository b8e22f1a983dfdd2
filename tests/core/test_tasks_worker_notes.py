"""What an error from a worker process says of where it was raised."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from fletching import task
from fletching.errors import ConversionError


@dataclass
class Point:
    x: int


@task(timeout=30)
def move(point: Point) -> Point:
    return point


def test_a_wrong_value_is_told_without_the_frames_of_ours() -> None:
    with pytest.raises(ConversionError) as caught:
        move(Point("far"))  # type: ignore[arg-type]
    assert str(caught.value) == "move: argument 'point' at point.x: expected int, got str 'far'"
    assert getattr(caught.value, "__notes__", []) == []
