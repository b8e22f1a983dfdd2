"""A map gives what a loop gives, whatever the values, the concurrency and the executor."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fletching import Runner, task
from fletching_map import map_task


@task
def describe(words: list[str], number: int, scale: float = 2.0) -> dict[str, float]:
    words.append("seen")
    return dict.fromkeys(words, number * scale)


@task
async def describe_later(words: list[str], number: int, scale: float = 2.0) -> dict[str, float]:
    words.append("seen")
    return dict.fromkeys(words, number * scale)


@task
def half(number: int) -> int:
    if number % 2:
        raise ArithmeticError(number)
    return number // 2


@task
def halves(count: int) -> list[int]:
    return map_task(half)(number=(2 * each for each in range(count)))  # type: ignore[no-any-return]


@task
async def halves_later(count: int) -> list[int]:
    return map_task(half)(number=(2 * each for each in range(count)))  # type: ignore[no-any-return]


ROWS = st.lists(st.tuples(st.lists(st.text(max_size=3), max_size=3), st.integers(-(2**63), 2**63 - 1)), max_size=8)
CONCURRENCY = st.sampled_from([None, 0, 1, 2, 3, 100])


def loop(rows: list[tuple[list[str], int]]) -> list[dict[str, float]]:
    return [describe(words, number) for words, number in rows]


@pytest.mark.parametrize("target", [describe, describe_later], ids=["sync", "async"])
@pytest.mark.parametrize("executor", ["inline", "thread", None])
@given(rows=ROWS, concurrency=CONCURRENCY, streamed=st.booleans())
@settings(max_examples=40)
def test_a_map_is_a_loop(
    executor: str | None, target: Any, rows: list[tuple[list[str], int]], concurrency: int | None, streamed: bool
) -> None:
    words, numbers = [row[0] for row in rows], [row[1] for row in rows]
    kept = [list(each) for each in words]
    made = map_task(target, concurrency)
    got = Runner(executor=executor).run(
        made, words=iter(words) if streamed else words, number=iter(numbers) if streamed else numbers
    )
    assert got == loop(rows)
    assert words == kept


@given(rows=ROWS, concurrency=CONCURRENCY)
@settings(max_examples=6)
def test_a_map_in_processes_is_a_loop(rows: list[tuple[list[str], int]], concurrency: int | None) -> None:
    made = map_task(describe, concurrency)
    got = Runner(executor="process").run(made, words=[row[0] for row in rows], number=(row[1] for row in rows))
    assert got == loop(rows)


@given(numbers=st.lists(st.integers(-9, 9), max_size=12), concurrency=CONCURRENCY)
@settings(max_examples=60)
def test_where_all_may_fail_those_that_do_are_none(numbers: list[int], concurrency: int | None) -> None:
    got = map_task(half, concurrency, min_success_ratio=0)(numbers)
    assert got == [None if number % 2 else number // 2 for number in numbers]


@given(rows=st.lists(st.lists(st.integers(0, 9).map(lambda number: number * 2), max_size=4), max_size=4))
@settings(max_examples=30)
def test_a_map_of_maps_is_a_loop_in_a_loop(rows: list[list[int]]) -> None:
    assert map_task(map_task(half))(rows) == [[number // 2 for number in row] for row in rows]


@pytest.mark.parametrize("executor", ["inline", "thread", "process"])
@pytest.mark.parametrize("target", [halves, halves_later], ids=["sync", "async"])
def test_a_task_of_a_map_may_call_a_map(target: Any, executor: str) -> None:
    assert Runner(executor=executor).run(map_task(target), count=[0, 3]) == [[], [0, 1, 2]]
