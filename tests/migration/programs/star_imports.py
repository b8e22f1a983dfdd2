"""Notebook habits: everything by star, more stars from submodules."""

from typing import List

from flytekit import *  # noqa: F403
from flytekit.types.file import *  # noqa: F403


@task  # noqa: F405
def shelf(books: int) -> List[str]:
    return [f"book {number}" for number in range(books)]


@task(requests=Resources(cpu="1"))  # noqa: F405
def store(titles: List[str]) -> FlyteFile:  # noqa: F405
    path = current_context().working_directory + "/titles.txt"  # noqa: F405
    with open(path, "w") as out:
        out.write(",".join(titles))
    return FlyteFile(path)  # noqa: F405


@workflow  # noqa: F405
def library(books: int) -> FlyteFile:  # noqa: F405
    return store(titles=shelf(books=books))


if __name__ == "__main__":
    with open(library(books=3)) as titles:
        print(titles.read())
