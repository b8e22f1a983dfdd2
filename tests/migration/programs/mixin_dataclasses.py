"""Dataclasses as libraries make them: frozen, inheritance, defaults, generics of containers, a mashumaro mixin."""

from dataclasses import dataclass, field
from typing import Dict, List, Optional, Tuple

from flytekit import task, workflow
from mashumaro.mixins.json import DataClassJSONMixin


@dataclass
class Shape(DataClassJSONMixin):
    name: str
    sides: int = 4


@dataclass
class Box(Shape):
    size: List[float] = field(default_factory=lambda: [1.0, 1.0])


@dataclass
class Stack(DataClassJSONMixin):
    boxes: Dict[str, Box]
    note: Optional[str] = None
    order: List[Tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Point:
    x: int
    y: int = 0


@task
def pile(names: List[str]) -> Stack:
    boxes = {name: Box(name, size=[number + 1.0, 2.0]) for number, name in enumerate(names)}
    return Stack(boxes=boxes, order=[(name, number) for number, name in enumerate(names)])


@task
def volume(stack: Stack) -> float:
    return sum(box.size[0] * box.size[1] for box in stack.boxes.values())


@task
def moved(point: Point, by: int) -> Point:
    return Point(point.x + by, point.y - by)


@workflow
def yard(names: List[str]) -> (Stack, float):
    stack = pile(names=names)
    return stack, volume(stack=stack)


if __name__ == "__main__":
    stack, space = yard(names=["a", "b"])
    print(stack.boxes["b"], stack.note, space)
    print([tuple(pair) for pair in stack.order])
    print(moved(point=Point(1), by=2))
    print(stack.to_json() == pile(names=["a", "b"]).to_json())
