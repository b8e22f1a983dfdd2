"""One element of a map in a container: the command of its template, run by the program that it names."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from containers import Container, program
from fletching.extend import SerializationSettings, to_literal_map

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
from functools import partial
from fletching import map_task, task
from typing import Optional

@task
def scale(number: int, by: float, note: Optional[str] = None) -> float:
    if number == 2:
        raise ValueError("not this one")
    return number * by

@task
def lengths(numbers: list[int]) -> int:
    return len(numbers)

scaled = map_task(partial(scale, by=2.0), min_success_ratio=0.5)
measured = map_task(lengths)
"""
INDEX = {"BATCH_JOB_ARRAY_INDEX_VAR_NAME": "WHICH"}
FLYTEKITS = {
    "fletching_map.resolver.ArrayNodeMapTaskResolver": "flytekit.core.array_node_map_task.ArrayNodeMapTaskResolver",
    "fletching.resolver.default_task_resolver": "flytekit.core.python_auto_container.default_task_resolver",
}


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Container:
    made = Container(tmp_path, CODE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "code_of_test", raising=False)
    return made


def command(container: Container, name: str) -> list[str]:
    """Return the command of a map's template, filled in as a backend does."""
    import code_of_test  # type: ignore[import-not-found]  # made by the fixture

    template = getattr(code_of_test, name).get_command(SerializationSettings.for_image("i:1", "v1"))
    filled = {
        "{{.input}}": str(container.inputs),
        "{{.outputPrefix}}": str(container.outputs),
        "{{.rawOutputDataPrefix}}": str(container.folder / "raw"),
        "{{.checkpointOutputPrefix}}": str(container.folder / "cp"),
        "{{.prevCheckpointPrefix}}": "",
    }
    words = [filled.get(word, word) for word in template]
    assert words[0] == "fletch-map-execute"
    return [program(words[0]), *words[1:]]


def give(container: Container, **values: Any) -> None:
    container.give(
        to_literal_map(
            {name: list[int] if type(value) is list else type(value) for name, value in values.items()}, values
        )
    )


def test_a_container_runs_its_element(container: Container) -> None:
    give(container, number=[1, 2, 3], by=10.0)
    words = command(container, "scaled")
    assert container.finish(words, WHICH="0", **INDEX).outputs(o0=float) == {"o0": 10.0}
    assert container.finish(words, WHICH="1", BATCH_JOB_ARRAY_INDEX_OFFSET="1", **INDEX).outputs(o0=float) == {
        "o0": 30.0
    }
    assert container.finish(words).outputs(o0=float) == {"o0": 10.0}
    ended = container.finish(words, WHICH="1", **INDEX)
    assert ended.verdict == ("USER:RuntimeError", "NON_RECOVERABLE", "USER")
    assert "not this one" in ended.error.message


def test_an_element_may_be_a_list_itself(container: Container) -> None:
    container.give(to_literal_map({"numbers": list[list[int]]}, {"numbers": [[1], [1, 2]]}))
    assert container.finish(command(container, "measured"), WHICH="1", **INDEX).outputs(o0=int) == {"o0": 2}


def test_a_command_that_flytekit_wrote(container: Container) -> None:
    give(container, number=[1, 3], by=10.0)
    words = [FLYTEKITS.get(word, word) for word in command(container, "scaled")]
    assert container.finish(words, WHICH="1", **INDEX).outputs(o0=float) == {"o0": 30.0}


def test_an_element_that_there_is_not(container: Container) -> None:
    give(container, number=[1], by=10.0)
    words = command(container, "scaled")
    for changes, told in (
        ({"WHICH": "1"}, "scale: argument 'number': expected a list with an element 1, got one of 1"),
        ({"WHICH": "first"}, "expected a number in the environment variable WHICH, got 'first'"),
        ({"BATCH_JOB_ARRAY_INDEX_OFFSET": "-1"}, "a number in the environment variable BATCH_JOB_ARRAY_INDEX_OFFSET"),
    ):
        ended = container.finish(words, **changes, **INDEX)
        assert ended.verdict == ("SYSTEM", "NON_RECOVERABLE", "SYSTEM")
        assert told in ended.error.message
    give(container, number=1, by=10.0)
    ended = container.finish(words)
    assert ended.verdict == ("SYSTEM", "NON_RECOVERABLE", "SYSTEM")
    assert "argument 'number': expected a list to map over, got int 1" in ended.error.message


def test_each_program_runs_its_own_kind(container: Container) -> None:
    give(container, number=[1, 3], by=10.0)
    words = container.command("scale", name="fletch-map-execute")
    assert "is no map task; fletch-execute runs it" in container.finish(words).error.message
    # The whole map in one container, as a local run would do it.
    words = command(container, "scaled")
    words[0] = program("fletch-execute")
    assert container.finish(words).outputs(o0=list[float]) == {"o0": [10.0, 30.0]}


def test_an_element_stored_apart(container: Container) -> None:
    literals = to_literal_map({"number": list[int], "by": float}, {"number": [1, 3], "by": 10.0})
    place = container.folder / "numbers.pb"
    place.write_bytes(literals.literals["number"].SerializeToString())
    literals.literals["number"].offloaded_metadata.uri = str(place)
    container.give(literals)
    assert container.finish(command(container, "scaled"), WHICH="1", **INDEX).outputs(o0=float) == {"o0": 30.0}
