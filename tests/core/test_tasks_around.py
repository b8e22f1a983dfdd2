"""What is around a call: warnings, environment, secrets, hooks, events."""

from __future__ import annotations

import asyncio
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from fletching import Cache, Secret, TaskMetadata, current_context, task
from fletching.errors import (
    SecretNotFoundError,
    TaskDeprecatedWarning,
)
from fletching.extend import (
    Event,
    Execution,
    ExecutionParameters,
    PluginManager,
    PythonFunctionTask,
    hookimpl,
    observe,
    use_manager,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


RUNS: list[Any] = []


@pytest.fixture(autouse=True)
def _forget_runs() -> None:
    RUNS.clear()


class Pair(NamedTuple):
    total: int
    label: str


def test_calling_a_deprecated_task_warns_at_the_call() -> None:
    @task(deprecated="use other()")
    def f() -> int:
        return 1

    with pytest.warns(TaskDeprecatedWarning) as caught:
        assert f() == 1
    assert str(caught[0].message) == f"task {f.name!r} is deprecated: use other()"
    assert caught[0].filename == __file__


def test_the_environment_is_set_while_the_task_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A", "outside")

    @task(environment={"A": "inner", "B": "b"})
    def inner() -> list[str]:
        return [os.environ["A"], os.environ["B"]]

    @task(environment={"A": "outer"})
    def outer() -> list[str]:
        return [os.environ["A"], *inner(), os.environ["A"], str("B" in os.environ)]

    assert outer() == ["outer", "inner", "b", "outer", "False"]
    assert os.environ["A"] == "outside"


def test_a_secret_reaches_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_FSEC_DB_PASSWORD", "hunter22")

    @task(
        secret_requests=[
            Secret(group="db", key="password", env_var="DB_PASSWORD", mount_requirement=Secret.MountType.ENV_VAR)
        ]
    )
    def f() -> bool:
        return os.environ["DB_PASSWORD"] == current_context().secrets.get("db", "password") == "hunter22"

    assert f() is True
    assert "DB_PASSWORD" not in os.environ


def test_a_secret_that_must_be_in_a_variable_and_does_not_exist_stops_the_task() -> None:
    @task(secret_requests=[Secret(group="db", key="nope", env_var="NOPE", mount_requirement=Secret.MountType.ENV_VAR)])
    def f() -> int:
        RUNS.append(1)
        return 1

    with pytest.raises(SecretNotFoundError, match="nope"):
        f()
    assert RUNS == []


class Around:
    """A hooks plugin that notes what it sees."""

    def __init__(self, *, swallow: bool = False, broken: str = "") -> None:
        self.seen: list[Any] = []
        self.swallow = swallow
        self.broken = broken

    @hookimpl
    def fletching_around_execution(self, execution: Execution) -> Any:
        @contextmanager
        def around() -> Iterator[None]:
            self.seen.append(("in", execution.task_name.rpartition(".")[2], execution.attempt))
            try:
                yield
            except ValueError as error:
                self.seen.append(("error", str(error)))
                if not self.swallow:
                    raise
            finally:
                self.seen.append(("out", execution.task_name.rpartition(".")[2]))
            if self.broken:
                raise RuntimeError(self.broken)

        return around()


@pytest.fixture
def plugins() -> Iterator[PluginManager]:
    with use_manager(PluginManager(discover=False)) as manager:
        yield manager


def test_a_hook_is_around_every_attempt_of_tasks_that_ask_for_nothing(plugins: PluginManager) -> None:
    @task
    def f(a: int) -> int:
        if a:
            raise ValueError("bad")
        return a

    @task
    async def g(a: int) -> int:
        return f(a)

    f(0)  # compiled and called without hooks first
    around = Around()
    plugins.register(around)
    f(0)
    assert around.seen == [("in", "f", 0), ("out", "f")]
    around.seen.clear()
    asyncio.run(g(0))
    assert around.seen == [("in", "g", 0), ("in", "f", 0), ("out", "f"), ("out", "g")]
    around.seen.clear()
    plugins.unregister(around)
    f(0)
    assert around.seen == []


def test_a_hook_cannot_swallow_the_tasks_error(plugins: PluginManager) -> None:
    @task
    def f() -> int:
        raise ValueError("mine")

    around = Around(swallow=True)
    plugins.register(around)
    with pytest.raises(ValueError, match="mine"):
        f()
    assert ("error", "mine") in around.seen


def test_an_error_of_a_running_hook_is_not_swallowed(plugins: PluginManager) -> None:
    @task
    def f(a: int) -> int:
        if a:
            raise KeyError("task")
        return a

    plugins.register(Around(broken="hook"))
    with pytest.raises(RuntimeError, match="hook"):
        f(0)
    with pytest.raises(KeyError):
        f(1)


def test_a_wrapper_amends_everyones_metadata(plugins: PluginManager) -> None:
    from dataclasses import replace

    class Policy:
        @hookimpl(wrapper=True)
        def fletching_task_metadata(self, name: str, config: Any, metadata: TaskMetadata) -> Any:
            result = yield
            return replace(result, retries=max(result.retries, 2))

    plugins.register(Policy())

    @task
    def f() -> int:
        RUNS.append(1)
        if len(RUNS) < 3:
            raise ValueError("again")
        return len(RUNS)

    assert f.metadata.retries == 2
    assert f() == 3


def test_events_tell_what_happens() -> None:
    events: list[Event] = []

    @task(retries=1, cache=Cache(version="1"))
    def f(a: int) -> int:
        RUNS.append(a)
        if len(RUNS) == 1:
            raise ValueError("once")
        return a

    @task
    def outer(a: int) -> int:
        return f(a)

    with observe(events.append):
        outer(1)
        f(1)
    assert [(event.kind, event.task.rpartition(".")[2], event.attempt, event.depth) for event in events] == [
        ("started", "outer", 0, 0),
        ("attempt", "outer", 0, 0),
        ("started", "f", 0, 1),
        ("attempt", "f", 0, 1),
        ("retrying", "f", 0, 1),
        ("attempt", "f", 1, 1),
        ("finished", "f", 0, 1),
        ("finished", "outer", 0, 0),
        ("started", "f", 0, 0),
        ("cached", "f", 0, 0),
    ]
    assert len({event.call for event in events}) == 3


class Session(PythonFunctionTask[None]):
    def pre_execute(self, user_params: ExecutionParameters | None) -> ExecutionParameters | None:
        assert user_params is not None
        builder = user_params.with_attributes(level=1, session="shut").builder()
        builder.add_attr("SESSION", "open")
        return builder.build()


def test_what_is_prepared_before_an_attempt_is_in_its_context() -> None:
    def f() -> str:
        context = current_context()
        assert (context.has_attr("SESSION"), context.has_attr("other")) == (True, False)
        return f"{context.session} {context.get('level')}"

    assert Session(None, f)() == "open 1"
    assert not hasattr(current_context(), "session")
    assert not current_context().has_attr("session")
