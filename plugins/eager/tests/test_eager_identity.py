"""Where in a run a call of an eager task stands: the same in every run, whatever the order, also after edits."""

from __future__ import annotations

import asyncio
import importlib.util
import random
import sys
from typing import TYPE_CHECKING, Any

import pytest

from fletching import Runner, task
from fletching.extend import observe
from fletching_eager import eager

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

PARTS = """
import asyncio, dataclasses, datetime, enum
from fletching import task, workflow, LaunchPlan
from fletching_eager import eager, traced, checkpoint

class Colour(enum.Enum):
    RED = "red"

@dataclasses.dataclass
class Point:
    x: int
    y: float

@task
def add(a: int, b: int = 1) -> int:
    return a + b

@task
def mixed(i: int, f: float, s: str, o: bool) -> str:
    return f"{i}{f}{s}{o}"

@task
def holds(items: list[int], table: dict[str, float], maybe: str | None, point: Point, colour: Colour) -> int:
    return len(items)

@task
async def at(when: datetime.datetime, data: bytes) -> int:
    return len(data)

@task
def stream(items: list[int]) -> int:
    return sum(items)

@workflow
def flow(a: int) -> int:
    return add(a=a)

PLAN = LaunchPlan.create("identities.plan", flow)

@traced
async def fetch(url: str) -> str:
    return url

@eager
async def inner(a: int) -> int:
    return await add(a=a)
"""

BODY = """
@eager
async def main(x: int) -> int:
    one = await add(a=x)
    await add(a=x, b=1)
    await add(b=1, a=x)
    await add(a=x, b=2)
    await mixed(i=1, f=1.0, s="a", o=True)
    await mixed(i=1, f=-0.0, s="", o=False)
    await holds(items=[1, 2], table={"b": 1.0, "a": 2.0}, maybe=None, point=Point(1, 2.0), colour=Colour.RED)
    await at(when=datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc), data=b"xyz")
    await flow(a=x)
    await PLAN(a=x)
    await fetch("http://x")
    async with checkpoint("save") as step:
        step.value = 1
    async with checkpoint("save") as step:
        step.value = 2
    return one + await inner(a=x)
"""

GOLDEN = [
    "add-95d5fcdd53",
    "add-95d5fcdd53-1",
    "add-95d5fcdd53-2",
    "add-a2ea27e080",
    "at-cf81006e03",
    "fetch-16f91d6f94",
    "flow-1c2074b93d",
    "flow-1c2074b93d/n0",
    "holds-73114a9a09",
    "inner-5bc3fdff25",
    "inner-5bc3fdff25/add-95d5fcdd53",
    "mixed-5fd348510c",
    "mixed-889b17915b",
    "plan-7d1d7a7fdd",
    "plan-7d1d7a7fdd/n0",
    "save-7af546387d",
    "save-7af546387d-1",
]

EDITED = """
# A comment, another name, another order, a call more: what was called before is where it was.
@eager
async def main(x: int) -> int:
    async def both() -> None:
        await asyncio.gather(inner(a=x), PLAN(a=x), flow(a=x))
    await both()
    await at(data=b"xyz", when=datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc))
    for times in range(3):
        await add(x)
    async with checkpoint("save") as step:
        step.value = 1
    async with checkpoint("save") as step:
        step.value = 2
    async with asyncio.TaskGroup() as group:
        group.create_task(fetch("http://x"))
        group.create_task(mixed(1, -0.0, "", False))
        group.create_task(mixed(1, 1.0, "a", True))
        group.create_task(add(x, 2))
        group.create_task(add(x, 3))
        group.create_task(
            holds(items=[1, 2], table={"a": 2.0, "b": 1.0}, maybe=None, point=Point(1, 2.0), colour=Colour.RED))
    return 0
"""


@pytest.fixture
def modules() -> Iterator[dict[str, ModuleType]]:
    made: dict[str, ModuleType] = {}
    yield made
    for name in made:
        sys.modules.pop(name, None)


def module_of(text: str, folder: Path, modules: dict[str, ModuleType]) -> ModuleType:
    """Import a program under the name that its tasks have in the golden values."""
    file = folder / "golden_flow.py"
    file.write_text(text)
    spec = importlib.util.spec_from_file_location("golden_flow", file)
    assert spec is not None
    assert spec.loader is not None
    module = modules["golden_flow"] = sys.modules["golden_flow"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def paths_of(entity: Any, **inputs: Any) -> list[str]:
    """Return the path of every call below an eager task, sorted."""
    found: list[str] = []
    with observe(lambda event: found.append(event.path) if event.kind == "started" else None):
        Runner().run(entity, **inputs)
    return sorted(filter(None, found))


def test_the_golden_matrix(tmp_path: Path, modules: dict[str, ModuleType]) -> None:
    assert paths_of(module_of(PARTS + BODY, tmp_path, modules).main, x=3) == GOLDEN


def test_the_same_in_plain_python(tmp_path: Path, modules: dict[str, ModuleType]) -> None:
    found: list[str] = []
    with observe(lambda event: found.append(event.path) if event.kind == "started" else None):
        asyncio.run(module_of(PARTS + BODY, tmp_path, modules).main(x=3))
    assert sorted(filter(None, found)) == GOLDEN


def test_edits_of_the_body_change_no_identity(tmp_path: Path, modules: dict[str, ModuleType]) -> None:
    edited = paths_of(module_of(PARTS + EDITED, tmp_path, modules).main, x=3)
    assert set(edited) >= set(GOLDEN)
    assert len(set(edited) - set(GOLDEN)) == 1  # the one more call


def test_other_inputs_are_other_calls(tmp_path: Path, modules: dict[str, ModuleType]) -> None:
    main = module_of(PARTS + BODY, tmp_path, modules).main
    changed = set(paths_of(main, x=3)) - set(paths_of(main, x=4))
    assert {path.partition("-")[0] for path in changed} == {"add", "flow", "inner", "plan"}


def test_what_can_be_read_only_once_is_told_apart_by_its_order(tmp_path: Path) -> None:
    found: list[str] = []
    with observe(lambda event: found.append(event.path) if event.kind == "started" else None):
        asyncio.run(streams())
    assert sorted(filter(None, found)) == ["consumed-unhashed", "consumed-unhashed-1"]


from collections.abc import Iterator as Stream  # noqa: E402


@task
def consumed(items: Stream[int]) -> int:
    return sum(items)


@eager
async def streams() -> int:
    return await consumed(items=iter([1])) + await consumed(items=iter([2]))


CHANCE = random.Random()


@task
async def wander(number: int) -> int:
    for _ in range(CHANCE.randrange(8)):
        await asyncio.sleep(0)
    return number % 3


@eager
async def wanders(number: int) -> int:
    await asyncio.gather(*(wander(number=at) for at in shuffled(4)))
    return number


@eager
async def interleaved(n: int) -> int:
    async def line(start: int) -> int:
        value = await wander(number=start)
        for _ in range(2):
            value = await wander(number=value + start)
        return value + await wanders(number=start % 2)

    return sum(await asyncio.gather(*(line(at) for at in shuffled(n))))


def shuffled(n: int) -> list[int]:
    numbers = list(range(n))
    CHANCE.shuffle(numbers)
    return numbers


def test_twenty_interleavings_give_the_same_identities() -> None:
    orders, identities = set(), set()
    for seed in range(20):
        CHANCE.seed(seed)
        order: list[str] = []
        with observe(lambda event, order=order: order.append(event.path) if event.kind == "finished" else None):
            asyncio.run(interleaved(n=8))
        orders.add(tuple(order))
        identities.add(tuple(sorted(order)))
    assert len(orders) == 20  # they did differ
    assert len(identities) == 1
