"""Graphs are built in one thread or asyncio task, whatever others do meanwhile."""

from __future__ import annotations

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from fletching import dynamic, task, workflow
from fletching.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(autouse=True)
def _quick_switches() -> Iterator[None]:
    """Have threads change places as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@task
async def later(a: int) -> int:
    return a + 1


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run functions in threads of their own that begin at the same moment, and return what they gave."""
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        barrier.wait(30)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [each.result(60) for each in [pool.submit(run, work) for work in works]]


def sharing(built: list[str]) -> tuple[Any, Any]:
    """Return two workflows that call the same others; ``built`` is told whose function runs."""

    @workflow
    def deep(a: int) -> int:
        built.append("deep")
        return add(a=add(a=a))

    @workflow
    def shared(a: int) -> int:
        built.append("shared")
        return deep(a=deep(a=a))

    @workflow
    def one(a: int) -> int:
        return shared(a=add(a=a))

    @workflow
    def other(a: int) -> int:
        return deep(a=shared(a=a))

    return one, other


def test_two_threads_build_workflows_that_share_others() -> None:
    for _ in range(60):
        built: list[str] = []
        one, other = sharing(built)
        assert at_once(partial(one, a=1), partial(other, a=1), partial(one, a=2)) == [6, 7, 7]
        assert sorted(built) == ["deep", "shared"]


def test_calls_elsewhere_are_not_recorded() -> None:
    stop = threading.Event()
    wrong: list[Any] = []

    def call() -> int:
        count = 0
        while not stop.is_set() or count < 100:
            count += 1
            value = add(a=count)
            if value != count + 1:
                wrong.append(value)
        return count

    def build() -> None:
        try:
            for size in range(1, 60):

                @workflow
                def flow(a: int, size: int = size) -> int:
                    got = a
                    for _ in range(40):
                        got = add(a=got)
                    return got

                if len(flow.nodes) != 40 or flow(a=size) != size + 40:
                    wrong.append(flow.nodes)
        finally:
            stop.set()

    at_once(build, call, call)
    assert not wrong


def test_twenty_thousand_calls_beside_a_graph_that_is_never_finished() -> None:
    inside, done = threading.Event(), threading.Event()

    @workflow
    def flow(a: int) -> int:
        first = add(a=a)
        inside.set()
        assert done.wait(60)
        return add(a=first)

    def call() -> int:
        assert inside.wait(60)
        try:
            return sum(add(a=at) for at in range(20_000))
        finally:
            done.set()

    given, counted = at_once(lambda: flow(a=1), call)
    assert (given, counted) == (3, sum(range(20_000)) + 20_000)
    assert len(flow.nodes) == 2


def test_asyncio_tasks_beside_one_that_builds() -> None:
    async def main() -> list[Any]:
        @workflow
        def flow(a: int) -> int:
            return later(a=later(a=a))

        async def build() -> int:
            return await asyncio.to_thread(flow, a=1)

        return await asyncio.gather(build(), later(a=1), asyncio.to_thread(add, a=1), build(), later(a=2))

    assert asyncio.run(main()) == [3, 2, 2, 3, 3]


def test_dynamic_tasks_build_at_the_same_time() -> None:
    @dynamic
    def many(n: int) -> list[int]:
        return [add(a=at, b=n) for at in range(20)]

    @workflow
    def flow(n: int) -> list[list[int]]:
        return [many(n=n), many(n=n), many(n=n), many(n=n)]

    for n in range(10):
        assert flow(n=n) == [[at + n for at in range(20)]] * 4


def test_a_thread_that_a_body_starts_records_nothing() -> None:
    @workflow
    def flow(a: int) -> int:
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(add, a=1).result(30) == 2
        return add(a=a)

    assert flow(a=5) == 6
    assert len(flow.nodes) == 1


def test_one_workflow_called_by_many_threads() -> None:
    @workflow
    def flow(a: int) -> int:
        return add(a=add(a=a), b=add(a=a))

    assert at_once(*(lambda at=at: [flow(a=at) for _ in range(20)] for at in range(6))) == [  # type: ignore[misc]
        [2 * at + 2] * 20 for at in range(6)
    ]


def test_a_body_that_fails_in_one_thread_fails_in_the_other() -> None:
    @workflow
    def broken(a: int) -> int:
        return add(a=a) + 1

    def call() -> str:
        with pytest.raises(GraphError) as caught:
            broken(a=1)
        return str(caught.value)

    first, second = at_once(call, call)
    assert first == second
    assert "+ cannot be computed" in first
