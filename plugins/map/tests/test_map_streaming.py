"""Inputs are read when there is room for them, results come in order, and what goes wrong meanwhile is told."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from fletching import LaunchPlan, Runner, task, workflow
from fletching.errors import CallError
from fletching.extend import Event, observe
from fletching_map import map_task


class Ledger:
    """A source that knows how far it was read and how much of that has ended."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.read = self.ended = self.most = 0

    def items(self, count: int | None = None) -> Iterator[int]:
        for at in itertools.count() if count is None else range(count):
            with self.lock:
                self.read += 1
                self.most = max(self.most, self.read - self.ended)
            yield at

    def end(self) -> None:
        with self.lock:
            self.ended += 1


LEDGER = Ledger()


@pytest.fixture(autouse=True)
def ledger() -> Ledger:
    LEDGER.__init__()  # type: ignore[misc]
    return LEDGER


@task
def step(a: int) -> int:
    LEDGER.end()
    return a


@task
async def async_step(a: int) -> int:
    await asyncio.sleep(0)
    LEDGER.end()
    return a


@workflow
def step_flow(a: int) -> int:
    return step(a=a)


@pytest.mark.parametrize("concurrency", [1, 2, 7])
@pytest.mark.parametrize("executor", ["inline", "thread", None])
def test_nothing_is_read_ahead_of_the_concurrency(executor: str | None, concurrency: int, ledger: Ledger) -> None:
    got = Runner(executor=executor).run(map_task(step, concurrency), a=ledger.items(100))
    assert got == list(range(100))
    assert ledger.most <= concurrency


@pytest.mark.parametrize("concurrency", [None, 0])
@pytest.mark.parametrize("executor", ["inline", "thread", None])
def test_without_one_nothing_is_read_ahead_of_the_scheduler(
    executor: str | None, concurrency: int | None, ledger: Ledger
) -> None:
    got = Runner(executor=executor, max_parallel=2).run(map_task(step, concurrency), a=ledger.items(100))
    assert got == list(range(100))
    assert ledger.most <= 5  # two that run, twice as many that wait, and one


@pytest.mark.parametrize("target", [async_step, step_flow, LaunchPlan.get_or_create(step_flow)])
def test_that_holds_for_every_kind_of_target(target: Any, ledger: Ledger) -> None:
    assert map_task(target, 3)(a=ledger.items(30)) == list(range(30))
    assert ledger.most <= 3


@pytest.mark.parametrize("executor", ["inline", "thread"])
def test_an_endless_input_ends_with_the_first_failure(executor: str, ledger: Ledger) -> None:
    ten_has_failed = threading.Event()

    @task
    def until_ten(a: int) -> int:
        if a == 10:
            raise OverflowError(a)
        assert a < 10 or ten_has_failed.wait(60)
        LEDGER.end()
        return a

    def tell(event: Event) -> None:
        if event.kind == "failed":
            ten_has_failed.set()

    with observe(tell), pytest.raises(OverflowError) as raised:
        Runner(executor=executor).run(map_task(until_ten, 4), a=ledger.items())
    assert "in element 10 of map_until_ten" in raised.value.__notes__
    assert ledger.read <= 14


def test_as_many_run_at_once_as_asked_for() -> None:
    meet = threading.Barrier(4)

    @task
    def together(a: int) -> int:
        meet.wait(timeout=60)  # broken, and an error, unless four are here
        return a

    assert Runner(executor="thread", max_parallel=4).run(map_task(together), a=range(8)) == list(range(8))


def test_async_elements_wait_together() -> None:
    here: list[int] = []

    @task
    async def together(a: int) -> int:
        here.append(a)
        while len(here) < 50:
            await asyncio.sleep(0)
        return a

    assert map_task(together)(a=range(50)) == list(range(50))


def test_results_are_in_order_whoever_ends_first() -> None:
    turns = [threading.Event() for _ in range(5)]
    turns[4].set()

    @task
    def backwards(a: int) -> int:
        assert turns[a].wait(timeout=60)
        if a:
            turns[a - 1].set()
        return a

    assert Runner(executor="thread", max_parallel=5).run(map_task(backwards), a=range(5)) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("executor", ["inline", "thread"])
@pytest.mark.parametrize("after", [0, 1, 20])
def test_what_a_generator_raises_comes_out_unchanged(executor: str, after: int) -> None:
    problem = ConnectionError("the source is gone")

    def items() -> Iterator[int]:
        yield from range(after)
        raise problem

    with pytest.raises(ConnectionError) as raised:
        Runner(executor=executor).run(map_task(step, min_success_ratio=0), a=items())
    assert raised.value is problem
    assert f"while element {after} of input 'a' of map_step was read" in problem.__notes__


@pytest.mark.parametrize("executor", ["inline", "thread"])
def test_an_interrupt_while_an_input_is_read_ends_the_run(executor: str) -> None:
    def items() -> Iterator[int]:
        yield 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Runner(executor=executor).run(map_task(step, min_success_ratio=0), a=items())


def test_what_iter_raises_comes_out_unchanged_too() -> None:
    class Broken:
        def __iter__(self) -> Iterator[int]:
            raise ConnectionError("no source")

    with pytest.raises(ConnectionError) as raised:
        map_task(step)(a=Broken())
    assert "while element 0 of input 'a' of map_step was read" in raised.value.__notes__


@task
def pair(a: int, b: int, c: int = 0) -> int:
    return a + b + c


@pytest.mark.parametrize(
    ("lengths", "short", "long", "count"),
    [
        ((3, 5), "a", "b", 3),
        ((5, 3), "b", "a", 3),
        ((0, 1), "a", "b", 0),
        ((4, 4, 2), "c", "a", 2),
        ((4, 2, 4), "b", "c", 2),
    ],
)
@pytest.mark.parametrize("sized", [False, True])
def test_streams_of_different_lengths(lengths: tuple[int, ...], short: str, long: str, count: int, sized: bool) -> None:
    given: dict[str, Any] = {name: iter(range(length)) for name, length in zip("abc", lengths, strict=False)}
    if sized:
        given["a"] = list(given["a"])
    with pytest.raises(CallError) as refused:
        map_task(pair, 1)(**given)
    assert str(refused.value) == (
        f"map_pair: inputs differ in length: {short!r} ended after {count} elements, and {long!r} goes on"
    )


def test_any_iterable_will_do() -> None:
    class Series:
        def __getitem__(self, at: int) -> int:
            raise IndexError(at)

        def __iter__(self) -> Iterator[int]:
            return iter([1, 2])

    for source in ([1, 2], (1, 2), range(1, 3), iter([1, 2]), {1: 0, 2: 0}.keys(), Series(), (at for at in (1, 2))):
        assert map_task(step)(a=source) == [1, 2]


def test_streams_of_streams() -> None:
    rows = ((number for number in range(count)) for count in range(4))
    assert map_task(map_task(step))(a=rows) == [[], [0], [0, 1], [0, 1, 2]]


def test_an_empty_one_gives_an_empty_list() -> None:
    for source in ([], range(0), iter(())):
        assert map_task(step)(a=source) == []
        assert map_task(step, min_success_ratio=0.5)(a=source) == []
