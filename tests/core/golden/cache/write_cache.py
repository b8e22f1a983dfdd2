"""Writes the cache beside this file: what a release left on disk, for the releases after it to read.

It was run once, with the code of commit 7ff8671, the last one whose cache was a single table:

    FLETCHING_HOME=made python -c "import write_cache; write_cache.write('made')"

`made/task-cache` is what is kept here, and `keys.json` the keys of its entries. Never run it again with later code: what
it wrote is the point.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from fletching import Cache, FlyteDirectory, FlyteFile, HashMethod, task

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS: list[str] = []
"""What really ran."""


class Pair(NamedTuple):
    total: int
    label: str


@dataclass
class Point:
    x: float
    names: list[str]


@task(cache=Cache(version="1"))
def add(a: int, b: int = 2) -> int:
    """Add."""
    RUNS.append("add")
    return a + b


@task(cache=Cache(version="pair-1.0"))
def pair(a: int) -> Pair:
    RUNS.append("pair")
    return Pair(a, f"<{a}>")


@task(cache=Cache(version="1"))
def nothing(text: str) -> None:
    RUNS.append("nothing")


@task(cache=Cache(version="1", ignored_inputs="verbose"))
def shift(point: Point, by: dict[str, float] | None, verbose: bool) -> Point:
    RUNS.append("shift")
    return Point(point.x + sum((by or {}).values()), [*point.names, "é"])


@task(cache=Cache(version="1"))
def lower(text: Annotated[str, HashMethod(str.casefold)]) -> list[str]:
    RUNS.append("lower")
    return [text.lower()] * 3000


@task(cache=Cache(version="1"))
def upper(source: FlyteFile, wait: timedelta) -> FlyteFile:
    RUNS.append("upper")
    target = Path(source).with_suffix(".upper")
    target.write_text(Path(source).read_text().upper())
    return FlyteFile(str(target))


@task(cache=Cache(version="1"))
def split(source: FlyteFile) -> FlyteDirectory:
    RUNS.append("split")
    folder = Path(source).with_suffix(".parts")
    (folder / "below").mkdir(parents=True)
    for number, line in enumerate(Path(source).read_text().splitlines()):
        (folder / "below" / f"{number}.txt").write_text(line)
    return FlyteDirectory(str(folder))


def calls(folder: Path) -> dict[str, tuple[Callable[..., Any], dict[str, Any]]]:
    """Return every call, with a file of the same content in whatever folder is given."""
    source = folder / "source.txt"
    source.write_text("one\ntwo\n")
    return {
        "add": (add, {"a": 1}),
        "pair": (pair, {"a": 3}),
        "nothing": (nothing, {"text": "x"}),
        "shift": (shift, {"point": Point(1.5, ["a"]), "by": {"k": 2.0}, "verbose": True}),
        "lower": (lower, {"text": "ABC"}),
        "upper": (upper, {"source": FlyteFile(str(source)), "wait": timedelta(seconds=3)}),
        "split": (split, {"source": FlyteFile(str(source))}),
    }


def write(home: str) -> None:
    """Make every call, into the cache of ``FLETCHING_HOME``, and write the keys beside it."""
    import sqlite3

    made = calls(Path(home))
    for call, inputs in made.values():
        call(**inputs)
    with sqlite3.connect(Path(home) / "task-cache" / "cache.db") as connection:
        keys = {task.rpartition(".")[2]: key for key, task in connection.execute("SELECT key, task FROM outputs")}
    connection.close()
    assert keys.keys() == made.keys()
    Path(home, "keys.json").write_text(json.dumps(keys, indent=2, sort_keys=True) + "\n")
