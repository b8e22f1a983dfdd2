"""Every option of a task means the same for an eager one, here and on the wire; its report tells what it called."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from typing import Any

import pytest

import fletching
from fletching import Cache, Resources, Runner, Secret, current_context, task
from fletching.errors import ConfigError, NonRecoverableError, TaskDeprecatedWarning, TaskTimeoutError
from fletching.extend import ExecutionBehavior, PluginManager, TaskMetadata, hookimpl, observe, use_manager
from fletching.testing import template_of
from fletching_eager import EagerAsyncPythonFunctionTask, EagerConfig, checkpoint, eager, traced

CALLED: list[str] = []


@pytest.fixture(autouse=True)
def fresh() -> None:
    CALLED.clear()


@task
def add(a: int, b: int = 1) -> int:
    CALLED.append(f"add {a}")
    return a + b


@task(cache=Cache(version="1"))
def cached(a: int) -> int:
    CALLED.append(f"cached {a}")
    return a


@task(retries=2)
async def flaky(a: int) -> int:
    CALLED.append(f"flaky {current_context().attempt}")
    if current_context().attempt < 2:
        raise ValueError("not yet")
    return a


# The parent's


@eager(retries=1)
async def retried(a: int) -> int:
    value = await add(a=a)
    if current_context().attempt == 0:
        raise ValueError("again")
    return value


def test_retries() -> None:
    assert asyncio.run(retried(a=1)) == 2
    assert CALLED == ["add 1", "add 1"]


@eager(retries=3)
async def given_up(a: int) -> int:
    CALLED.append("given up")
    raise NonRecoverableError("never")


def test_retries_end_where_no_attempt_could_help() -> None:
    with pytest.raises(NonRecoverableError):
        asyncio.run(given_up(a=1))
    assert CALLED == ["given up"]


@eager(cache=Cache(version="1"))
async def remembered(a: int) -> int:
    return await add(a=a)


def test_cache() -> None:
    assert [asyncio.run(remembered(a=1)), Runner().run(remembered, a=1), asyncio.run(remembered(a=2))] == [2, 2, 3]
    assert CALLED == ["add 1", "add 2"]


@eager(timeout=dt.timedelta(milliseconds=50))
async def too_late(a: int) -> int:
    await asyncio.Event().wait()
    return await add(a=a)


def test_timeout() -> None:
    with pytest.raises(TaskTimeoutError, match="too_late"):
        asyncio.run(too_late(a=1))


@eager(environment={"EAGER_TEST": "seen"}, deprecated="use another one")
async def surrounded(a: int) -> str:
    return os.environ["EAGER_TEST"]


def test_environment_and_deprecation() -> None:
    with pytest.warns(TaskDeprecatedWarning, match="use another one"):
        assert asyncio.run(surrounded(a=1)) == "seen"
    assert "EAGER_TEST" not in os.environ


# Its children's


@eager
async def children(a: int) -> list[int]:
    return [await cached(a=a), await cached(a=a), await flaky(a=a)]


def test_children_keep_their_own() -> None:
    with observe(lambda event: CALLED.append(event.kind) if event.kind in ("cached", "retrying") else None):
        assert asyncio.run(children(a=1)) == [1, 1, 1]
    assert CALLED == ["cached 1", "cached", "flaky 0", "retrying", "flaky 1", "retrying", "flaky 2"]


# How it is made


@eager(
    retries=2,
    cache=Cache(version="3"),
    timeout=60,
    interruptible=True,
    container_image="registry.example/own:1",
    environment={"A": "b"},
    resources=Resources(cpu="1", mem="1Gi"),
    secret_requests=[Secret(group="g", key="k")],
    node_dependency_hints=[add],
    labels={"team": "a"},
)
async def with_all(a: int) -> int:
    """Say what it does."""
    return await add(a=a)


@eager
async def plain(a: int) -> int:
    return await add(a=a)


def test_what_it_is() -> None:
    assert isinstance(plain, EagerAsyncPythonFunctionTask)
    assert plain.execution_mode is ExecutionBehavior.EAGER
    assert plain.task_type == "python-task"
    assert plain.metadata == TaskMetadata(is_eager=True, generates_deck=True)
    assert plain.enable_deck
    assert plain.task_config is None
    assert list(with_all.node_dependency_hints or ()) == [add]
    metadata = with_all.metadata
    assert (metadata.retries, metadata.cache_version, metadata.interruptible) == (2, "3", True)
    assert metadata.is_eager
    assert with_all.resources.requests.cpu == "1"


def test_a_report_can_be_declined() -> None:
    async def body(a: int) -> int:
        return a

    assert not eager(enable_deck=False)(body).enable_deck
    assert not eager(enable_deck=False)(body).metadata.generates_deck
    with pytest.warns(UserWarning, match="disable_deck is deprecated"):
        assert not eager(disable_deck=True)(body).enable_deck


def test_on_the_wire_it_is_what_flytekit_s_is() -> None:
    template = template_of(with_all)
    assert template.type == "python-task"
    assert template.metadata.is_eager
    assert template.metadata.generates_deck.value
    assert template.metadata.retries.retries == 2
    assert template.metadata.discovery_version == "3"
    assert template.container.image == "registry.example/own:1"
    environment = {pair.key: pair.value for pair in template.container.env}
    assert environment["A"] == "b"
    assert environment["_F_SS_C"]
    assert [secret.key for secret in template.security_context.secrets] == ["k"]
    assert template.container.args[-4:] == ["task-module", with_all.instantiated_in, "task-name", "with_all"]


def test_a_decorator_may_be_used_more_than_once() -> None:
    decorator = eager(retries=2)

    async def one(a: int) -> int:
        return a

    async def two(a: int) -> int:
        return a

    assert [decorator(each).metadata.retries for each in (one, two)] == [2, 2]


def test_the_constructor_takes_what_flytekit_s_takes() -> None:
    async def body(a: int) -> int:
        return await add(a=a)

    made = EagerAsyncPythonFunctionTask(None, body, "python-task", None, None, None, True)
    assert asyncio.run(made(a=1)) == 2
    assert made.execute(a=1) == 2
    assert asyncio.run(made.async_execute(a=1)) == 2
    with pytest.raises(ConfigError, match="execution_mode must be EAGER"):
        EagerAsyncPythonFunctionTask(None, body, execution_mode=ExecutionBehavior.DEFAULT)


def test_its_names_are_found_in_fletching() -> None:
    assert fletching.eager is eager
    assert fletching.checkpoint is checkpoint
    assert fletching.traced is traced
    assert fletching.EagerAsyncPythonFunctionTask is EagerAsyncPythonFunctionTask
    assert fletching.EagerConfig is EagerConfig


# The report


class Reports:
    """Keeps what a plugin that shows reports would show."""

    def __init__(self) -> None:
        self.decks: dict[str, str] = {}

    @hookimpl
    def fletching_around_execution(self, execution: Any) -> Any:
        reports = self

        class Around:
            def __enter__(self) -> None: ...

            def __exit__(self, *_: object) -> None:
                decks = execution.parameters.decks
                if decks:
                    reports.decks[execution.task.short_name] = decks["Eager Executions"]

        return Around()


@eager
async def reported(a: int) -> int:
    await asyncio.gather(add(a=a), child(a=a))
    await asyncio.gather(broken(a=a), return_exceptions=True)
    return a


@eager
async def child(a: int) -> int:
    return await add(a=a)


@task
def broken(a: int) -> int:
    raise ValueError("no")


@eager
async def reports_much(n: int) -> int:
    for at in range(n):
        await flaky_not(a=at)
    return n


@task
async def flaky_not(a: int) -> int:
    return a


def test_the_report_has_the_tree_of_what_was_called() -> None:
    reports = Reports()
    plugins = PluginManager(strict=True, block=())
    plugins.register(reports)
    with use_manager(plugins):
        asyncio.run(reported(a=1))
        asyncio.run(reports_much(n=1000))
    lines = [line.rsplit("  ", 1)[0] for line in reports.decks["reported"].splitlines()]
    assert lines == ["add  succeeded", "child  succeeded", "  add  succeeded", "broken  failed: ValueError"]
    much = reports.decks["reports_much"].splitlines()
    assert len(much) == 201
    assert much[-1].startswith("... calls after the first 200 are not listed")


def test_without_a_report_nothing_is_kept() -> None:
    @eager(enable_deck=False)
    async def quiet(a: int) -> int:
        await add(a=a)
        assert not current_context().decks
        return a

    assert asyncio.run(quiet(a=1)) == 1


# Steps


@eager
async def steps(a: int) -> dict:
    async with checkpoint("first") as first:
        first.value = [await add(a=a)]
    async with checkpoint("typed", of=list[int]) as typed:
        typed.value = [a, a]
    async with checkpoint("nothing"):
        pass
    with pytest.raises(KeyError, match="mine"):
        async with checkpoint("fails"):
            raise KeyError("mine")
    with pytest.raises(fletching.errors.ConversionError):
        async with checkpoint("wrong", of=int) as wrong:
            wrong.value = "x"
    return {"first": first.value, "done": first.done, "typed": typed.value, "fetched": await fetched("abc")}


@traced
async def fetched(url: str) -> int:
    return await add.aio(a=len(url))


def test_steps_without_a_record() -> None:
    events: list[Any] = []
    with observe(events.append):
        assert Runner().run(steps, a=1) == {"first": [2], "done": False, "typed": [1, 1], "fetched": 4}
    ended = [(event.path.rpartition("-")[0], event.kind) for event in events if event.what == "step"]
    names = ["first", "typed", "nothing", "fails", "wrong", "fetched"]
    assert [name for name, kind in ended if kind == "started"] == names
    assert ("fails", "failed") in ended
    assert asyncio.run(fetched("ab")) == 3  # and outside of an eager task, as it is written


def test_a_checkpoint_is_for_the_body() -> None:
    async def outside() -> None:
        async with checkpoint("here"):
            pass

    with pytest.raises(ConfigError, match="is for the body of an eager task; none is running here"):
        asyncio.run(outside())
    for name in ("", "a b", 3, "a/b"):
        with pytest.raises(ConfigError, match="the name must be of letters"):
            checkpoint(name)  # type: ignore[arg-type]
