"""Executors and expansions of plugins that are wrong: a clear error or a warning, and never a run that does not end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from fletching import Runner, task, workflow
from fletching.errors import ExecutionWarning, ExecutorError, RunError
from fletching.extend import (
    Attempt,
    Expansion,
    Interface,
    Nest,
    Outcome,
    PythonTask,
    Supervisor,
    manager,
    observe,
    run_attempt,
)


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@task
def fails(a: int) -> int:
    raise KeyError("boom")


@workflow
def chain(a: int) -> int:
    return add(a=add(a=a))


@workflow
def beside(a: int) -> tuple[int, int]:
    return add(a=a), fails(a=a)


class Honest:
    """An executor as it should be."""

    name = "odd"
    honours = frozenset({"retries"})
    slots: Any = 4

    def submit(self, attempt: Attempt, done: Callable[[Outcome], None]) -> Any:
        try:
            done(Outcome(run_attempt(attempt.execution, attempt.inputs)))
        except Exception as error:
            done(Outcome(error=error))
        return self

    def cancel(self) -> None:
        """It has ended already."""

    def close(self) -> None:
        """Nothing is kept."""


@pytest.fixture
def provided() -> Iterator[Callable[[type[Any]], None]]:
    undo: list[Callable[[], None]] = []
    yield lambda kind: undo.append(manager().provide("executors", "odd", kind))
    for each in undo:
        each()


@pytest.mark.parametrize("nonsense", [5, None, (1, None), Outcome(error="no exception")])  # type: ignore[arg-type]
def test_an_outcome_that_is_none_is_told_of(provided: Callable[[type[Any]], None], nonsense: Any) -> None:
    class Wrong(Honest):
        def submit(self, attempt: Attempt, done: Callable[[Outcome], None]) -> Any:
            done(nonsense)
            return self

    provided(Wrong)
    with pytest.raises(ExecutorError, match=r"executor 'odd' ended an attempt with .*, not an Outcome"):
        Runner(executor="odd").run(chain, a=1)


def test_what_is_said_of_an_attempt_twice_counts_once(provided: Callable[[type[Any]], None]) -> None:
    class Twice(Honest):
        def submit(self, attempt: Attempt, done: Callable[[Outcome], None]) -> Any:
            super().submit(attempt, done)
            done(Outcome(77))
            return self

    provided(Twice)
    assert Runner(executor="odd").run(chain, a=1) == 3


@pytest.mark.parametrize("slots", [0, -1, None, "4"])
def test_an_executor_without_room_is_refused(provided: Callable[[type[Any]], None], slots: Any) -> None:
    provided(type("Full", (Honest,), {"slots": slots}))
    with pytest.raises(ExecutorError, match="executor 'odd' has slots="):
        Runner(executor="odd")


def test_an_executor_that_cannot_be_made_is_refused(provided: Callable[[type[Any]], None]) -> None:
    class Needs(Honest):
        def __init__(self) -> None:
            raise OSError("no cluster")

    provided(Needs)
    with pytest.raises(ExecutorError, match="executor 'odd' cannot be made: OSError: no cluster"):
        Runner(executor="odd")
    provided(type("Silent", (Honest,), {"honours": None}))
    with pytest.raises(ExecutorError, match="executor 'odd' has honours=None"):
        Runner(executor="odd")


def test_one_that_fails_to_stop_or_to_close_takes_nothing_away(provided: Callable[[type[Any]], None]) -> None:
    class Clumsy(Honest):
        def submit(self, attempt: Attempt, done: Callable[[Outcome], None]) -> Any:
            if attempt.execution.task_name.endswith("add"):
                self.kept = done
                return self
            super().submit(attempt, done)
            return self

        def cancel(self) -> None:
            self.kept(Outcome(1))
            raise OSError("no connection")

        def close(self) -> None:
            raise OSError("no connection either")

    provided(Clumsy)
    with pytest.warns(ExecutionWarning) as warned, pytest.raises(KeyError, match="boom"):
        Runner(executor="odd").run(beside, a=1)
    assert {str(each.message) for each in warned} == {
        "executor 'odd' failed to stop an attempt: OSError: no connection",
        "executor 'odd' failed to close: OSError: no connection either",
    }


@pytest.mark.parametrize("reason", [KeyError, KeyboardInterrupt])
def test_what_obeyed_has_ended_however_late_that_is_heard(
    provided: Callable[[type[Any]], None], monkeypatch: pytest.MonkeyPatch, reason: type[BaseException]
) -> None:
    class Obeys(Honest):
        def submit(self, attempt: Attempt, done: Callable[[Outcome], None]) -> Any:
            if attempt.execution.task_name.endswith("fails"):
                raise reason
            self.kept = done
            return self

        def cancel(self) -> None:
            self.kept(Outcome(1))

    provided(Obeys)
    # As if the thread of the run got its turn only when time is up.
    monkeypatch.setattr("fletching.run.machine.GRACE", 0)
    heard: list[tuple[str, str]] = []
    with observe(lambda event: heard.append((event.kind, event.path))), pytest.raises(reason):
        Runner(executor="odd").run(beside, a=1)
    assert ("finished", "n0") in heard


@task
async def asks(a: int) -> int:
    supervisor = Supervisor()
    try:
        found: int = await supervisor.call(add, {"a": a, "b": 1}, lambda: "x")
        return found
    finally:
        await supervisor.close()


@pytest.mark.parametrize(("nonsense", "expected"), [(OSError("no cluster"), OSError), (5, ExecutorError)])
def test_the_record_knows_of_it_where_calls_are_awaited(
    provided: Callable[[type[Any]], None], nonsense: Any, expected: type[Exception]
) -> None:
    class Broken(Honest):
        def submit(self, attempt: Attempt, done: Callable[[Outcome], None]) -> Any:
            if attempt.execution.task_name.endswith("asks"):
                return super().submit(attempt, done)
            if isinstance(nonsense, Exception):
                raise nonsense
            done(nonsense)
            return self

    provided(Broken)
    heard: list[tuple[str, str]] = []
    with observe(lambda event: heard.append((event.kind, event.path))), pytest.raises(expected):
        Runner(executor="odd").run(asks, a=1)
    assert ("failed", "x") in heard


class Work(PythonTask[None]):
    """A task whose work is an expansion."""

    def __init__(self, begin: Callable[[Nest], None]) -> None:
        super().__init__("odd", "odd.work", interface=Interface({"a": int}, {"o0": int}))
        self._begin = begin

    def execute(self, **inputs: Any) -> Any:
        raise AssertionError("its work is its expansion")

    def expand(self, inputs: Mapping[str, Any]) -> Expansion:
        work = Expansion()
        work.begin = self._begin  # type: ignore[method-assign]
        return work


@pytest.mark.parametrize("record", [False, True])
def test_an_error_of_what_hears_of_a_call_is_how_the_work_ends(record: bool) -> None:
    def begin(nest: Nest) -> None:
        def done(outcome: Outcome) -> None:
            raise LookupError(f"nobody wanted {outcome.value}")

        nest.call(add, {"a": 1, "b": 1}, path="x", done=done)

    with pytest.raises(LookupError, match="nobody wanted 2"):
        Runner(record=record).run(Work(begin), a=1)


@pytest.mark.parametrize("record", [False, True])
def test_an_error_after_stopping_is_how_the_work_ends(record: bool) -> None:
    def begin(nest: Nest) -> None:
        def then() -> None:
            raise LookupError("after that")

        nest.call(add, {"a": 1, "b": 1}, path="x", done=lambda outcome: None)
        nest.stop(then)

    with pytest.raises(LookupError, match="after that"):
        Runner(record=record).run(Work(begin), a=1)


def test_work_that_never_ends_is_told_of() -> None:
    with pytest.raises(RunError, match="a plugin's expansion lost a call"):
        Work(lambda nest: None)(a=1)


def test_work_that_fails_with_something_else_than_an_error() -> None:
    with pytest.raises(RunError, match=r"the work of 'odd.work' failed with 'a word', which is no exception"):
        Work(lambda nest: nest.fail("a word"))(a=1)  # type: ignore[arg-type]


STARTED, STOPPED = threading.Event(), threading.Event()


@task
def goes_on(a: int) -> int:
    STARTED.set()
    try:
        while True:
            a = a * 3 % 1000003
    finally:
        STOPPED.set()


@task
def after_start(a: int) -> int:
    assert STARTED.wait(60)
    return a


def test_what_is_open_when_the_work_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fletching.run.machine.GRACE", 60)  # however busy the machine is

    def begin(nest: Nest) -> None:
        nest.call(goes_on, {"a": 1}, path="x", done=lambda outcome: None)
        nest.call(after_start, {"a": 1}, path="y", done=lambda outcome: nest.finish(outcome.value))

    assert Work(begin)(a=1) == 1
    assert STOPPED.is_set()
