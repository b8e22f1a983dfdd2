"""What holds for every task type, as tests."""

from __future__ import annotations

import datetime as dt
import inspect
from abc import abstractmethod
from importlib import metadata
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from fletching.errors import CallError, ConversionError, PluginBlockedError, TaskDeprecatedWarning
from fletching.metadata import TaskMetadata
from fletching.testing.conformance import Conformance
from fletching.testing.fixtures import isolate
from fletching.testing.fresh import run_freshly
from fletching.testing.values import alike, mutable_parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyteidl.core.tasks_pb2 import TaskTemplate

    from fletching.python_task import PythonTask
    from fletching.run.events import Event

__all__ = ["TaskTypeConformance", "template_of"]

LISTING = """
import sys
from fletching.plugins import PluginManager
print(sys.argv[1] in PluginManager(strict=True, block=()).names("tasks"), sys.argv[2] in sys.modules)
"""


class TaskTypeConformance(Conformance):
    """Checks one task type: it is found by its word, runs, serializes, and means by metadata what everyone means."""

    needed: ClassVar[Mapping[str, str]] = {
        "distribution": "the name it is installed by, such as 'fletching-shout'",
        "task_type": "the word of its entry point in the group fletching.tasks",
    }

    distribution: ClassVar[str]
    """The name it is installed by."""

    task_type: ClassVar[str]
    """The one word: entry point, config, template."""

    immutable: ClassVar[tuple[type, ...]] = ()
    """Types whose instances caller and task may share, because nobody can change them."""

    @abstractmethod
    def make_task(self, metadata: TaskMetadata | None = None) -> PythonTask[Any]:
        """Return a new task of this type, with the given metadata, or its own if that is None."""
        raise NotImplementedError

    @abstractmethod
    def example(self) -> tuple[Mapping[str, Any], Any]:
        """Return inputs for that task, and what a call with them returns."""
        raise NotImplementedError

    def misfits(self) -> Mapping[str, Any]:
        """Return the example's inputs with one that does not fit; override it where a plain object would."""
        given = dict(self.example()[0])
        return {**given, next(iter(given)): object()} if given else {}

    def alike(self, got: Any, expected: Any) -> bool:
        """Return whether a call returned the expected; override it for types whose ``==`` is not a bool."""
        return bool(got == expected) or alike(got, expected)

    @pytest.fixture(autouse=True)
    def _apart(self, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
        isolate(tmp_path_factory, monkeypatch)

    def test_its_word_leads_to_its_class(self) -> None:
        """The manager finds the class by name, from the metadata of this distribution."""
        from fletching.extend import PluginManager, PythonTask

        points = metadata.distribution(self.distribution).entry_points.select(group="fletching.tasks")
        assert self.task_type in points.names, f"{self.distribution} has no entry point {self.task_type!r}"
        plugins, task = PluginManager(strict=True, block=()), self.make_task()
        found = plugins.load("tasks", self.task_type)
        assert issubclass(found, PythonTask), f"{self.task_type!r} leads to {found!r}, which is no PythonTask"
        claimed = points[self.task_type].load()
        assert found is claimed, f"{self.task_type!r} leads to {found!r}, and the entry point to {claimed!r}"
        assert isinstance(task, found), f"make_task() gives no {found.__name__}"
        if task.task_config is not None:
            handler = plugins.task_class_for(task.task_config)
            assert handler is found, f"the config is handled by {handler!r}, not by {found!r}"

    def test_it_is_listed_without_being_imported(self) -> None:
        """Installing a plugin costs nothing until its word is used."""
        package = type(self.make_task()).__module__.partition(".")[0]
        listed, imported = run_freshly(LISTING, self.task_type, package).split()
        assert listed == "True", f"{self.task_type!r} is not among the task types"
        assert imported == "False", f"listing the task types imports {package}"

    def test_it_can_be_switched_off(self) -> None:
        """A user blocks it by the same word."""
        from fletching.extend import PluginManager

        with pytest.raises(PluginBlockedError, match=self.task_type):
            PluginManager(strict=True, block=(self.task_type,)).load("tasks", self.task_type)

    def test_one_word_everywhere(self) -> None:
        """Entry point, task, config and template say the same."""
        task = self.make_task()
        assert task.task_type == self.task_type, f"the task says {task.task_type!r}, not {self.task_type!r}"
        written = template_of(task).type
        assert written == self.task_type, f"the template says {written!r}, not {self.task_type!r}"
        if task.task_config is not None:
            said = getattr(type(task.task_config), "task_type", None)
            assert said == self.task_type, f"{type(task.task_config).__name__}.task_type is {said!r}"

    def test_a_call_returns_what_is_expected(self) -> None:
        """It runs here, by position as by name, and twice."""
        task = self.make_task()
        inputs, expected = self.example()
        in_order = [inputs[name] for name in task.python_interface.inputs if name in inputs]
        for got in (call(task, **inputs), call(task, *in_order)):
            assert self.alike(got, expected), f"expected {expected!r}, got {got!r}"

    def test_a_call_shares_nothing_and_changes_nothing(self) -> None:
        """What the caller does to its values later, the task never sees, and the other way round."""
        inputs, _ = self.example()
        untouched, _ = self.example()
        answer = mutable_parts(call(self.make_task(), **inputs), self.immutable)
        for name, value in inputs.items():
            assert self.alike(value, untouched[name]), f"the call changed its argument {name!r}"
            both = mutable_parts(value, self.immutable).keys() & answer.keys()
            assert not both, f"argument {name!r} and the result share {answer[min(both)]!r}"

    def test_it_serializes_the_same_way_twice(self) -> None:
        """Writing a template changes nothing, and neither does a call."""
        task = self.make_task()
        first = template_of(task)
        assert first == template_of(task), "two serializations of one task differ"
        call(task, **self.example()[0])
        assert first == template_of(task), "a call changes what the task serializes to"
        assert first == template_of(self.make_task()), "two tasks made alike serialize differently"
        assert first.task_type_version == task.task_type_version, "the template has another task_type_version"
        written, declared = first.interface, task.python_interface
        assert set(written.inputs.variables) == set(declared.inputs), "the template has other inputs"
        assert set(written.outputs.variables) == set(declared.outputs), "the template has other outputs"

    def test_metadata_is_kept_and_written(self) -> None:
        """What a user asks for reaches the task and its template."""
        asked = TaskMetadata(
            retries=2,
            timeout=dt.timedelta(minutes=3),
            cache=True,
            cache_version="7",
            interruptible=True,
            deprecated="go",
        )
        task = self.make_task(asked)
        written, expected = template_of(task).metadata, asked.to_taskmetadata_model()
        for name in ("retries", "timeout", "cache", "cache_version", "interruptible", "deprecated"):
            assert getattr(task.metadata, name) == getattr(asked, name), f"the task changes {name!r}"
        for name in (
            "retries",
            "timeout",
            "discoverable",
            "discovery_version",
            "interruptible",
            "deprecated_error_message",
        ):
            assert getattr(written, name) == getattr(expected, name), f"the template changes {name!r}"

    def test_metadata_is_honoured(self) -> None:
        """Deprecation warns, a deadline that is not reached changes nothing, an equal call comes from the cache."""
        from fletching.extend import observe

        inputs, expected = self.example()
        with pytest.warns(TaskDeprecatedWarning, match="use the other one"):
            call(self.make_task(TaskMetadata(deprecated="use the other one")), **inputs)
        timed = call(self.make_task(TaskMetadata(timeout=60)), **inputs)
        assert self.alike(timed, expected), f"with a timeout, expected {expected!r}, got {timed!r}"
        task = self.make_task(TaskMetadata(cache=True, cache_version="1"))
        heard: list[Event] = []
        with observe(heard.append):
            answers = [call(task, **inputs), call(task, **inputs)]
        ended = [event.kind for event in heard if event.kind in ("finished", "cached")]
        assert ended == ["finished", "cached"], f"two equal calls of a cached task ended as {ended}"
        assert all(self.alike(answer, expected) for answer in answers), f"the cache gives {answers[1]!r}"

    def test_a_wrong_call_says_what_is_wrong(self) -> None:
        """An unknown and a missing argument are named, and so is the task."""
        task = self.make_task()
        inputs, _ = self.example()
        with pytest.raises(CallError) as unknown:
            call(task, **inputs, no_such_input=1)
        assert "no_such_input" in str(unknown.value), f"the message does not name the argument: {unknown.value}"
        assert task.short_name in str(unknown.value), f"the message does not name the task: {unknown.value}"
        for needed in set(task.python_interface.inputs) - set(task.python_interface.defaults):
            with pytest.raises(CallError) as missing:
                call(task, **{given: value for given, value in inputs.items() if given != needed})
            assert repr(needed) in str(missing.value), f"the message does not name the argument: {missing.value}"

    def test_a_wrong_value_says_what_is_wrong(self) -> None:
        """A value that does not fit is refused with the task and the argument."""
        wrong = self.misfits()
        if not wrong:
            return
        task = self.make_task()
        with pytest.raises(ConversionError) as refused:
            call(task, **wrong)
        assert refused.value.task == task.short_name, f"the message names no task: {refused.value}"
        assert refused.value.where.startswith("argument "), f"the message names no argument: {refused.value}"


def call(task: PythonTask[Any], *args: Any, **kwargs: Any) -> Any:
    """Call a task and wait for it if it is async."""
    answer = task(*args, **kwargs)
    if not inspect.iscoroutine(answer):
        return answer
    import asyncio

    return asyncio.run(answer)


def template_of(task: PythonTask[Any]) -> TaskTemplate:
    """Return the protobuf a backend would be given for a task, with an image and a project made up for the purpose."""
    from fletching.idl.template import task_template
    from fletching.settings import Image, ImageConfig, SerializationSettings

    image = Image("default", "registry.example/image", "1")
    settings = SerializationSettings(ImageConfig(image), project="project", domain="domain", version="1")
    return task_template(task, settings)
