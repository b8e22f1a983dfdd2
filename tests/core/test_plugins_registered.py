"""Plugins registered by hand: wrappers, errors, what is checked, what is traced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from fletching import errors, task
from fletching.extend import TaskMetadata, hookimpl
from fletching.plugins import PluginManager, on_change, use_manager

NOTHING = "from fletching.extend import hookimpl\n"
GOOD = """
    from fletching.extend import hookimpl

    @hookimpl(wrapper=True)
    def fletching_task_metadata(name, config, metadata):
        found = yield
        return type(found)(retries=found.retries + 1)
"""


class Adds:
    """Wraps everyone's metadata."""

    def __init__(self, number: int) -> None:
        self.number = number

    @hookimpl(wrapper=True)
    def fletching_task_metadata(self, name: str, config: object, metadata: TaskMetadata) -> Iterator[None]:
        found: TaskMetadata = yield  # type: ignore[assignment,misc]
        return TaskMetadata(retries=found.retries * 10 + self.number)  # type: ignore[return-value]


def test_wrappers_wrap_and_change_nothing_they_were_given() -> None:
    found = PluginManager(discover=False)
    one, two = Adds(1), Adds(2)
    found.register(one)
    found.register(two, "two")
    given = TaskMetadata(retries=0)
    assert found.task_metadata("t", None, given).retries == 12
    assert given.retries == 0
    found.unregister(one)
    found.unregister(one)
    assert found.task_metadata("t", None, given).retries == 2
    found.unregister(two)
    assert found.task_metadata("t", None, given) is given
    assert not found.has_hooks("fletching_task_metadata")


def test_a_plugin_is_registered_once_and_whole_or_not_at_all() -> None:
    found = PluginManager(discover=False)
    one = Adds(1)
    assert found.register(one, "adds") == "adds"
    for again, name in ((one, "adds"), (one, "other"), (Adds(2), "adds")):
        with pytest.raises(errors.PluginContractError, match="already registered"):
            found.register(again, name)
    with pytest.raises(errors.PluginContractError) as caught:
        found.register(Adds)
    assert str(caught.value) == "hooks must be a module or an object, got the class 'Adds'"

    class Half:
        @hookimpl
        def fletching_around_execution(self, execution: object) -> None:
            raise AssertionError("it was rejected")

        @hookimpl
        def fletching_unheard_of(self) -> None: ...

    with pytest.raises(errors.PluginContractError, match="there is no hook 'fletching_unheard_of'"):
        found.register(Half())
    assert found.around_execution(None) == []  # type: ignore[arg-type]

    class Stops:
        @hookimpl
        def fletching_start(self, manager: PluginManager) -> None:
            raise RuntimeError("no")

        @hookimpl
        def fletching_around_execution(self, execution: object) -> None:
            raise AssertionError("it was rejected")

    with pytest.raises(RuntimeError, match="no"):
        found.register(Stops())
    assert found.around_execution(None) == []  # type: ignore[arg-type]


def test_an_optional_hook_may_be_unknown() -> None:
    class Future:
        @hookimpl(optionalhook=True)
        def fletching_of_tomorrow(self) -> None: ...

    assert PluginManager(discover=False).register(Future(), "future") == "future"


def test_an_error_in_a_running_hook_comes_out_as_it_is_with_a_note() -> None:
    class Fails:
        @hookimpl
        def fletching_task_metadata(self, name: str) -> None:
            raise ZeroDivisionError("mine")

    found = PluginManager(discover=False)
    found.register(Fails(), "fails")
    with pytest.raises(ZeroDivisionError, match="mine") as caught:
        found.task_metadata("t", None, TaskMetadata())
    assert caught.value.__notes__ == ["raised in hook fletching_task_metadata, implemented by fails, fletching"]


def test_what_a_hook_returns_is_checked() -> None:
    class Wrong:
        @hookimpl
        def fletching_task_metadata(self) -> object:
            return "text"

        @hookimpl
        def fletching_around_execution(self) -> object:
            return 5

    found = PluginManager(discover=False)
    found.register(Wrong(), "wrong")
    with pytest.raises(errors.PluginContractError) as caught:
        found.task_metadata("t", None, TaskMetadata())
    assert str(caught.value) == (
        "hook fletching_task_metadata must return a TaskMetadata, got str from one of fletching, wrong"
    )
    with pytest.raises(errors.PluginContractError) as caught:
        found.around_execution(None)  # type: ignore[arg-type]
    assert str(caught.value) == (
        "hook fletching_around_execution must return a context manager or None, got int from one of wrong"
    )


def test_context_managers_are_collected_the_outermost_first() -> None:
    order = []

    class Around:
        def __init__(self, name: str) -> None:
            self.name = name

        @hookimpl
        def fletching_around_execution(self, execution: Any) -> Any:
            return self.around() if self.name != "none" else None

        @contextmanager
        def around(self) -> Iterator[None]:
            order.append(f"+{self.name}")
            yield
            order.append(f"-{self.name}")

    def nothing() -> None:
        order.append("run")

    with use_manager(PluginManager(discover=False)) as found:
        for name in ("inner", "none", "outer"):
            found.register(Around(name))
        task(nothing)()
    assert order == ["+outer", "+inner", "run", "-inner", "-outer"]


def test_a_template_is_passed_through_the_wrappers() -> None:
    from flyteidl.core.tasks_pb2 import TaskTemplate

    class Renames:
        @hookimpl(wrapper=True)
        def fletching_task_template(self, task: object, template: Any) -> Any:
            found = yield
            changed = TaskTemplate()
            changed.CopyFrom(found)
            changed.type = f"{found.type}-renamed"
            return changed

    found = PluginManager(discover=False)
    given = TaskTemplate(type="shout")
    assert found.task_template(None, given) is given  # type: ignore[arg-type]
    found.register(Renames())
    assert found.task_template(None, given).type == "shout-renamed"  # type: ignore[arg-type]
    assert given.type == "shout"


def test_trace_prints_each_call_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    from fletching.extend import remember_secret

    remember_secret("trace-secret-value")

    class Torn:
        def __repr__(self) -> str:
            raise ValueError

    class Answers:
        @hookimpl
        def fletching_provide(self, kind: str, name: str) -> object:
            return "trace-secret-value" if name == "x" else None

    found = PluginManager(discover=False, trace=True)
    found.register(Answers(), "answers")
    found.task_metadata("t", Torn(), TaskMetadata())
    capsys.readouterr()
    found.find("commands", "x")
    found.find("commands", "y")
    found.task_template(Torn(), 5)  # type: ignore[arg-type]
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("fletching: fletching_provide(kind='commands', name='x') by [answers, fletching] -> ")
    assert "trace-secret-value" not in lines[0]
    assert lines[1] == "fletching: fletching_provide(kind='commands', name='y') by [answers, fletching] -> None"
    assert lines[2].startswith("fletching: fletching_task_template(task=<Torn instance at ")
    assert lines[2].endswith(", template=5) by [fletching] -> 5")


def test_trace_prints_an_error(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    class Fails:
        @hookimpl
        def fletching_provide(self, kind: str, name: str) -> object:
            raise RuntimeError("no")

    monkeypatch.setenv("FLETCHING_TRACE", "yes")
    found = PluginManager(discover=False)
    found.register(Fails(), "fails")
    with pytest.raises(RuntimeError):
        found.find("commands", "x")
    assert capsys.readouterr().err.endswith("by [fails, fletching] -> raised RuntimeError: no\n")


@pytest.mark.parametrize(("text", "on"), [("1", True), ("true", True), ("0", False), ("", False), ("No", False)])
def test_switches_of_the_environment(text: str, on: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLETCHING_STRICT", text)
    monkeypatch.setenv("FLETCHING_TRACE", text)
    found = PluginManager(discover=False)
    assert (found.strict, found.trace) == (on, on)
    assert not PluginManager(discover=False, strict=False).strict


def test_who_keeps_an_answer_is_told_when_it_may_change() -> None:
    told = []
    on_change(lambda: told.append(1))
    found, one = PluginManager(discover=False), Adds(1)
    found.register(one)
    found.unregister(one)
    assert len(told) == 2
    with use_manager(found):
        assert len(told) == 3
    assert len(told) == 4
