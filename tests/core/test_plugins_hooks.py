"""Hooks: what touches every task, who is skipped and who is heard, and that nothing is loaded where nobody listens."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from distributions import Site

from fletching import errors, task
from fletching.extend import TaskMetadata, hookimpl
from fletching.hooking import HOOKS
from fletching.installed import Installed, read
from fletching.plugins import PluginManager, on_change, use_manager

NOTHING = "from fletching.extend import hookimpl\n"
GOOD = """
    from fletching.extend import hookimpl

    @hookimpl(wrapper=True)
    def fletching_task_metadata(name, config, metadata):
        found = yield
        return type(found)(retries=found.retries + 1)
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    made = Site(tmp_path / "site")
    monkeypatch.syspath_prepend(str(made.folder))
    monkeypatch.setenv("FLETCHING_HOME", str(tmp_path / "home"))
    for name in ("FLETCHING_BLOCK", "FLETCHING_STRICT", "FLETCHING_TRACE", "FLETCHING_INDEX"):
        monkeypatch.delenv(name, raising=False)
    yield made
    made.forget()


def only(site: Site, **switches: Any) -> PluginManager:
    everything = read(thorough=True)
    mine = [one for one in everything.entries() if one.distribution.location.startswith(str(site.folder))]
    return PluginManager(installed=Installed(mine, core_version="0.1.0"), **switches)


def asked(found: PluginManager, retries: int = 1) -> int:
    return found.task_metadata("t", None, TaskMetadata(retries=retries)).retries


def test_the_names_are_those_of_the_specification() -> None:
    from fletching import hookspecs

    assert {name for name in vars(hookspecs) if name.startswith("fletching_")} == HOOKS


def test_without_hooks_pluggy_is_not_imported(tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    site.add("fletching-shout", {"executors": {"shout": "shout:Shout"}}, modules={"shout": "def Shout(): pass"})
    run = site.run(
        """
        import sys
        from fletching.metadata import TaskMetadata
        from fletching.plugins import manager
        asked = TaskMetadata()
        assert manager().task_metadata("t", None, asked) is asked
        assert manager().task_template(None, asked) is asked
        assert manager().around_execution(None) == []
        assert manager().load("executors", "shout").__name__ == "Shout"
        assert not any(manager().has_hooks(name) for name in ("fletching_provide", "fletching_start"))
        print("pluggy" in sys.modules, "threading" in sys.modules, "asyncio" in sys.modules)
        """,
        env={"FLETCHING_HOME": str(tmp_path / "home"), "FLETCHING_BLOCK": ""},
    )
    assert run.stdout.split()[0] == "False", run.stderr


def test_an_installed_hooks_module_could_implement_anything_until_it_is_loaded(site: Site) -> None:
    site.add("fletching-good", {"hooks": {"good": "good"}}, modules={"good": GOOD})
    found = only(site)
    assert found.has_hooks("fletching_around_execution")
    assert found.has_hooks("fletching_task_metadata")
    assert "good" not in sys.modules
    assert asked(found) == 2
    assert found.has_hooks("fletching_task_metadata")
    assert not found.has_hooks("fletching_around_execution")


def test_a_blocked_hooks_module_is_not_loaded(site: Site) -> None:
    site.add("fletching-good", {"hooks": {"good": "good"}}, modules={"good": GOOD})
    found = only(site, block="fletching-good")
    assert not found.has_hooks("fletching_task_metadata")
    assert asked(found) == 1
    assert found.hook.fletching_task_metadata.get_hookimpls()
    assert "good" not in sys.modules


START = """
    from fletching.extend import hookimpl
    seen = []

    @hookimpl
    def fletching_start(manager):
        seen.append(manager)
"""


def test_start_is_called_once_for_each_manager(site: Site) -> None:
    site.add("fletching-start", {"hooks": {"start": "start_hooks"}}, modules={"start_hooks": START})
    first, second = only(site), only(site)
    for _ in range(2):
        asked(first)
        asked(second)
    assert sys.modules["start_hooks"].seen == [first, second]


def test_a_hooks_module_may_use_the_manager_while_it_is_imported(site: Site) -> None:
    early = "from fletching.plugins import manager; seen = manager(), manager().hook, manager().names('tasks')"
    source = f"{GOOD}\n    {early}\n"
    site.add("fletching-good", {"hooks": {"good": "good"}}, modules={"good": source})
    found = only(site)
    with use_manager(found):
        assert asked(found) == 2
    assert sys.modules["good"].seen[0] is found


UNUSABLE = "hooks 'bad' of fletching-bad 1.0 cannot be used: "
THE_HOOKS = (
    "the hooks are fletching_around_execution, fletching_provide, fletching_start, fletching_task_metadata, "
    "fletching_task_template"
)
AGAIN = "install fletching-bad again"
SKIPPED = {
    "": f"{UNUSABLE}the plugin itself is missing: there is no module 'bad'; {AGAIN}",
    "import no_such": (
        f"{UNUSABLE}its dependency is missing: there is no module 'no_such'; {AGAIN} together with what it needs"
    ),
    "raise SystemExit(1)": f"{UNUSABLE}it called sys.exit(1) while it was imported",
    "raise BaseException('x')": f"{UNUSABLE}importing it raised BaseException: x",
    NOTHING + "@hookimpl\ndef fletching_strat(manager): pass": (
        f"there is no hook 'fletching_strat'; did you mean 'fletching_start'?; {THE_HOOKS}"
    ),
    NOTHING + "@hookimpl(specname='xyz')\ndef anything(): pass": (f"there is no hook 'xyz'; {THE_HOOKS}"),
    NOTHING + "@hookimpl\ndef fletching_start(manager): raise SystemExit(4)": (
        f"{UNUSABLE}it called sys.exit(4) while it was imported"
    ),
}


@pytest.mark.parametrize(("source", "cause"), list(SKIPPED.items()))
def test_a_hooks_module_that_cannot_be_used_is_skipped_once_and_the_others_run(
    site: Site, source: str, cause: str
) -> None:
    site.add("fletching-bad", {"hooks": {"bad": "bad"}}, modules={"bad": source} if source else {})
    site.add("fletching-good", {"hooks": {"good": "good"}}, modules={"good": GOOD})
    found = only(site)
    with pytest.warns(errors.PluginWarning) as caught:
        assert asked(found) == 2
    assert [str(one.message) for one in caught] == [f"hooks of fletching-bad 1.0 were skipped: {cause}"]
    assert asked(found) == 2
    names = {one.plugin_name for one in found.hook.fletching_start.get_hookimpls()}
    assert "fletching-bad:bad" not in names


@pytest.mark.parametrize(("source", "cause"), list(SKIPPED.items()))
def test_strict_raises_instead(site: Site, source: str, cause: str, monkeypatch: pytest.MonkeyPatch) -> None:
    site.add("fletching-bad", {"hooks": {"bad": "bad"}}, modules={"bad": source} if source else {})
    monkeypatch.setenv("FLETCHING_STRICT", "1")
    found = only(site)
    for _ in range(2):
        with pytest.raises(errors.PluginError) as caught:
            asked(found)
        assert str(caught.value) == cause
    assert asked(only(site, block="*")) == 1


def test_a_hooks_module_too_new_for_core_is_skipped(site: Site) -> None:
    site.add("fletching-bad", {"hooks": {"bad": "bad"}}, requires=("fletching>=5",))
    with pytest.warns(
        errors.PluginWarning, match=r"fletching-bad 1.0 needs fletching >=5, this is fletching 0.1.0; install"
    ):
        assert asked(only(site)) == 1


def test_wrong_arguments_are_found_when_it_is_loaded(site: Site) -> None:
    source = NOTHING + "@hookimpl\ndef fletching_start(mangaer): pass"
    site.add("fletching-bad", {"hooks": {"bad": "bad"}}, modules={"bad": source})
    with pytest.warns(errors.PluginWarning, match="mangaer"):
        assert asked(only(site)) == 1


def test_two_hooks_modules_of_one_name_both_count(site: Site) -> None:
    site.add("fletching-good", {"hooks": {"good": "good"}}, modules={"good": GOOD})
    site.add("fletching-better", {"hooks": {"good": "better"}}, modules={"better": GOOD})
    assert asked(only(site)) == 3


def test_a_broken_hooks_module_does_not_keep_a_task_from_running(site: Site) -> None:
    site.add("fletching-bad", {"hooks": {"bad": "bad"}}, modules={"bad": "raise SystemExit(1)"})

    def add(a: int, b: int) -> int:
        return a + b

    with use_manager(only(site)), pytest.warns(errors.PluginWarning, match="hooks of fletching-bad 1.0 were skipped"):
        assert task(add)(a=1, b=2) == 3


# By hand


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
