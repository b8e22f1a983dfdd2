"""Who is asked for a name, in which order; configs; public names; threads."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from distributions import SOURCE, Site
from fletching import errors
from fletching.extend import PythonFunctionTask, PythonTask, TaskPlugins, hookimpl, use_manager
from fletching.installed import Installed
from fletching.plugins import PluginManager, manager
from sites import SHOUT, entry, only


class Mine(PythonFunctionTask[Any]):
    """A task class of this process."""


class Other(PythonFunctionTask[Any]):
    """Another."""


def test_what_the_process_provides_comes_first(site: Site) -> None:
    site.add("fletching-shout", {"tasks": {"shout": "shout:Shout"}}, modules={"shout": SHOUT})
    found = only(site)
    undo_mine = found.provide("tasks", "shout", Mine)
    assert found.load("tasks", "shout") is Mine
    undo_other = found.provide("tasks", "shout", Other)
    assert found.load("tasks", "shout") is Other
    undo_mine()
    assert found.load("tasks", "shout") is Other
    undo_other()
    undo_other()
    assert found.load("tasks", "shout") is sys.modules["shout"].Shout


def test_a_provided_name_is_listed_and_checked() -> None:
    found = PluginManager(discover=False)
    undo = found.provide("tasks", "mine", Mine)
    assert found.names("tasks") == ("mine",)
    undo()
    assert found.names("tasks") == ()
    with pytest.raises(
        errors.PluginContractError, match="task type 'mine' of this process must be a subclass of PythonTask"
    ):
        found.provide("tasks", "mine", int)


def test_the_hook_comes_before_what_is_installed_and_is_asked_once() -> None:
    asked = []

    class Answers:
        @hookimpl
        def fletching_provide(self, kind: str, name: str) -> object:
            asked.append((kind, name))
            return Mine if name == "mine" else None

    found = PluginManager(installed=Installed([entry(kind="executors", value="builtins:int", name="mine")]))
    found.register(Answers())
    assert found.load("executors", "mine") is Mine
    assert found.load("executors", "mine") is Mine
    assert asked == [("executors", "mine")]
    assert found.find("executors", "shout") is None


def test_a_blocked_name_is_not_given_by_a_hook_either() -> None:
    class Answers:
        @hookimpl
        def fletching_provide(self, kind: str, name: str) -> object:
            return Mine

    found = PluginManager(discover=False, block=["mine"])
    found.register(Answers())
    assert found.find("tasks", "mine") is None
    assert found.find("tasks", "other") is Mine


def test_what_a_hook_gives_is_checked() -> None:
    class Answers:
        @hookimpl
        def fletching_provide(self, kind: str, name: str) -> object:
            return 5

    found = PluginManager(discover=False)
    found.register(Answers())
    with pytest.raises(
        errors.PluginContractError, match="task type 'x' of a plugin must be a subclass of PythonTask, got 5"
    ):
        found.find("tasks", "x")


def test_something_installed_meanwhile_is_found(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    found = PluginManager()
    with pytest.raises(errors.UnknownTaskTypeError):
        found.load("tasks", "shout")
    site.add("fletching-shout", {"tasks": {"shout": "shout:Shout"}}, modules={"shout": SHOUT})
    assert found.load("tasks", "shout").__name__ == "Shout"


def test_an_entry_point_edited_by_hand_is_noticed_before_it_is_loaded(site: Site) -> None:
    info = site.add("fletching-shout", {"tasks": {"shout": "nowhere:Shout"}}, modules={"shout": SHOUT})
    found = PluginManager()
    assert found.names("tasks")
    text = (info / "entry_points.txt").read_text(encoding="utf-8")
    (info / "entry_points.txt").write_text(text.replace("nowhere", "shout"), encoding="utf-8")
    assert found.load("tasks", "shout").__name__ == "Shout"


def test_a_range_edited_by_hand_is_noticed_before_it_is_loaded(site: Site) -> None:
    site.add("fletching", version="0.1.0")
    info = site.add("fletching-shout", {"tasks": {"shout": "shout:Shout"}}, modules={"shout": SHOUT})
    found = PluginManager()
    assert found.names("tasks")
    with (info / "METADATA").open("a", encoding="utf-8") as file:
        file.write("Requires-Dist: fletching>=99\n")
    with pytest.raises(errors.PluginIncompatibleError):
        found.load("tasks", "shout")


# Configs


class Pod:
    """A config whose class names its plugin."""

    task_type = "sidecar"


class BigPod(Pod):
    """A config that inherits the word."""


class Plain:
    """A config without a word."""


class BigPlain(Plain):
    """A config whose base has none either."""


def test_a_config_finds_its_task_class_by_the_word_it_inherits() -> None:
    found = PluginManager(discover=False)
    found.provide("tasks", "sidecar", Mine)
    assert found.task_class_for(Pod()) is Mine
    assert found.task_class_for(BigPod()) is Mine
    assert found.task_class_for(None) is None


def test_a_config_without_a_word_is_found_by_hand_or_refused() -> None:
    found = PluginManager(installed=Installed([entry()]))
    with pytest.raises(errors.ConfigError) as caught:
        found.task_class_for(BigPlain())
    assert str(caught.value) == (
        f"no task type handles a task_config of type '{__name__}.BigPlain': the class names no task_type, and was not "
        "registered with TaskPlugins; installed task types: shout"
    )
    found.register_config(Plain, Mine)
    assert found.task_class_for(BigPlain()) is Mine
    found.register_config(BigPlain, Other)
    assert found.task_class_for(BigPlain()) is Other
    assert found.task_class_for(Plain()) is Mine


def test_the_class_itself_is_not_a_config() -> None:
    with pytest.raises(errors.ConfigError) as caught:
        PluginManager(discover=False).task_class_for(Pod)
    assert str(caught.value) == "task_config got the class 'Pod' itself; pass an instance: Pod(...)"


def test_a_missing_plugin_of_a_config_says_what_to_install() -> None:
    with pytest.raises(errors.UnknownTaskTypeError, match="pip install fletching-pod"):
        PluginManager(discover=False).task_class_for(BigPod())


def test_task_plugins_is_a_face_of_the_manager() -> None:
    with use_manager(PluginManager(discover=False)) as found:
        assert manager() is found
        assert TaskPlugins.find_pythontask_plugin(Plain) is PythonFunctionTask
        TaskPlugins.register_pythontask_plugin(Plain, Mine)
        TaskPlugins.register_pythontask_plugin(Plain, Mine)
        assert TaskPlugins.find_pythontask_plugin(BigPlain) is Mine
        with pytest.raises(errors.PluginContractError) as caught:
            TaskPlugins.register_pythontask_plugin(Plain, Other)
        assert str(caught.value) == "config 'Plain' is already handled by 'Mine'; 'Other' cannot take it over"
        found.provide("tasks", "sidecar", Mine)
        TaskPlugins.register_pythontask_plugin(Pod, Mine)
        with pytest.raises(TypeError, match="config 'Pod' is already handled by 'Mine'"):
            TaskPlugins.register_pythontask_plugin(Pod, Other)
        with pytest.raises(TypeError, match="must be a class, got"):
            TaskPlugins.register_pythontask_plugin(Plain(), Mine)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="must be a subclass of PythonTask"):
            TaskPlugins.register_pythontask_plugin(dict, int)  # type: ignore[arg-type]


def test_a_task_with_an_unhandled_config_is_refused_and_never_a_plain_one() -> None:
    import fletching

    with use_manager(PluginManager(discover=False)), pytest.raises(errors.ConfigError, match="no task type handles"):
        fletching.task(task_config=Plain())(lambda: None)


# Public names of plugins


def test_a_public_name_of_a_plugin_that_is_not_installed(tmp_path: Path) -> None:
    program = "from fletching import Pod"
    run = subprocess.run(
        [sys.executable, "-S", "-P", "-c", program],
        env={"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr.strip().splitlines()[-1] == (
        "fletching.errors.UnknownPluginError: 'Pod' comes with fletching-pod, not installed; pip install fletching-pod"
    )


# Many threads


def test_threads_share_one_answer(site: Site) -> None:
    counting = "with open(__file__ + '.log', 'a') as file:\n    file.write('x')\n"
    site.add(
        "fletching-shout", {"executors": {"shout": "shout:Shout"}}, modules={"shout": counting + "def Shout(): pass"}
    )
    site.add("fletching-audit", {"hooks": {"audit": "audit"}}, modules={"audit": AUDIT})
    found = only(site)
    together = threading.Barrier(16)
    got: list[object] = []

    def ask() -> None:
        together.wait()
        got.append(
            (found.load("executors", "shout"), tuple(found.around_execution(None)), found.has_hooks("fletching_start"))
        )  # type: ignore[arg-type]

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 16
    assert len(set(got)) == 1
    assert (site.folder / "shout.py.log").read_text(encoding="utf-8") == "x"
    assert (site.folder / "audit.py.log").read_text(encoding="utf-8") == "x"


AUDIT = """
    from fletching.extend import hookimpl
    with open(__file__ + '.log', 'a') as file:
        file.write('x')

    @hookimpl
    def fletching_provide(kind, name):
        return None
"""


def test_one_manager_for_the_process() -> None:
    assert manager() is manager()
    assert issubclass(Mine, PythonTask)
