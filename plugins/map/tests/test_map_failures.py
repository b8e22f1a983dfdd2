"""How many elements may fail: every small case beside a model, and what the error says."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import pytest

from fletching import Runner, task
from fletching.errors import CallError, ConversionError
from fletching_map import map_task

RAN: list[int] = []


@task
def works(at: int, well: bool) -> int:
    RAN.append(at)
    if not well:
        raise LookupError(at)
    return at * 10


OPTIONS: list[dict[str, Any]] = [
    {},
    *({"min_successes": count} for count in range(5)),
    *({"min_success_ratio": ratio} for ratio in (None, 0, 0.25, 0.34, 0.5, 0.75, 1)),
]


def expected(pattern: tuple[bool, ...], options: dict[str, Any], *, streamed: bool, run_all: bool) -> Any:
    """Return what a map gives with one element at a time, and which elements ran."""
    size = len(pattern)
    ratio = options.get("min_success_ratio", 1)
    least = options.get("min_successes")
    needed = least if least is not None else math.ceil(Fraction(1 if ratio is None else ratio) * size)
    all_needed = least is None and ratio in (None, 1)
    too_few = f"map_works: min_successes={least}, and there are only {size}"
    if needed > size and not streamed:
        return (too_few, [])
    failed, decisive, ran = 0, None, []
    for at, well in enumerate(pattern):
        ran.append(at)
        if not well:
            failed += 1
            certain = all_needed or (not streamed and size - failed < needed)
            if certain and decisive is None:
                decisive = at
                if not run_all:
                    return (decisive, ran)
    if decisive is not None:
        return (decisive, ran)
    if needed > size:
        return (too_few, ran)
    if size - failed < needed:  # only known at the end of a stream
        return (max(at for at, well in enumerate(pattern) if not well), ran)
    return ([at * 10 if well else None for at, well in enumerate(pattern)], ran)


@pytest.mark.parametrize("run_all", [False, True], ids=["stop", "run-all"])
@pytest.mark.parametrize("streamed", [False, True], ids=["list", "stream"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_every_small_case(options: dict[str, Any], streamed: bool, run_all: bool) -> None:
    made = map_task(works, 1, run_all_sub_nodes=run_all, **options)
    runner = Runner(executor="inline")
    for size in range(5):
        for pattern in itertools.product([True, False], repeat=size):
            RAN.clear()
            source: Any = iter(range(size)) if streamed else range(size)
            wells: Any = iter(pattern) if streamed else list(pattern)
            got: Any
            try:
                got = runner.run(made, at=source, well=wells)
            except LookupError as error:
                got = error.args[0]
            except CallError as error:
                got = str(error).partition(" element")[0]
            told = expected(pattern, options, streamed=streamed, run_all=run_all)
            assert (got, RAN) == told, pattern


def test_a_ratio_is_meant_as_it_is_written() -> None:
    # 0.07 * 100 is 7.000000000000001 for a float.
    assert map_task(works, min_success_ratio=0.07)(range(100), [at < 7 for at in range(100)])[7] is None


def test_the_error_tells_how_many_had_to_succeed() -> None:
    with pytest.raises(LookupError) as raised:
        map_task(works, 1, min_success_ratio=0.5)(range(4), [False, True, False, False])
    assert raised.value.args == (3,)
    notes = raised.value.__notes__
    assert "in element 3 of 4 of map_works" in notes
    assert "3 of 4 elements failed, and 2 had to succeed" in notes


def test_a_wrong_input_is_no_element_that_failed() -> None:
    with pytest.raises(ConversionError, match=r"works: argument 'at' at at\[1\]: expected int, got str 'x'"):
        map_task(works, min_success_ratio=0)([0, "x"], [True, True])


def test_who_wants_an_end_gets_it_whatever_may_fail() -> None:
    @task
    def leave(a: int) -> None:
        RAN.append(a)
        if a == 1:
            raise SystemExit(3)

    RAN.clear()
    with pytest.raises(SystemExit):
        Runner(executor="inline").run(map_task(leave, 1, min_success_ratio=0), a=range(5))
    assert RAN == [0, 1]


def test_a_map_of_maps_counts_its_own_elements() -> None:
    @task
    def even(a: int) -> int:
        if a % 2:
            raise ValueError(a)
        return a

    inner = map_task(even, min_success_ratio=0.5)
    assert map_task(inner)([[0, 1], [2, 2]]) == [[0, None], [2, 2]]
    outer = map_task(inner, min_successes=1)
    assert outer.python_interface.outputs == {"o0": list[list[int | None] | None]}
    assert outer([[0, 1], [1, 1]]) == [[0, None], None]


def test_what_returns_nothing_may_fail_too() -> None:
    @task
    def silent(a: int) -> None:
        if a:
            raise ValueError(a)

    assert map_task(silent, min_successes=1)([0, 1]) is None
    with pytest.raises(ValueError, match="1"):
        map_task(silent)([0, 1])
