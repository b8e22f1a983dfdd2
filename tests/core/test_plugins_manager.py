"""What is installed, and what is said of a name that cannot be had."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from distributions import Site
from fletching import errors
from fletching.extend import PythonFunctionTask
from fletching.installed import Installed
from fletching.plugins import PluginInfo, PluginManager
from sites import SHOUT, entry, only


class Mine(PythonFunctionTask[Any]):
    """A task class of this process."""


def test_a_name_is_imported_when_it_is_asked_for_and_not_before(site: Site) -> None:
    site.add(
        "fletching-shout",
        {"tasks": {"shout": "shout_a:Shout", "whisper": "shout_b:Whisper"}},
        modules={"shout_a": SHOUT},
    )
    found = only(site)
    assert found.names("tasks") == ("shout", "whisper")
    assert [one.state for one in found.entries()] == ["ok", "ok"]
    assert "shout_a" not in sys.modules
    made = found.load("tasks", "shout")
    assert made is sys.modules["shout_a"].Shout
    assert found.find("tasks", "shout") is made
    assert "shout_b" not in sys.modules


def test_every_entry_is_told_with_its_state(site: Site) -> None:
    site.add("fletching-shout", {"tasks": {"shout": "a:B"}}, version="2.0", requires=("fletching>=0.1",))
    site.add("fletching-new", {"executors": {"new": "n:N"}}, requires=("fletching>=99",))
    site.add("fletching-one", {"types": {"x": "one:X"}})
    site.add("fletching-two", {"types": {"x": "two:X"}})
    site.add("fletching-out", {"storage": {"out": "out:O"}})
    core = only(site).installed().core_version
    assert only(site, block="fletching_OUT").entries() == (
        PluginInfo("new", "executors", "fletching-new", "1.0", "n:N", ">=99", "incompatible",
                   f"needs fletching >=99, this is fletching {core}"),
        PluginInfo("out", "storage", "fletching-out", "1.0", "out:O", "", "blocked", "switched off by 'fletching_OUT'"),
        PluginInfo("shout", "tasks", "fletching-shout", "2.0", "a:B", ">=0.1", "ok", ""),
        PluginInfo("x", "types", "fletching-one", "1.0", "one:X", "", "duplicate", "also claimed by fletching-two 1.0"),
        PluginInfo("x", "types", "fletching-two", "1.0", "two:X", "", "duplicate", "also claimed by fletching-one 1.0"),
    )  # fmt: skip


# The errors, as they are read


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("tasks", "sidecar", "nothing installed provides task type 'sidecar'; pip install fletching-pod"),
        ("tasks", "shuot", "nothing installed provides task type 'shuot'; did you mean 'shout'?"),
        ("tasks", "zzz", "nothing installed provides task type 'zzz'; fletch plugins lists what is installed"),
        ("executors", "kubernetes", "nothing installed provides executor 'kubernetes'; pip install fletching-pod"),
    ],
)
def test_an_unknown_name(kind: str, name: str, message: str) -> None:
    found = PluginManager(installed=Installed([entry()]))
    assert found.find(kind, name) is None
    with pytest.raises(errors.UnknownPluginError) as caught:
        found.load(kind, name)
    assert str(caught.value) == message
    assert isinstance(caught.value, LookupError)
    assert isinstance(caught.value, errors.UnknownTaskTypeError) is (kind == "tasks")


def test_an_unknown_kind() -> None:
    found = PluginManager(discover=False)
    for ask in (lambda: found.find("task", "x"), lambda: found.names("task"), lambda: found.provide("task", "x", Mine)):
        with pytest.raises(errors.ConfigError) as caught:
            ask()
        assert str(caught.value) == (
            "there is no kind of plugin 'task'; did you mean 'tasks'?; the kinds are tasks, types, executors, "
            "backends, images, secrets, storage, commands, renderers, hooks"
        )


def test_two_distributions_claim_a_name(site: Site) -> None:
    site.add("fletching-one", {"tasks": {"shout": "one:Shout"}})
    site.add("fletching-two", {"tasks": {"shout": "two:Shout"}}, modules={"two": SHOUT}, version="2.0")
    with pytest.raises(errors.DuplicatePluginError) as caught:
        only(site).load("tasks", "shout")
    assert str(caught.value) == (
        "task type 'shout' of fletching-one 1.0 is also claimed by fletching-two 2.0; uninstall one of them, "
        "or block one: FLETCHING_BLOCK=fletching-one"
    )
    assert only(site, block="fletching-one").load("tasks", "shout") is sys.modules["two"].Shout


@pytest.mark.parametrize("word", ["shout", "fletching-shout", "Fletching.Shout", "*"])
def test_blocked(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLETCHING_BLOCK", f" other, {word} ,")
    found = PluginManager(installed=Installed([entry()]))
    assert found.names("tasks") == ()
    with pytest.raises(errors.PluginBlockedError) as caught:
        found.find("tasks", "shout")
    assert str(caught.value) == (
        f"task type 'shout' of fletching-shout 1.0 is switched off by {word!r} "
        "(FLETCHING_BLOCK, or the manager's block argument); take that word out to use it"
    )
    assert isinstance(caught.value, PermissionError)


def test_core_is_not_blocked_by_a_star_and_nothing_by_an_empty_word() -> None:
    core = Installed([entry(of="fletching", kind="executors", value="builtins:int")])
    assert PluginManager(installed=core, block="*").load("executors", "shout") is int
    assert PluginManager(installed=core, block=" ,").load("executors", "shout") is int
    assert PluginManager(installed=core, block=[]).load("executors", "shout") is int


def test_too_new_for_core() -> None:
    found = PluginManager(installed=Installed([entry(requires=">=9,<10")], core_version="0.1.0"))
    with pytest.raises(errors.PluginIncompatibleError) as caught:
        found.load("tasks", "shout")
    assert str(caught.value) == (
        "task type 'shout' of fletching-shout 1.0 needs fletching >=9,<10, this is fletching 0.1.0; "
        "install a release of fletching-shout made for this core, or the core it needs"
    )


def test_a_range_that_cannot_be_read_is_not_met() -> None:
    found = PluginManager(installed=Installed([entry(requires="banana")], core_version="0.1.0"))
    assert [one.state for one in found.entries()] == ["incompatible"]
    with pytest.raises(errors.PluginIncompatibleError, match=r"needs fletching banana, this is fletching 0\.1\.0"):
        found.load("tasks", "shout")


def test_a_development_version_of_core_is_in_range() -> None:
    found = PluginManager(
        installed=Installed(
            [entry(kind="types", requires=">=0.1,<0.2", value="builtins:int")], core_version="0.1.1.dev3"
        )
    )
    assert found.load("types", "shout") is int


BROKEN = [
    ("", "the plugin itself is missing: there is no module 'shout'; install fletching-shout again"),
    (
        "import kubernetes_of_old",
        (
            "its dependency is missing: there is no module 'kubernetes_of_old'; install fletching-shout again together "
            "with what it needs"
        ),
    ),
    (
        "import shout.helper",
        "the plugin itself is missing: there is no module 'shout.helper'; install fletching-shout again",
    ),
    ("raise SystemExit(3)", "it called sys.exit(3) while it was imported"),
    ("raise SystemExit", "it called sys.exit() while it was imported"),
    ("1 / 0", "importing it raised ZeroDivisionError: division by zero"),
    ("raise BaseException('no')", "importing it raised BaseException: no"),
    ("def", "importing it raised SyntaxError: invalid syntax (shout.py, line 1)"),
    ("Shuot = 1", "module 'shout' has no 'Shout'; did you mean 'Shuot'?"),
    ("def __getattr__(name): raise SystemExit(name)", "it called sys.exit('Shout') while it was imported"),
]


@pytest.mark.parametrize(("source", "why"), BROKEN)
def test_broken_at_import(site: Site, source: str, why: str) -> None:
    site.add("fletching-shout", {"tasks": {"shout": "shout:Shout"}}, modules={"shout": source} if source else {})
    found = only(site)
    for _ in range(2):
        with pytest.raises(errors.PluginBrokenError) as caught:
            found.find("tasks", "shout")
        assert str(caught.value) == f"task type 'shout' of fletching-shout 1.0 cannot be used: {why}"
        assert caught.value.__cause__ is not None
        assert isinstance(caught.value, ImportError)


def test_an_interrupt_is_not_a_broken_plugin(site: Site) -> None:
    site.add("fletching-shout", {"tasks": {"shout": "shout:Shout"}}, modules={"shout": "raise KeyboardInterrupt"})
    with pytest.raises(KeyboardInterrupt):
        only(site).find("tasks", "shout")


@pytest.mark.parametrize("value", ["", "no-module:X", "mod:", "a b", "os:path.", ":X"])
def test_an_entry_point_that_names_nothing(value: str) -> None:
    found = PluginManager(installed=Installed([entry(value=value)]))
    with pytest.raises(errors.PluginBrokenError):
        found.find("tasks", "shout")


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (
            "tasks",
            "builtins:int",
            "task type 'shout' of fletching-shout 1.0 must be a subclass of PythonTask, got <class 'int'>",
        ),
        (
            "tasks",
            "math:pi",
            "task type 'shout' of fletching-shout 1.0 must be a subclass of PythonTask, got 3.141592653589793",
        ),
        ("executors", "math:pi", "executor 'shout' of fletching-shout 1.0 must be callable, got 3.141592653589793"),
    ],
)
def test_what_came_is_not_what_the_kind_promises(kind: str, value: str, message: str) -> None:
    found = PluginManager(installed=Installed([entry(kind=kind, value=value)]))
    with pytest.raises(errors.PluginContractError) as caught:
        found.load(kind, "shout")
    assert str(caught.value) == message
    assert isinstance(caught.value, TypeError)


def test_a_secret_in_a_plugins_error_is_not_shown(site: Site) -> None:
    from fletching.extend import remember_secret

    remember_secret("hunter2-of-the-tests")
    site.add(
        "fletching-shout",
        {"tasks": {"shout": "shout:S"}},
        modules={"shout": "raise ValueError('hunter2-of-the-tests')"},
    )
    with pytest.raises(errors.PluginBrokenError) as caught:
        only(site).find("tasks", "shout")
    assert "hunter2" not in str(caught.value)
