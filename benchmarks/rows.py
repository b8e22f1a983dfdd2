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
CHAIN = "chain of 10 nodes, a direct call, a node"
SCHEDULED = "chain of 10 nodes, Runner and listener, a node"
NAPS = "four independent tasks of 0.2 s"
FAN = "eager fan-out of 200 async tasks, a task"
FLYTEKITS = ("flytekit 1.15.4", "flytekit 1.16.31")
MUST_HOLD = (
    Row(FIRST, "ms", "first result", "import flyte 2.12.1", "import flyte 2.12.1", 0.5),
    Row(FIRST, "ms", "first result", "import flytekit 1.16.31", "import flytekit 1.16.31", 0.06),
    Row(FIRST, "ms", "first result", "import flytekit 1.15.4", "import flytekit 1.15.4", 0.06),
    Row("call add(a=1, b=2)", "us", "fletching call", "signature.bind(a=1, b=2)", "fletching call.1", 0.75),
    Row("list[int] in and out, an element", "us", "fletching list", "limit", 0.1, 1),
    Row("dataclass in and out", "us", "fletching dataclass", "written by hand", "fletching dataclass.1", 1.75),
    Row("to_literal of 50,000 ints, each", "us", "fletching to_literal", "raw protobuf", "fletching to_literal.1", 1.5),
    Row("to_python of 50,000 ints, each", "us", "fletching to_python", "raw protobuf", "fletching to_python.1", 1.5),
    Row(CHAIN, "us", "fletching chain", "limit", 20, 1),
    Row(SCHEDULED, "us", "fletching scheduled", "limit", 60, 1),
    Row(NAPS, "ms", "fletching naps", "limit", 230, 1),
    Row("eager fan-out of 10,000 async tasks, a task", "us", "fletching fan of 10,000", "limit", 40, 1),
    Row("1,000 async tasks of 0.2 s at once, eager", "ms", "fletching naps at once", "limit", 500, 1),
    *(
        Row(
            f"random graphs of 1,000 nodes that sleep {where}",
            "ms",
            f"fletching sleeping {where}",
            "critical path",
            f"fletching sleeping {where}, critical path",
            1.05,
        )
        for where in ("on the loop", "on threads")
    ),
    Row("map over 1,000,000 ints inline, an element", "us", "fletching million", "30,000 a second", 1e6 / 30_000, 1),
    Row("memory of that map", "MB", "fletching million grown", "limit", 150, 1),
    Row("10,000 calls become a graph", "ms", "fletching compile", "limit", 1_000, 1),
    *(
        Row(title, "us", f"fletching {name}", peer, f"{peer} {name}", 0.25)
        for name, title in (("serialize", "serialize a task"), ("serialize ten", "serialize a workflow of 10 nodes"))
        for peer in FLYTEKITS
    ),
    Row("serialize a project of 10,000 tasks", "ms", "fletching project", "limit", 10_000, 1),
    Row("argv of a container to user code", "ms", "user code", "import tasks_pb2", "import tasks_pb2", 2),
    Row("list runs of 100,000", "ms", "fletching runs", "limit", 100, 1),
    Row("tree of 10,000 calls, processor time of each", "us", "fletching shown", "1 % of 10 ms", 100, 1),
    Row("list 200 plugins of 1,000 distributions", "ms", "listing", "limit", 1, 1),
    Row("plugins imported by a call of one task type", "", "plugins imported", "limit", 1, 1),
    Row("distributions installed", "", "fletching distributions", "limit", 16, 1),
    Row("installed size", "MB", "fletching megabytes", "limit", 25, 1),
    Row("fletch --help with 50 plugins", "ms", "help", "1.5 x import click + 60", "help limit", 1),
)
PEERS = (*FLYTEKITS, "flyte 2.12.1")
INSIDE = {
    "call": "call add(a=1, b=2)",
    "chain": CHAIN,
    "naps": NAPS,
    "fan": FAN,
    "map": "map over 500 on threads, an element",
    "async": "async call",
    "list": "list[int] in and out, an element",
    "dict": "dict[str, int] in, an element",
    "dataclass": "dataclass in and out",
    "to_literal": "to_literal of a list, an int",
    "to_python": "to_python of a list, an int",
    "define": "define a task",
    "cached": "cached hit",
    "retried": "call of a task with retries",
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
            yield Row(title, "ms" if name == "naps" else "us", f"fletching {name}", peer, f"{peer} {name}")
    for peer in FLYTEKITS:
        yield Row("inputs.pb to outputs.pb in a container", "ms", "fletching container", peer, f"{peer} container")
        yield Row("register 300 tasks and a workflow", "ms", "fletching register", peer, f"{peer} register")
    for peer in PEERS:
        yield Row(SCHEDULED, "us", "fletching scheduled", peer, f"{peer} chain")
        yield Row("chain of 10 nodes, recorded, a node", "us", "fletching recorded", peer, f"{peer} chain")
    yield Row("10 calls in plain Python, a call", "us", "fletching calls", "flyte 2.12.1", "flyte 2.12.1 chain")
    yield Row("round trip, executor inline", "us", "fletching inline", "direct", "fletching chain")
    yield Row("round trip, executor thread", "us", "fletching thread", "ThreadPoolExecutor", "fletching thread.1")
    yield Row("round trip, executor process", "us", "fletching process", "ProcessPoolExecutor", "fletching process.1")
    yield Row("events of 10,000 calls, processor time of each", "us", "fletching heard", "1 % of 10 ms", 100)
    yield Row("list plugins with their states", "ms", "listing with states", "importlib.metadata", "importlib.metadata")
    yield Row("list plugins, no index yet", "ms", "listing without index", "importlib.metadata", "importlib.metadata")
    for peer in PEERS:
        yield Row("distributions installed", "", "fletching distributions", peer, f"{peer} distributions")
        yield Row("installed size", "MB", "fletching megabytes", peer, f"{peer} megabytes")
        yield Row("installed size, bytecode included", "MB", "fletching compiled", peer, f"{peer} compiled")


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
