"""What the tests run on a backend: containers import it."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path

from fletching import FlyteDirectory, FlyteFile, LaunchPlan, conditional, task, workflow


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@task
def fail(a: int) -> int:
    raise ValueError(f"no {a}")


@task
def hang(a: int) -> int:
    Path(os.environ["STARTED"]).touch()
    time.sleep(600)
    return a


@task
def size(file: FlyteFile) -> int:
    with open(file) as opened:
        return len(opened.read())


@task
def sizes(folder: FlyteDirectory, files: dict[str, list[FlyteFile]], maybe: FlyteFile | None = None) -> dict[str, int]:
    found = {name: sum(len(Path(each).read_text()) for each in each_list) for name, each_list in files.items()}
    for path in sorted(Path(folder).rglob("*.txt")):
        found[path.relative_to(Path(folder)).as_posix()] = len(path.read_text())
    return found


@dataclass
class Report:
    text: FlyteFile
    pages: list[FlyteFile]
    folder: FlyteDirectory
    path: str


@task
def read(report: Report, others: list[Report]) -> list[str]:
    found = [Path(each).read_text() for each in (report.text, *report.pages)]
    found += [path.read_text() for path in sorted(Path(report.folder).rglob("*.txt"))]
    return [*found, report.path, *(Path(each.text).read_text() for each in others)]


@workflow
def inner(a: int) -> int:
    return add(a=fail(a=a))


@workflow
def broken(a: int) -> int:
    return inner(a=add(a=a))


@workflow
def flow(a: int = 3) -> tuple[int, int]:
    chosen = conditional("size").if_(a > 3).then(add(a=a)).else_().then(add(a=a, b=10))
    return chosen, add(a=chosen)


plan = LaunchPlan("plan_of_tests", flow, {"a": 5})


@task
async def later(a: int) -> int:
    await asyncio.sleep(0)
    return a + 1
