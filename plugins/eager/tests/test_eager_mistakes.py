"""What one can get wrong in an eager task, and what is said then."""

from __future__ import annotations

import asyncio
import gc
import re
import threading
import time
import warnings
from typing import Any

import pytest

from fletching import ImperativeWorkflow, conditional, create_node, dynamic, task, workflow
from fletching.errors import (
    ConfigError,
    ConversionError,
    ExecutionWarning,
    GraphError,
    NonRecoverableError,
    PromiseError,
    UnknownOptionError,
)
from fletching.extend import ExecutionBehavior
from fletching_eager import EagerAsyncPythonFunctionTask, EagerConfig, UnawaitedCallError, eager, traced


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@task(retries=1)
def fail(a: int) -> int:
    raise ValueError(f"no {a}")


@task
async def later(a: int) -> int:
    await asyncio.sleep(0)
    return a


def line_of(text: str) -> int:
    """Return the number of the first line of this file that has ``text`` as its end."""
    with open(__file__, encoding="utf-8") as file:
        return next(number for number, line in enumerate(file, 1) if line.rstrip().endswith(text))


# Not awaited


@eager
async def forgets() -> int:
    add(a=1)  # forgotten
    return await later(a=1)


def test_a_call_that_nobody_awaits_is_named_by_its_line() -> None:
    with pytest.warns(ExecutionWarning, match="was never awaited, so it did not run") as caught:
        asyncio.run(forgets())
    assert (caught[0].filename, caught[0].lineno) == (__file__, line_of("add(a=1)  # forgotten"))
    assert f"'{add.name}' at {__file__}:{caught[0].lineno}" in str(caught[0].message)


@eager
async def fails_before() -> int:
    call = add(a=1)
    raise RuntimeError(f"before {type(call).__name__}")


def test_nothing_is_said_of_calls_that_an_error_left_behind() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeError, match="before EagerCall"):
            asyncio.run(fails_before())
        gc.collect()


@eager
async def cancels_before_it_begins() -> int:
    started = asyncio.create_task(later(a=1))
    started.cancel()
    with pytest.raises(asyncio.CancelledError):
        await started
    return await later(a=2)


def test_a_call_that_is_cancelled_before_it_began_is_no_mistake() -> None:
    assert asyncio.run(cancels_before_it_begins()) == 2


def returns_it(kind: str) -> Any:
    async def body() -> int:
        call = add(a=1)
        return {"call": call, "list": [call], "deep": {"a": (1, [call])}}[kind]  # type: ignore[return-value]

    return eager(body)


@pytest.mark.parametrize("kind", ["call", "list", "deep"])
def test_returning_a_call_is_an_error_that_names_it(kind: str) -> None:
    with pytest.raises(
        UnawaitedCallError, match=r"the call of '.*add' at .*:\d+ was returned by '.*body' before it was"
    ):
        asyncio.run(returns_it(kind)())


USES = {
    "comparison": lambda call: call > 3,
    "equality": lambda call: call == 3,
    "condition": lambda call: bool(call),
    "sum": lambda call: call + 1,
    "sum from the right": lambda call: 1 + call,
    "negation": lambda call: -call,
    "iteration": lambda call: list(call),
    "element": lambda call: call[0],
    "length": lambda call: len(call),
    "attribute": lambda call: call.upper(),
    "number": lambda call: int(call),
    "index": lambda call: [1, 2][call],
    "argument": lambda call: add(a=call),
}


def uses_it(how: Any) -> Any:
    async def body() -> int:
        how(add(a=1))
        return 1

    return eager(body)


@pytest.mark.parametrize("how", USES.values(), ids=USES)
@pytest.mark.filterwarnings("ignore:the call of")
def test_using_a_call_as_a_value_says_to_await_it(how: Any) -> None:
    with pytest.raises(UnawaitedCallError, match=f"(?s){add.name}.*await") as refused:
        asyncio.run(uses_it(how)())
    assert isinstance(refused.value, (PromiseError, AttributeError))
    assert __file__ in str(refused.value)


@eager
async def hides_it() -> int:
    return await total(values=[add(a=1)])


@task
def total(values: list[int]) -> int:
    return sum(values)


@pytest.mark.filterwarnings("ignore:the call of")
def test_a_call_inside_a_list_of_inputs_is_shown_as_what_it_is() -> None:
    with pytest.raises(ConversionError, match="expected int, got EagerCall <un-awaited call of"):
        asyncio.run(hides_it())


@eager
async def awaits_twice() -> int:
    call = add(a=1)
    return await call + await call


@eager
async def starts_twice() -> int:
    call = later(a=1)
    one, two = asyncio.create_task(call), asyncio.create_task(call)
    return await one + await two


@eager
async def awaits_what_it_started() -> int:
    call = later(a=1)
    started = asyncio.create_task(call)
    await asyncio.sleep(0)
    await call
    return await started


@pytest.mark.parametrize(
    "mistaken", [awaits_twice, starts_twice, awaits_what_it_started], ids=lambda each: each.short_name
)
def test_awaiting_twice_is_an_error(mistaken: Any) -> None:
    with pytest.raises(UnawaitedCallError, match="was awaited already; keep what it gave, or wrap it in asyncio"):
        asyncio.run(mistaken())


# Blocking


TOLD = threading.Event()
"""Set when the watch, a thread of its own, has said something."""


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, int]]:
    """What is warned of while the test runs, by whichever thread: the text, and where."""
    found: list[tuple[str, str, int]] = []

    def hear(message: Warning, category: type[Warning], filename: str, lineno: int, *_: object) -> None:
        found.append((f"{category.__name__}: {message}", filename, lineno))
        TOLD.set()

    TOLD.clear()
    warnings.simplefilter("always")  # until the end of the test
    monkeypatch.setattr(warnings, "showwarning", hear)
    return found


@eager
async def blocks() -> int:
    TOLD.wait(60)  # blocked
    return await later(a=1)


def test_blocking_the_loop_is_told_with_the_line(told: list[tuple[str, str, int]]) -> None:
    assert asyncio.run(blocks()) == 1
    text, *place = told[0]
    assert re.search(
        r"^ExecutionWarning: .* in blocks held up the event loop of eager task .* for more than 0.1 s", text
    )
    assert place == [__file__, line_of("TOLD.wait(60)  # blocked")]


@task
async def blocks_inside(a: int) -> int:
    TOLD.wait(60)
    return a


@eager
async def awaits_what_blocks() -> int:
    return await blocks_inside(a=1)


def test_an_async_task_that_blocks_is_told_as_well(told: list[tuple[str, str, int]]) -> None:
    asyncio.run(awaits_what_blocks())
    text = told[0][0]
    assert "in blocks_inside held up the event loop" in text


@task
def takes_long(a: int) -> int:
    time.sleep(0.5)
    return a


@eager
async def waits_long() -> int:
    await asyncio.sleep(0.5)
    return await takes_long(a=1)


def test_waiting_is_no_blocking(told: list[tuple[str, str, int]]) -> None:
    assert asyncio.run(waits_long()) == 1
    assert not told


@eager(task_config=EagerConfig(blocking_limit=None))
async def may_block() -> int:
    time.sleep(0.5)
    return 1


def test_the_watch_can_be_switched_off(told: list[tuple[str, str, int]]) -> None:
    assert asyncio.run(may_block()) == 1
    assert not told


@pytest.mark.parametrize("limit", [0, -1, True, "1"])
def test_an_impossible_limit_is_refused(limit: Any) -> None:
    with pytest.raises(ConfigError, match="blocking_limit must be more than 0 seconds, or None"):
        EagerConfig(blocking_limit=limit)


# Where it is made


def test_a_plain_function_is_refused() -> None:
    def plain(a: int) -> int:
        return a

    for make in (eager, eager(), lambda each: EagerAsyncPythonFunctionTask(None, each), traced):
        with pytest.raises(ConfigError, match=r"goes in front of an async function, and .*plain is none"):
            make(plain)


def test_a_task_is_refused_with_its_kind() -> None:
    @dynamic
    def grows(n: int) -> int:
        return add(a=n)

    for entity, kind in ((add, "task"), (grows, "dynamic"), (forgets, "eager")):
        with pytest.raises(ConfigError, match=f"@eager goes in front of an async function, got the {kind}"):
            eager(entity)  # type: ignore[call-overload]


def test_dynamic_and_eager_do_not_mix() -> None:
    async def body(n: int) -> int:
        return n

    with pytest.raises(ConfigError, match=r"execution_mode is EAGER, got .*DYNAMIC"):
        eager(execution_mode=ExecutionBehavior.DYNAMIC)(body)
    with pytest.raises(ConfigError, match="or an @eager one"):
        dynamic(body)


def test_options_nobody_knows_are_refused() -> None:
    async def body(n: int) -> int:
        return n

    with pytest.raises(UnknownOptionError, match="eager: unknown option 'retrys'; did you mean 'retries'"):
        eager(retrys=3)(body)  # type: ignore[call-overload]
    with pytest.raises(UnknownOptionError, match="'remote' has no meaning; the backend is given to run"):
        eager(remote=None)(body)  # type: ignore[call-overload]
    with pytest.raises(ConfigError, match="task_config must be an EagerConfig"):
        eager(task_config=object())(body)
    with pytest.raises(ConfigError, match="one function and options by name"):
        eager(body, 3)


@eager
async def builds() -> int:
    with pytest.raises(GraphError, match="no graph is being built here"):
        conditional("which")
    with pytest.raises(GraphError, match="no graph is being built here"):
        create_node(add, a=1)
    with pytest.raises(GraphError, match="no graph is being built here"):
        add.compile(None, a=1)
    return await other_flow(a=1)


@workflow
def other_flow(a: int) -> int:
    return conditional("which").if_(a > 0).then(add(a=a)).else_().then(add(a=0))


def test_what_is_for_graphs_says_so() -> None:
    assert asyncio.run(builds()) == 2
    assert isinstance(builds.get_as_workflow(), ImperativeWorkflow)


# Errors of children


@task
async def cannot(a: int) -> int:
    raise NonRecoverableError(f"never {a}")


@eager
async def groups() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(fail(a=1))
        group.create_task(later(a=1))


@eager
async def gathers() -> list[str]:
    got = await asyncio.gather(fail(a=1), cannot(a=2), later(a=3), return_exceptions=True)
    return [f"{type(each).__name__}: {each}" for each in got]


def test_an_error_in_a_group_says_which_child_and_which_attempt() -> None:
    with pytest.raises(ExceptionGroup) as raised:
        asyncio.run(groups())
    (error,) = raised.value.exceptions
    assert str(error) == "no 1"
    assert error.__notes__ == [f"in task {fail.name!r}, attempt 2 of 2"]
    assert raised.value.__notes__ == [f"in task {groups.name!r}"]


def test_errors_of_children_are_values_where_one_asks_for_them() -> None:
    assert asyncio.run(gathers()) == ["ValueError: no 1", "NonRecoverableError: never 2", "int: 3"]


@eager
async def wrong_type() -> int:
    return await add(a="x")


def test_a_wrong_argument_is_an_error_where_it_is_awaited() -> None:
    with pytest.raises(ConversionError, match="add: argument 'a': expected int, got str 'x'"):
        asyncio.run(wrong_type())
