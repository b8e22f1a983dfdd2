"""A call of a task: how its arguments bind, what crosses, what comes back, what is refused and in which words."""

from __future__ import annotations

import asyncio
import functools
import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fletching import current_context, dynamic, task
from fletching.errors import (
    CallError,
    ConversionError,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


@dataclass
class Row:
    price: float
    tags: list[str]


@task
def add(a: int, b: int = 2) -> int:
    return a + b


@task
def positional(a: int, /, b: int, *, c: int = 3) -> list[int]:
    return [a, b, c]


class Pair(NamedTuple):
    total: int
    label: str


@task
def pair(a: int) -> Pair:
    return Pair(a, str(a))


@task
def two(a: int) -> tuple[int, str]:
    return a, str(a)


@task
def rows(p: list[Row]) -> list[Row]:
    return p


@task
async def later(a: int) -> int:
    await asyncio.sleep(0)
    return a + 1


def test_arguments_bind_as_python_binds_them() -> None:
    assert add(1) == add(a=1) == add(1, 2) == add(1, b=2) == 3
    assert positional(1, 2) == positional(1, b=2, c=3) == [1, 2, 3]


@given(st.lists(st.integers(0, 9), max_size=4), st.dictionaries(st.sampled_from("abcx"), st.integers(0, 9), max_size=4))
def test_a_call_binds_exactly_where_the_function_does(args: list[int], kwargs: dict[str, int]) -> None:
    try:
        expected = positional.task_function(*args, **kwargs)
    except TypeError:
        with pytest.raises(CallError):
            positional(*args, **kwargs)
    else:
        assert positional(*args, **kwargs) == expected


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((), {}, "add() missing 1 required positional argument: 'a'; inputs of task '{}': a: int, b: int"),
        (
            (1, 2, 3),
            {},
            "add() takes from 1 to 2 positional arguments but 3 were given; inputs of task '{}': a: int, b: int",
        ),
        ((1,), {"a": 2}, "add() got multiple values for argument 'a'; inputs of task '{}': a: int, b: int"),
        (
            (),
            {"aa": 1},
            "add() got an unexpected keyword argument 'aa'; did you mean 'a'?; inputs of task '{}': a: int, b: int",
        ),
    ],
)
def test_what_does_not_bind_says_what_would(args: tuple[int, ...], kwargs: dict[str, int], message: str) -> None:
    with pytest.raises(CallError) as caught:
        add(*args, **kwargs)
    assert str(caught.value) == message.format(add.name)
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, AssertionError)


def test_a_wrong_value_says_task_argument_expected_and_got() -> None:
    with pytest.raises(ConversionError) as caught:
        add(a=1, b="x")  # type: ignore[arg-type]
    assert str(caught.value) == "add: argument 'b': expected int, got str 'x'"


def test_a_wrong_value_deep_inside_says_where() -> None:
    good = Row(1.0, ["x"])
    bad = Row(1.0, ["x", 3])  # type: ignore[list-item]
    with pytest.raises(ConversionError) as caught:
        rows([good, bad])
    assert str(caught.value) == "rows: argument 'p' at p[1].tags[1]: expected str, got int 3"


def test_a_wrong_result_says_which_output() -> None:
    @task
    def wrong(a: int) -> int:
        return str(a)  # type: ignore[return-value]

    @task
    def short(a: int) -> tuple[int, str]:
        return (a,)  # type: ignore[return-value]

    with pytest.raises(ConversionError) as caught:
        wrong(1)
    assert str(caught.value) == "wrong: output 'o0': expected int, got str '1'"
    with pytest.raises(ConversionError) as caught:
        short(1)
    assert str(caught.value) == "short: output: expected 2 values (o0, o1), got tuple (1,)"


def test_results_have_the_declared_shape() -> None:
    assert pair(1) == Pair(1, "1")
    assert type(pair(1)) is Pair
    result = two(5)
    assert result == (5, "5")
    assert result.o0 == 5  # type: ignore[attr-defined]

    @task
    def nothing(a: int) -> None:
        return None

    assert nothing(1) is None


def test_values_are_not_shared_across_the_boundary() -> None:
    kept: list[list[int]] = []

    @task
    def keep(x: list[int]) -> list[int]:
        kept.append(x)
        x.append(9)
        return x

    given_list = [1]
    result = keep(given_list)
    result.append(0)
    assert given_list == [1]
    assert kept == [[1, 9]]


def test_a_mutable_default_is_fresh_in_every_call() -> None:
    @task
    def grow(x: list[int] = [1]) -> list[int]:  # noqa: B006 - that it is mutable is the point
        x.append(2)
        return x

    assert grow() == grow() == [1, 2]


def test_an_async_task_gives_a_coroutine_and_refuses_at_the_call() -> None:
    coroutine = later(1)
    assert inspect.iscoroutine(coroutine)
    assert asyncio.run(coroutine) == 2
    with pytest.raises(ConversionError):
        later("x")  # type: ignore[arg-type]
    with pytest.raises(CallError):
        later(1, 2)  # type: ignore[call-arg]


def test_async_tasks_run_side_by_side_each_in_its_own_context() -> None:
    seen: set[str] = set()

    @task
    async def other(a: int) -> str:
        await asyncio.sleep(0)
        return current_context().task_name

    @task
    async def outer(n: int) -> int:
        names = await asyncio.gather(*(other(i) for i in range(n)))
        seen.update(names)
        seen.add(current_context().task_name)
        return n

    assert asyncio.run(outer(3)) == 3
    assert seen == {other.name, outer.name}
    assert current_context().task_name == ""


def test_an_async_task_can_be_called_by_literals_also_inside_a_running_loop() -> None:
    from fletching import FlyteContextManager
    from fletching.extend import to_literal_map

    async def main() -> object:
        return later.dispatch_execute(FlyteContextManager.current_context(), to_literal_map({"a": int}, {"a": 4}))

    result = asyncio.run(main())
    assert result.literals["o0"].scalar.primitive.integer == 5  # type: ignore[attr-defined]


def test_a_task_called_inside_a_task_returns_values() -> None:
    @task
    def outer(a: int) -> int:
        inner = add(a)
        assert type(inner) is int
        return inner + 1

    assert outer(1) == 4


def test_the_users_own_error_comes_out_unchanged_with_a_note() -> None:
    boom = KeyError("k", 1)

    @task
    def fails() -> int:
        raise boom

    with pytest.raises(KeyError) as caught:
        fails()
    assert caught.value is boom
    assert caught.value.args == ("k", 1)
    assert caught.value.__notes__ == [f"in task {fails.name!r}"]


def test_a_type_error_of_the_function_is_not_taken_for_a_bad_call() -> None:
    @task
    def broken(a: int) -> int:
        return len(a)  # type: ignore[arg-type]

    with pytest.raises(TypeError) as caught:
        broken(1)
    assert not isinstance(caught.value, CallError)
    assert str(caught.value) == "object of type 'int' has no len()"


class Rows(NamedTuple):
    rows: list[int]


def test_the_one_field_of_a_named_tuple_may_be_returned_itself() -> None:
    @task
    def bare(n: int) -> Rows:
        return list(range(n))  # type: ignore[return-value]

    @task
    def whole(n: int) -> Rows:
        return Rows(list(range(n)))

    assert bare(n=1) == whole(n=1) == Rows([0])
    assert type(bare(n=2)) is Rows


def by_keyword(function: Callable[..., int]) -> Callable[..., int]:
    @functools.wraps(function)
    def called(**given: int) -> int:
        return function(**{**given, "a": given["a"] + 10})

    return called


def by_keyword_too(function: Callable[..., Awaitable[int]]) -> Callable[..., Awaitable[int]]:
    @functools.wraps(function)
    async def called(**given: int) -> int:
        return await function(**{**given, "a": given["a"] + 10})

    return called


@task
@by_keyword
def wrapped(a: int, b: int = 2) -> int:
    return a + b


@task
@by_keyword_too
async def wrapped_async(a: int, b: int = 2) -> int:
    return a + b


@dynamic
@by_keyword
def wrapped_dynamic(a: int) -> int:
    return wrapped(a=a)


def test_a_decorator_that_takes_keywords_only_gets_keywords() -> None:
    assert wrapped(1) == wrapped(a=1, b=2) == 13
    assert wrapped_dynamic(a=1) == 23
    assert asyncio.run(wrapped_async(a=1)) == 13
