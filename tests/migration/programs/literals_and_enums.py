"""Choices: enums given as members, Literal types, enums in dataclasses, lists and as dictionary values."""

from dataclasses import dataclass
from enum import Enum
from typing import Dict, List, Literal

from flytekit import task, workflow


class Crop(Enum):
    WHEAT = "wheat"
    RYE = "rye"
    OATS = "oats"


@dataclass
class Field:
    name: str
    crop: Crop = Crop.RYE


@task
def rotate(crop: Crop) -> Crop:
    crops = list(Crop)
    return crops[(crops.index(crop) + 1) % len(crops)]


@task
def sow(names: List[str], crop: Crop) -> List[Field]:
    return [Field(name=name, crop=crop) for name in names]


@task
def counts(fields: List[Field], order: Literal["up", "down"] = "up") -> Dict[str, int]:
    found: Dict[str, int] = {}
    for one in sorted(fields, key=lambda each: each.name, reverse=order == "down"):
        found[one.crop.value] = found.get(one.crop.value, 0) + 1
    return found


@task
def all_crops(crops: List[Crop]) -> str:
    return "+".join(crop.name for crop in crops)


@workflow
def season(names: List[str], crop: Crop = Crop.WHEAT) -> Dict[str, int]:
    return counts(fields=sow(names=names, crop=rotate(crop=crop)), order="down")


if __name__ == "__main__":
    print(season(names=["a", "b"]), season(names=["c"], crop=Crop.OATS))
    print(rotate(crop=Crop.RYE), all_crops(crops=[Crop.RYE, Crop.OATS]))
    print(Field("d"))
