"""Rows one at a time: an Iterator of JSON rows, read by the next task."""

from typing import Dict, Iterator

from flytekit import task, workflow
from flytekit.types.iterator import JSON


@task
def rows(count: int) -> Iterator[JSON]:
    for number in range(count):
        yield {"number": number, "square": number * number}


@task
def total(found: Iterator[JSON]) -> int:
    return sum(row["square"] for row in found)


@workflow
def squares(count: int) -> int:
    return total(found=rows(count=count))


if __name__ == "__main__":
    print(squares(count=4))
