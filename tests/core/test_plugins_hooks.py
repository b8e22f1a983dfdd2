"""Hooks modules that are installed: when they load, and what a broken one breaks."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from distributions import Site
from fletching import errors, task
from fletching.extend import TaskMetadata
from fletching.hooking import HOOKS
from fletching.plugins import PluginManager, use_manager
from sites import only

NOTHING = "from fletching.extend import hookimpl\n"
GOOD = """
    from fletching.extend import hookimpl

    @hookimpl(wrapper=True)
    def fletching_task_metadata(name, config, metadata):
        found = yield
        return type(found)(retries=found.retries + 1)
"""


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
    NOTHING + "@hookimpl\ndef fletching_start(manager): raise ValueError('no such colour')": (
        f"{UNUSABLE}importing it raised ValueError: no such colour"
    ),
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
