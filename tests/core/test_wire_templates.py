"""What is registered for a task, against what flytekit registers for the same program."""

from __future__ import annotations

import base64
import json
import sys
import types
from pathlib import Path
from typing import Any

import pytest
from flyteidl.admin.task_pb2 import TaskSpec

import fletching
from fletching import Image, ImageConfig, SerializationSettings, accelerators
from fletching.errors import ConfigError
from fletching.extend import PluginManager, PythonAutoContainerTask, hookimpl, task_template, use_manager
from fletching.idl.template import task_spec
from fletching.resolver import DefaultTaskResolver, default_task_resolver

GOLDEN = Path(__file__).parent / "golden"
SPECS = json.loads((GOLDEN / "templates.json").read_text())["specs"]
IMAGE = Image("default", "example.com/image", "v1")
SETTINGS = SerializationSettings(
    image_config=ImageConfig(IMAGE, [IMAGE]), project="p", domain="d", version="v", env={"FROM": "settings"}
)


@pytest.fixture(scope="module")
def tasks() -> Any:
    module = types.ModuleType("template_tasks")
    module.__dict__.update(sdk=fletching, accelerators=accelerators)
    path = GOLDEN / "template_tasks.py"
    sys.modules["template_tasks"] = module
    exec(compile(path.read_text(), str(path), "exec"), module.__dict__)
    yield module
    del sys.modules["template_tasks"]


@pytest.mark.parametrize("name", list(SPECS))
def test_a_task_is_registered_as_flytekit_registers_it(name: str, tasks: Any) -> None:
    theirs = TaskSpec.FromString(base64.b64decode(SPECS[name]))
    ours = task_spec(getattr(tasks, name), SETTINGS)
    # What must differ: the version of the SDK, and the program a container starts with its resolver.
    assert ours.template.metadata.runtime.flavor == "python"
    theirs.template.metadata.runtime.version = ours.template.metadata.runtime.version
    args = list(theirs.template.container.args)
    assert args[0] == "pyflyte-execute"
    args[0] = "fletch-execute"
    args[args.index("--resolver") + 1] = default_task_resolver.location
    theirs.template.container.args[:] = args
    assert str(ours) == str(theirs)


def test_a_wrapper_amends_everyones_template(tasks: Any) -> None:
    class Label:
        @hookimpl(wrapper=True)
        def fletching_task_template(self, task: Any, template: Any) -> Any:
            result = yield
            copy = type(result)()
            copy.CopyFrom(result)
            copy.config["team"] = task.short_name
            return copy

    with use_manager(PluginManager(discover=False)) as manager:
        manager.register(Label())
        assert dict(task_template(tasks.plain, SETTINGS).config) == {"team": "plain"}
    assert dict(task_template(tasks.plain, SETTINGS).config) == {}


def test_serializing_twice_gives_the_same_bytes(tasks: Any) -> None:
    first, second = (task_spec(tasks.types, SETTINGS).SerializeToString(deterministic=True) for _ in range(2))
    assert first == second


def test_a_task_without_function_and_docs_has_no_description() -> None:
    bare: Any = fletching.PythonTask("kind", "bare")
    told: Any = fletching.PythonTask("kind", "told", docs=fletching.Documentation(short_description="short"))
    settings = SerializationSettings(image_config=None)
    assert not task_spec(bare, settings).HasField("description")
    description = task_spec(told, settings).description
    assert description.short_description == "short"
    assert not description.HasField("long_description")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (None, "returned None, expected a list of words"),
        ("run", "returned 'run', expected a list of words"),
        (["run", None], r"returned None as word 1 of \['run', None\], expected a str"),
    ],
)
def test_a_command_that_is_no_list_of_words(words: Any, told: str) -> None:
    def give(*args: Any) -> Any:
        return words

    class Odd(DefaultTaskResolver):
        location = "tests.odd"
        loader_args = give

    class Own(PythonAutoContainerTask[None]):
        get_command = give

    commanded = fletching.task(idle)
    commanded.set_command_fn(give)
    with pytest.raises(ConfigError, match=f"idle': the function given to set_command_fn {told}"):
        task_spec(commanded, SETTINGS)
    resolved = fletching.task(idle, task_resolver=Odd())
    with pytest.raises(ConfigError, match=rf"idle': loader_args\(\) of the resolver 'tests.odd' {told}"):
        task_spec(resolved, SETTINGS)
    with pytest.raises(ConfigError, match=rf"task 'own': get_command\(\) {told}"):
        task_spec(Own("own", None), SETTINGS)


def idle() -> None:
    """Do nothing."""
