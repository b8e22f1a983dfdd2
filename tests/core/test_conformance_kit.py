"""The conformance kit lets good plugins pass, names what is wrong with others, and cannot be weakened quietly."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, ClassVar

import pytest

import fletching.testing
from fletching import TaskMetadata
from fletching.errors import ConversionError, PluginContractError
from fletching.extend import (
    AsyncPythonFunctionTask,
    Interface,
    PluginManager,
    PythonFunctionTask,
    PythonTask,
    SerializationSettings,
    TypeTransformer,
    default_task_resolver,
    manager,
    preview,
    register_type,
    transformer,
)
from fletching.testing import (
    PluginConformance,
    TaskTypeConformance,
    TransformerConformance,
    isolated_home,  # noqa: F401  # used by plugin_manager
    plugin_manager,  # noqa: F401
)


def failures(kit: Any, *names: str) -> dict[str, str]:
    """Run standard tests of a kit that need no fixtures and tell what failed, and how."""
    found = {}
    for name in names or [name for name in dir(kit) if name.startswith("test_")]:
        try:
            getattr(kit, name)()
        except (AssertionError, pytest.fail.Exception) as error:
            found[name.removeprefix("test_")] = str(error).partition("\n")[0]
    return found


# What a subclass may and must do


def test_an_override_needs_a_reason() -> None:
    class Fine(TransformerConformance):
        annotation = int

        @pytest.mark.xfail(reason="seven is a secret")
        def test_the_same_values_are_refused(self) -> None:
            raise AssertionError

    with pytest.raises(PluginContractError) as refused:

        class Quiet(Fine):
            def test_carry_is_the_way_through_the_wire(self) -> None: ...

    assert str(refused.value) == (
        "Quiet overrides the standard test 'test_carry_is_the_way_through_the_wire'; "
        "mark it @pytest.mark.xfail(reason=...) and say why"
    )
    with pytest.raises(PluginContractError, match="test_fill_writes"):
        type("Removed", (Fine,), {"test_fill_writes_what_to_literal_returns": None})
    with pytest.raises(PluginContractError, match="test_fill_writes"):

        class NoReason(Fine):
            @pytest.mark.xfail
            def test_fill_writes_what_to_literal_returns(self) -> None: ...


def test_tests_of_its_own_are_free() -> None:
    class More(TransformerConformance):
        annotation = int

        def test_more(self) -> None: ...

    class Less(More):
        def test_more(self) -> None: ...

    assert Less.annotation is int


def test_what_is_not_set_is_named() -> None:
    with pytest.raises(PluginContractError) as refused:

        class TestNothing(TaskTypeConformance):
            distribution = "fletching-nothing"

    assert str(refused.value) == (
        "TestNothing does not set 'task_type': the word of its entry point in the group fletching.tasks"
    )


def test_the_kit_lists_its_names() -> None:
    assert fletching.testing.__all__ == sorted(fletching.testing.__all__)
    assert set(dir(fletching.testing)) == set(fletching.testing.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(fletching.testing, "nothing")  # noqa: B009


# Fixtures


def test_a_manager_that_refuses_to_discover(plugin_manager: PluginManager) -> None:  # noqa: F811
    assert manager() is plugin_manager
    assert plugin_manager.names("tasks") == ()
    assert plugin_manager.entries() == ()
    assert plugin_manager.strict


# Transformers


class Word:
    """A mutable value, so that sharing can be told."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Word) and other.text == self.text

    __hash__ = None  # type: ignore[assignment]


class Honest(TypeTransformer[Word]):
    name = "word"

    def literal_type(self) -> Any:
        return transformer(str).literal_type()

    def checked(self, value: Any) -> Word:
        if type(value) is not Word:
            raise ConversionError("Word", preview(value))
        return value

    def to_literal(self, value: Word, /) -> Any:
        return transformer(str).to_literal(self.checked(value).text)

    def to_python(self, literal: Any, /) -> Word:
        return Word(transformer(str).to_python(literal))

    def carry(self, value: Word, /) -> Word:
        return Word(self.checked(value).text)


STRING = transformer(str).literal_type()


class WordConformance(TransformerConformance):
    annotation = Word

    def values(self) -> list[Word]:
        return [Word("a"), Word("")]


@pytest.mark.parametrize(
    ("changes", "failing", "message"),
    [
        ({}, "", ""),
        (
            {"carry": lambda self, value: self.checked(value)},
            "nothing_is_shared_and_nothing_changed",
            "two results share",
        ),
        (
            {"carry": lambda self, value: Word(self.checked(value).text + "x")},
            "carry_is_the_way_through_the_wire",
            "carry gives",
        ),
        ({"carry": lambda self, value: Word(str(value))}, "the_same_values_are_refused", "carry accepts"),
        ({"inline": "type({v}) is not int"}, "an_inline_expression_is_true_only_for_what_stays_itself", "inline says"),
        ({"fill": lambda self, literal, value: None}, "fill_writes_what_to_literal_returns", ""),
        ({"carry_all": lambda self, values: list(values[:1])}, "many_at_once_is_one_by_one", "carry_all gives"),
        (
            {"literal_type": lambda self: STRING},
            "the_wire_type_is_built_anew",
            "literal",
        ),
    ],
    ids=["honest", "shares", "differs", "accepts", "inline", "fill", "many", "type"],
)
def test_a_transformer_that_breaks_the_law_is_named(changes: dict[str, Any], failing: str, message: str) -> None:
    cls = type("Changed", (Honest,), changes)
    undo = register_type(Word, lambda annotation, extras: cls(annotation))
    try:
        found = failures(WordConformance())
    finally:
        undo()
    if failing:
        assert found[failing].startswith(message)
    else:
        assert found == {}


# Task types


class Loud:
    task_type: ClassVar[str] = "loud"


class LoudTask(PythonFunctionTask[Loud]):
    def __init__(self, task_config: Loud, task_function: Any, **kwargs: Any) -> None:
        super().__init__(task_config, task_function, task_type="loud", **kwargs)


def upper(words: list[str]) -> list[str]:
    return [word.upper() for word in words]


class LoudConformance(TaskTypeConformance):
    distribution = "fletching-loud"
    task_type = "loud"
    made: type[PythonTask[Any]] = LoudTask

    def make_task(self, metadata: TaskMetadata | None = None) -> PythonTask[Any]:
        return self.made(Loud(), upper, metadata=metadata)  # type: ignore[arg-type]

    def example(self) -> tuple[dict[str, Any], Any]:
        return {"words": ["a"]}, ["A"]


IN_PROCESS = (
    "test_one_word_everywhere",
    "test_a_call_returns_what_is_expected",
    "test_a_call_shares_nothing_and_changes_nothing",
    "test_it_serializes_the_same_way_twice",
    "test_metadata_is_kept_and_written",
    "test_metadata_is_honoured",
    "test_a_wrong_call_says_what_is_wrong",
    "test_a_wrong_value_says_what_is_wrong",
)


class WrongWord(LoudTask):
    @property
    def task_type(self) -> str:
        return "quiet"


class Forgetful(LoudTask):
    def __init__(self, task_config: Loud, task_function: Any, **kwargs: Any) -> None:
        super().__init__(task_config, task_function)


class Counting(LoudTask):
    calls = 0

    def execute(self, **kwargs: Any) -> Any:
        self.calls += 1
        return super().execute(**kwargs)

    def get_custom(self, settings: SerializationSettings) -> dict[str, Any]:
        return {"calls": self.calls}


class Empty(LoudTask):
    def execute(self, **kwargs: Any) -> Any:
        return []


@pytest.mark.parametrize(
    ("made", "failing"),
    [
        (LoudTask, set()),
        (WrongWord, {"one_word_everywhere"}),
        (Forgetful, {"metadata_is_kept_and_written", "metadata_is_honoured"}),
        (Counting, {"it_serializes_the_same_way_twice"}),
        (Empty, {"a_call_returns_what_is_expected", "metadata_is_honoured"}),
    ],
)
def test_a_task_type_that_breaks_a_rule_is_named(made: type[LoudTask], failing: set[str]) -> None:
    kit = type("Kit", (LoudConformance,), {"made": made})()
    assert set(failures(kit, *IN_PROCESS)) == failing


def test_an_async_task_is_awaited() -> None:
    async def later(words: list[str]) -> list[str]:
        return upper(words)

    class Later(AsyncPythonFunctionTask[Loud]):
        pass

    class Kit(LoudConformance):
        def make_task(self, metadata: TaskMetadata | None = None) -> PythonTask[Any]:
            return Later(Loud(), later, task_type="loud", task_resolver=default_task_resolver, metadata=metadata)

    assert failures(Kit(), *IN_PROCESS) == {}


def test_a_task_without_inputs_has_no_misfits() -> None:
    class Still(PythonTask[None]):
        def execute(self, **kwargs: Any) -> Any:
            return None

    class Kit(LoudConformance):
        def make_task(self, metadata: TaskMetadata | None = None) -> PythonTask[Any]:
            return Still("loud", "still", None, Interface(), metadata=metadata)

        def example(self) -> tuple[dict[str, Any], Any]:
            return {}, None

    assert failures(Kit(), *IN_PROCESS) == {}


# Packages


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put a distribution of that name on the path of this process and those it starts."""

    def put(name: str, files: dict[str, str], metadata: str, entry_points: str) -> PluginConformance:
        package = f"fletching_{name}"
        for file, code in files.items():
            (tmp_path / package / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / package / file).write_text(code)
        info = tmp_path / f"{package}-1.0.dist-info"
        info.mkdir()
        head = f"Metadata-Version: 2.4\nName: fletching-{name}\nVersion: 1.0\n"
        (info / "METADATA").write_text(head + metadata)
        (info / "entry_points.txt").write_text(entry_points)
        importlib.invalidate_caches()
        kit: PluginConformance = type("Kit", (PluginConformance,), {"distribution": f"fletching-{name}"})()
        return kit

    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return put


GOOD = "Summary: Good\nLicense-File: LICENSE\nRequires-Dist: fletching<0.2,>=0.1\n\n# Good\n"


def test_a_good_package_passes(install: Any) -> None:
    init = (
        '__all__ = ["Config"]\n\ndef __getattr__(name):\n    if name != "Config":\n        raise AttributeError(name)\n'
    )
    init += "    from fletching_good.config import Config\n    return Config\n\ndef __dir__():\n    return __all__\n"
    config = "from fletching.errors import ConfigError\nclass Config: pass\n"
    files = {"__init__.py": init, "config.py": config, "task.py": "class Task: pass\n", "py.typed": ""}
    kit = install("good", files, GOOD, "[fletching.tasks]\ngood = fletching_good.task:Task\n")
    assert failures(kit) == {}


def test_a_bad_package_is_told_everything_at_once(install: Any) -> None:
    files = {
        "__init__.py": "import fletching.metadata, msgpack\nprint('hello')\n__all__ = ['b', 'a']\na = b = 1\n"
        "def __dir__():\n    return []\n",
        "config.py": "import msgpack\n",
    }
    kit = install("bad", files, "Requires-Dist: fletching>=0.1\n", "[fletching.tasks]\nbad = json:loads\n")
    assert failures(kit) == {
        "every_entry_point_loads_from_the_package": "'bad' leads to 'json:loads', not here",
        "importing_the_package_loads_nothing_else": "importing fletching_bad prints 'hello\\n'",
        "only_public_names_of_core_are_used": (
            "__init__.py:1 imports fletching.metadata; a plugin uses fletching, fletching.errors, fletching.extend"
        ),
        "the_config_needs_the_standard_library_alone": found_in_config(kit),
        "the_public_names_are_listed_and_there": "fletching_bad.__all__ is not sorted",
        "the_range_on_core_has_two_ends": "require a range such as 'fletching>=0.1,<0.2', not '>=0.1'",
        "the_wheel_is_complete": "fletching_bad/py.typed is missing",
    }


def found_in_config(kit: PluginConformance) -> str:
    message = failures(kit, "test_the_config_needs_the_standard_library_alone").popitem()[1]
    assert message.startswith("importing fletching_bad.config loads [")
    assert "'msgpack'" in message
    return message


def test_a_package_that_cannot_be_imported_says_why(install: Any) -> None:
    kit = install(
        "gone", {"__init__.py": "import no_such_library\n"}, GOOD, "[fletching.types]\nx = fletching_gone:x\n"
    )
    with pytest.raises(AssertionError, match="No module named 'no_such_library'"):
        kit.test_importing_the_package_loads_nothing_else()
