"""How a container finds its task: resolvers of all kinds, hooks around it, packages it wants installed."""

from __future__ import annotations

import json
import os
import sys
import venv
import zipfile
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

from containers import Container, program
from distributions import Site, metadata_text

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
from fletching import PythonInstanceTask, TaskResolverMixin, current_context, task
from fletching.extend import ClassStorageTaskResolver
from fletching.interface import Interface

@task(environment={"LEVEL": "high"})
def plain(a: int) -> int:
    import os
    assert os.environ["LEVEL"] == "high"
    return a + 1

class Doubles(PythonInstanceTask):
    def pre_execute(self, user_params):
        return user_params.with_attributes(session="open")
    def execute(self, a):
        assert current_context().session == "open"
        return 2 * a
    def post_execute(self, user_params, rval):
        return rval + 1

doubles = Doubles("doubles", None, interface=Interface({"a": int}, {"o0": int}))

storage = ClassStorageTaskResolver()

def made(number):
    return Doubles(f"made-{number}", None, interface=Interface({"a": int}, {"o0": int}), task_resolver=storage)

for number in range(3):
    storage.add(made(number))

class ByName(TaskResolverMixin):
    location = "code_of_test.by_name"
    def name(self):
        return "ByName"
    def load_task(self, loader_args):
        return globals()[loader_args[0]]
    def loader_args(self, settings, t):
        return [t.find_lhs()]
    def get_all_tasks(self):
        return []

by_name = ByName()
"""

HOOKS = """
import contextlib
from fletching.extend import hookimpl

class Hooks:
    @hookimpl
    def fletching_around_execution(self, execution):
        @contextlib.contextmanager
        def around():
            print("around", execution.task_name, execution.executor)
            yield
            print("after")
        return around()

hooks = Hooks()
"""


@pytest.fixture
def container(tmp_path: Path) -> Container:
    container = Container(tmp_path, CODE)
    container.give({"a": 3})
    return container


@pytest.mark.parametrize(
    ("resolver", "words", "result"),
    [
        ("flytekit.core.python_auto_container.default_task_resolver", "task-module code_of_test task-name plain", 4),
        ("fletching.resolver.default_task_resolver", "task-module code_of_test task-name doubles more words", 7),
        ("code_of_test.storage", "2", 7),
        ("code_of_test.by_name", "plain", 4),
        ("code_of_test.ByName", "plain", 4),
    ],
)
def test_every_resolver_finds_its_task(container: Container, resolver: str, words: str, result: int) -> None:
    command = container.command("", "--resolver", resolver, words=tuple(words.split()))
    assert container.finish(command).outputs(o0=int) == {"o0": result}


def test_a_task_of_another_version_of_the_code(container: Container) -> None:
    for words, told in ((("3",), "there is no task 3: 3 were added"), (("x",), "expected the number of a task")):
        ended = container.finish(container.command("", "--resolver", "code_of_test.storage", words=words))
        assert ended.verdict == ("USER:RuntimeError", "NON_RECOVERABLE", "USER")
        assert told in ended.error.message


def test_a_task_of_flytekit_is_told_from_one_of_ours(container: Container, tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    site.add("flytekit", modules={"flytekit": "class PythonFunctionTask: pass\n"})
    (tmp_path / "old_code.py").write_text("import flytekit\nt = flytekit.PythonFunctionTask()\n")
    command = container.command("", words=("task-module", "old_code", "task-name", "t"))
    ended = container.finish(command, PYTHONPATH=str(site.folder))
    assert "old_code.t is PythonFunctionTask of flytekit, not a task" in ended.error.message


def test_numbers_of_a_storage_are_the_same_everywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from fletching.errors import ResolverError

    Container(tmp_path, CODE)
    monkeypatch.syspath_prepend(str(tmp_path))
    import code_of_test  # type: ignore[import-not-found]  # made above

    try:
        storage = code_of_test.storage
        assert storage.location == "code_of_test.storage"
        for number, task in enumerate(storage.get_all_tasks()):
            assert storage.loader_args(None, task) == [str(number)]
            assert storage.load_task([str(number)]) is task
        with pytest.raises(ResolverError, match="was not added to the resolver"):
            storage.loader_args(None, code_of_test.plain)
    finally:
        del sys.modules["code_of_test"]


def test_hooks_are_around_it(container: Container, tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    site.add("watching", {"hooks": {"watching": "watching_hooks:hooks"}}, modules={"watching_hooks": HOOKS})
    ended = container.run("plain", PYTHONPATH=str(site.folder))
    assert ended.outputs(o0=int) == {"o0": 4}
    assert ended.output == "around code_of_test.plain container\nafter\n"


def test_packages_that_cannot_be_installed_are_told(container: Container, tmp_path: Path) -> None:
    missing = f"{tmp_path}/no-such-package.whl"
    ended = container.run("plain", _F_RUNTIME_PACKAGES=missing)
    assert ended.verdict == ("SYSTEM", "RECOVERABLE", "SYSTEM")
    assert "the packages of _F_RUNTIME_PACKAGES cannot be installed" in ended.error.message
    assert "no-such-package" in ended.error.message


def test_packages_are_installed_before_the_code_is_imported(tmp_path: Path) -> None:
    """In an environment of its own, by the installer that such an environment has."""
    wheel = tmp_path / "runtime_extra-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("runtime_extra.py", "VALUE = 41\n")
        file.writestr("runtime_extra-1.0.dist-info/METADATA", metadata_text("runtime-extra", "1.0"))
        file.writestr("runtime_extra-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        file.writestr("runtime_extra-1.0.dist-info/RECORD", "")
    venv.create(tmp_path / "env")
    code = "import runtime_extra\nfrom fletching import task\n@task\ndef t() -> int:\n    return runtime_extra.VALUE\n"
    container = Container(tmp_path, code)
    main = "import sys; from fletching.container.main import execute; sys.exit(execute())"
    command = [str(tmp_path / "env" / "bin" / "python"), "-c", main, *container.command("t")[1:]]
    libraries = [path for path in sys.path if path.endswith(("site-packages", "src"))]
    places = {"PYTHONPATH": os.pathsep.join(libraries), "PATH": os.path.dirname(find_uv_bin())}
    ended = container.finish(command, _F_RUNTIME_PACKAGES=f"--offline --no-cache {wheel}", **places)
    assert ended.outputs(o0=int) == {"o0": 41}


OBJECTS = """
from functools import partial
from fletching import task
from json import JSONEncoder

def add(a: int, b: int) -> int:
    return a + b

class Scale(JSONEncoder):
    def __call__(self, a: int) -> int:
        return 3 * a

added = task(partial(add, b=1))
scaled = task(Scale())
"""


def test_a_task_of_an_object_that_can_be_called_is_found_by_its_variable(tmp_path: Path) -> None:
    container = Container(tmp_path, OBJECTS)
    container.give({"a": 5})
    rendered = container.finish([program("fletch"), "render", "code_of_test.py"])
    found = [one["task"]["template"] for one in json.loads(rendered.output)]
    assert [one["id"]["name"] for one in found] == ["code_of_test.partial", "code_of_test.Scale"]
    words = [tuple(one["container"]["args"][-4:]) for one in found]
    results = [container.finish(container.command("", words=each)).outputs(o0=int) for each in words]
    assert results == [{"o0": 6}, {"o0": 15}]


PACKAGE = """
from fletching import task

print("imported")

@task
def t(a: int) -> int:
    return a + 1

assert t.name == "made.inner.__init__.t"
"""


@pytest.mark.parametrize("module", ["made.inner.__init__", "made.inner"])
def test_a_task_of_a_package_itself_is_found_by_both_of_its_names(module: str, tmp_path: Path) -> None:
    container = Container(tmp_path, "")
    container.give({"a": 5})
    (tmp_path / "made" / "inner").mkdir(parents=True)
    (tmp_path / "made" / "__init__.py").touch()
    (tmp_path / "made" / "inner" / "__init__.py").write_text(PACKAGE)
    ended = container.finish(container.command("", words=("task-module", module, "task-name", "t")))
    assert ended.outputs(o0=int) == {"o0": 6}
    assert ended.output == "imported\n"
