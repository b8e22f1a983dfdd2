"""Regions: a map over a launch plan, and over a task of a dataclass; lists of lists."""

from dataclasses import dataclass
from typing import List

from flytekit import LaunchPlan, map_task, task, workflow


@dataclass
class Region:
    name: str
    shops: int


@task
def revenue(region: Region) -> float:
    return region.shops * 12.5


@task
def stock(sizes: List[int]) -> int:
    return sum(sizes)


@task
def biggest(regions: List[Region], revenues: List[float]) -> str:
    best = max(range(len(regions)), key=lambda at: revenues[at])
    return f"{regions[best].name} with {revenues[best]}"


@workflow
def greet(name: str, times: int = 2) -> str:
    return repeat(name=name, times=times)


@task
def repeat(name: str, times: int) -> str:
    return " ".join([name] * times)


greeting = LaunchPlan.get_or_create(workflow=greet, name="greeting_plan", fixed_inputs={"times": 3})


@workflow
def everywhere(regions: List[Region]) -> str:
    return biggest(regions=regions, revenues=map_task(revenue)(region=regions))


@workflow
def stocks(shelves: List[List[int]]) -> List[int]:
    return map_task(stock, concurrency=1)(sizes=shelves)


@workflow
def greetings() -> List[str]:
    return map_task(greeting)(name=["hi", "ho"])


if __name__ == "__main__":
    print(everywhere(regions=[Region("north", 3), Region("south", 5)]))
    print(stocks(shelves=[[1, 2], [3]]))
    print(greetings())
