"""What is compared with what, and what must hold."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.measure import Samples


@dataclass(frozen=True)
class Row:
    """One comparison."""

    workload: str
    unit: str
    ours: str
    """Name of our samples."""
    beside: str
    """What stands beside them, for the reader."""
    theirs: str | float
    """Name of its samples, or a fixed limit."""
    at_most: float | None = None
    """The ratio that must hold."""


@dataclass(frozen=True)
class Result:
    """A row with its figures."""

    row: Row
    ours: float
    theirs: float
    ratio: float

    @property
    def holds(self) -> bool | None:
        return None if self.row.at_most is None else self.ratio <= self.row.at_most


FIRST = "first result of a process"
MUST_HOLD = (
    Row(FIRST, "ms", "first result", "import flyte 2.12.1", "import flyte 2.12.1", 0.5),
    Row(FIRST, "ms", "first result", "import flytekit 1.16.31", "import flytekit 1.16.31", 0.06),
    Row(FIRST, "ms", "first result", "import flytekit 1.15.4", "import flytekit 1.15.4", 0.06),
    Row("call add(a=1, b=2)", "us", "fletching call", "signature.bind(a=1, b=2)", "fletching call.1", 0.75),
    Row("list[int] in and out, an element", "us", "fletching list", "limit", 0.1, 1),
    Row("dataclass in and out", "us", "fletching dataclass", "limit", 5, 1),
    Row("to_literal of 50,000 ints, each", "us", "fletching to_literal", "raw protobuf", "fletching to_literal.1", 1.5),
    Row("to_python of 50,000 ints, each", "us", "fletching to_python", "raw protobuf", "fletching to_python.1", 1.5),
    Row("list 200 plugins of 1,000 distributions", "ms", "listing", "limit", 1, 1),
    Row("plugins imported by a call of one task type", "", "plugins imported", "limit", 1, 1),
    Row("distributions installed", "", "fletching distributions", "limit", 16, 1),
    Row("installed size", "MB", "fletching megabytes", "limit", 25, 1),
    Row("fletch --help with 50 plugins", "ms", "help", "1.5 x import click + 60", "help limit", 1),
)
PEERS = ("flytekit 1.15.4", "flytekit 1.16.31", "flyte 2.12.1")
INSIDE = {
    "call": "call add(a=1, b=2)",
    "chain": "chain of 10 calls, a call",
    "async": "async call",
    "list": "list[int] in and out, an element",
    "dict": "dict[str, int] in, an element",
    "dataclass": "dataclass in and out",
    "to_literal": "to_literal of a list, an int",
    "to_python": "to_python of a list, an int",
    "define": "define a task",
    "cached": "cached hit",
    "retried": "call of a task with retries",
    "serialize": "serialize a task's template",
}


def rows() -> Iterator[Row]:
    """Yield what must hold, then what is only good to know."""
    yield from MUST_HOLD
    yield Row(FIRST, "ms", "first result", "python -c pass", "bare")
    yield Row(FIRST, "ms", "first result", "import pluggy", "import pluggy")
    yield Row(
        "the same, no bytecode and no index", "ms", "first run", "import flyte 2.12.1", "first import flyte 2.12.1"
    )
    for peer in PEERS:
        yield Row("modules loaded", "", "first result, modules", f"import {peer}", f"import {peer}, modules")
    yield Row("call add(a=1, b=2)", "us", "fletching call", "the bare function", "fletching call.2")
    for name, title in INSIDE.items():
        for peer in PEERS:
            yield Row(title, "us", f"fletching {name}", peer, f"{peer} {name}")
    yield Row("list plugins with their states", "ms", "listing with states", "importlib.metadata", "importlib.metadata")
    yield Row("list plugins, no index yet", "ms", "listing without index", "importlib.metadata", "importlib.metadata")
    for peer in PEERS:
        yield Row("distributions installed", "", "fletching distributions", peer, f"{peer} distributions")
        yield Row("installed size", "MB", "fletching megabytes", peer, f"{peer} megabytes")


def results(samples: Samples) -> list[Result]:
    """Return every row whose two sides were measured."""
    if "import click" in samples:
        samples["help limit"] = [1.5 * taken + 60 for taken in samples["import click"]]
    found = []
    for row in rows():
        if row.ours in samples and (not isinstance(row.theirs, str) or row.theirs in samples):
            ours = samples[row.ours]
            theirs = samples[row.theirs] if isinstance(row.theirs, str) else [row.theirs]
            found.append(Result(row, median(ours), median(theirs), ratio(ours, theirs)))
    return found


def ratio(ours: list[float], theirs: list[float]) -> float:
    """Return the median over the rounds; each round's two figures were taken one after the other."""
    if len(ours) == len(theirs):
        return median(mine / other for mine, other in zip(ours, theirs, strict=True))
    return median(ours) / median(theirs)
