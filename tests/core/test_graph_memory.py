"""What a graph holds: a value as long as somebody will read it, and nothing after the run."""

from __future__ import annotations

import gc
import weakref
from statistics import median
from typing import TYPE_CHECKING, Any

import pytest

from fletching import Pickled, Runner, dynamic, task, workflow
from fletching.gate import GATE
from worker_tasks import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator


class Large:
    """Stands for what one does not want to have twice."""

    alive: weakref.WeakSet[Large] = weakref.WeakSet()

    def __init__(self, number: int) -> None:
        self.number = number
        Large.alive.add(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        Large.alive.add(self)


most: list[int] = []


@pytest.fixture(autouse=True)
def _uncollected() -> Iterator[None]:
    """Count what is alive although no garbage is collected: values have to go by themselves."""
    gc.collect()
    gc.disable()
    Large.alive.clear()
    most.clear()
    yield
    gc.enable()


@task
def first(n: int) -> Pickled[Large]:
    return Large(n)


@task
def after(large: Pickled[Large]) -> Pickled[Large]:
    most.append(len(Large.alive))
    return Large(large.number + 1)


@task
def number(large: Pickled[Large]) -> int:
    return large.number


@workflow
def chain(n: int) -> int:
    large = first(n=n)
    for _ in range(30):
        large = after(large=large)
    return number(large=large)


@workflow
def outer(n: int) -> int:
    return chain(n=n)


@dynamic
def loop(n: int) -> int:
    large = first(n=n)
    for _ in range(30):
        large = after(large=large)
    return number(large=large)


@pytest.mark.parametrize("flow", [chain, outer, loop], ids=lambda flow: flow.short_name)
@pytest.mark.parametrize("executor", [None, "inline", "thread"])
def test_a_chain_holds_few_values_at_a_time(flow: Any, executor: str | None) -> None:
    assert Runner(executor=executor).run(flow, n=1) == 31
    # A thread holds the last one it saw until it gets its turn again: on a busy machine, several do for a moment.
    assert (median(most) if executor == "thread" else max(most)) <= 6
    wait_until(lambda: len(Large.alive) <= 1)


def test_what_two_nodes_read_stays_until_the_second_has() -> None:
    @workflow
    def flow(n: int) -> tuple[int, int]:
        large = first(n=n)
        early, late = number(large=large), first(n=n)
        other = number(large=late)
        last = number(large=large)
        early >> other >> last
        return early, last

    assert Runner(executor="inline").run(flow, n=5) == (5, 5)
    assert not Large.alive


def test_the_first_call_goes_the_short_way_as_soon_as_its_graph_is_built() -> None:
    seen: list[bool] = []

    @task
    def look(a: int) -> int:
        seen.append(GATE.slow)
        return a

    @workflow
    def flow(a: int) -> int:
        return look(a=look(a=a))

    flow(a=1)
    assert seen == [False, False]
