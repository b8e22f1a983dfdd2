"""What a later run takes from an earlier one instead of running it again."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from fletching import FlyteFile, Pickled, task
from fletching.errors import RecoveryError, RunStoreError
from fletching.expansion import Outcome
from fletching.run.recording import Recorder
from fletching.run.store import RunStore
from fletching.run.store_values import values_of


class Point:
    """Can be pickled, and is nothing else to us."""

    def __init__(self, x: int) -> None:
        self.x = x


class Pair(NamedTuple):
    count: int
    text: str


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@task
def pair(n: int) -> Pair:
    return Pair(n, "x" * n)


@task
def write(text: str) -> FlyteFile:
    return FlyteFile(text)


@task
def read(file: FlyteFile) -> str:
    return Path(file).read_text()


@task
def point(x: int) -> Pickled[Point]:
    return Point(x)


@task
def stream(n: int) -> Iterator[int]:
    return iter(range(n))


@task
def nothing() -> None:
    pass


@task
def total(items: Iterator[int]) -> int:
    return sum(items)


class Unstable:
    """Whose pickle is another one each time."""

    def __init__(self, x: int, chance: bytes = b"") -> None:
        self.x = x

    def __reduce__(self) -> tuple[Any, ...]:
        return Unstable, (self.x, os.urandom(8))


@task
def unstable(x: int) -> Pickled[Unstable]:
    return Unstable(x)


@task
def look(at: Pickled[Unstable]) -> int:
    return at.x


def call_of(entity: Any, inputs: Mapping[str, Any], path: str = "", parent: Any = None) -> Any:
    """What the recorder asks of a call."""
    return SimpleNamespace(entity=entity, inputs=inputs, path=path, parent=parent, upstream=(), entry=None)


@pytest.fixture(autouse=True)
def _own_home(home: Path) -> None:
    pass


@pytest.fixture
def store(home: Path) -> Iterator[RunStore]:
    with RunStore() as made:
        yield made


def record(recorder: Recorder, call: Any, value: Any, state: str = "succeeded") -> Any:
    """Take a node through its steps, as the scheduler does; return what came of it and whether it ran."""
    recorder.started(call)
    found = recorder.recall(call)
    if found is not None:
        recorder.ended(call, Outcome(found.value), "recovered")
        return found.value, False
    recorder.attempt(call, 0, "inline")
    recorder.ended(call, Outcome(value), state)
    return value, True


def failed(recorder: Recorder) -> None:
    recorder.end(Outcome(error=ValueError("later")))


def test_a_recovered_run_takes_what_finished(store: RunStore, tmp_path: Path) -> None:
    made = tmp_path / "made.txt"
    made.write_text("content")
    big = "y" * 400_000

    def run(recorder: Recorder) -> dict[str, Any]:
        recorder.begin(add, {"a": 1, "b": 2})
        ran = {}
        first, ran["n0"] = record(recorder, call_of(add, {"a": 1, "b": 2}, "n0"), 3)
        assert first == 3
        both, ran["n1"] = record(recorder, call_of(pair, {"n": first}, "n1"), Pair(3, "xxx"))
        assert (type(both), both) == (Pair, Pair(3, "xxx"))
        file, ran["n2"] = record(recorder, call_of(write, {"text": "t"}, "n2"), FlyteFile(str(made)))
        text, ran["n3"] = record(recorder, call_of(read, {"file": file}, "n3"), "content")
        assert (Path(file).read_text(), text) == ("content", "content")
        one, ran["n4"] = record(recorder, call_of(point, {"x": 7}, "n4"), Point(7))
        assert one.x == 7
        many, ran["n5"] = record(recorder, call_of(read, {"file": file}, "n5"), big)
        assert many == big
        none, ran["n6"] = record(recorder, call_of(nothing, {}, "n6"), None)
        assert none is None
        _, ran["n7"] = record(recorder, call_of(stream, {"n": 1}, "n7"), iter([1]))
        failed(recorder)
        return ran

    assert all(run(Recorder()).values())
    made.unlink()  # a recovered run needs nothing but the store
    # An iterator can be read once, so storing it would take it away; it is made anew.
    assert {path for path, ran in run(Recorder(recover="last")).items() if ran} == {"n7"}
    assert {path for path, ran in run(Recorder(recover="last")).items() if ran} == {"n7"}
    first, second, third = reversed(store.runs())
    assert (second.recovered_from, third.recovered_from) == (first.id, second.id)
    assert {node.status for node in store.nodes(third.id)} == {"recovered", "succeeded"}


def test_what_an_interrupted_recovery_did_not_reach_is_found_in_the_run_before(store: RunStore) -> None:
    calls = [call_of(add, {"a": at, "b": 1}, f"n{at}") for at in range(3)]
    recorder = Recorder()
    recorder.begin(add, {"a": 1})
    assert [record(recorder, call, 0)[1] for call in calls] == [True] * 3
    failed(recorder)
    recorder = Recorder(recover="last")
    recorder.begin(add, {"a": 1})
    assert not record(recorder, calls[0], 0)[1]
    failed(recorder)
    recorder = Recorder(recover="last")
    recorder.begin(add, {"a": 1})
    assert [record(recorder, call, 0)[1] for call in calls] == [False] * 3
    failed(recorder)


def test_a_value_that_is_written_differently_each_time_is_still_known(store: RunStore) -> None:
    def run(recorder: Recorder) -> list[bool]:
        recorder.begin(add, {"a": 1})
        value, first = record(recorder, call_of(unstable, {"x": 1}, "n0"), Unstable(1))
        _, second = record(recorder, call_of(look, {"at": value}, "n1"), 1)
        failed(recorder)
        return [first, second]

    assert run(Recorder()) == [True, True]
    assert run(Recorder(recover="last")) == [False, False]


def test_what_can_be_read_once_is_not_read_to_be_recorded(store: RunStore) -> None:
    def run(recorder: Recorder, items: Any) -> bool:
        run_id = recorder.begin(total, {"items": items})
        _, ran = record(recorder, call_of(total, {"items": items}, "n0"), 3)
        failed(recorder)
        assert (store.inputs(run_id) is None) is isinstance(items, Iterator)
        assert sum(items) == 3
        return ran

    assert run(Recorder(), iter([1, 2]))
    assert run(Recorder(recover="last"), iter([1, 2]))
    assert run(Recorder(recover="last"), [1, 2])
    assert not run(Recorder(recover="last"), [1, 2])


@pytest.mark.parametrize(
    "other",
    [
        call_of(add, {"a": 1, "b": 3}, "n0"),
        call_of(add, {"a": 1, "b": 2}, "n1"),
        call_of(pair, {"n": 1}, "n0"),
        call_of(add, {"a": "1", "b": 2}, "n0"),
    ],
    ids=["inputs", "path", "task", "type"],
)
def test_what_differs_runs(store: RunStore, other: Any) -> None:
    recorder = Recorder()
    recorder.begin(add, {"a": 1})
    record(recorder, call_of(add, {"a": 1, "b": 2}, "n0"), 3)
    failed(recorder)
    for call, found in ((other, False), (call_of(add, {"a": 1, "b": 2}, "n0"), True)):
        recorder = Recorder(recover="last")
        recorder.begin(add, {"a": 1})
        assert (recorder.recall(call) is not None) is found
        failed(recorder)


def test_a_changed_file_among_the_inputs_makes_a_node_run(store: RunStore, tmp_path: Path) -> None:
    place = tmp_path / "in.txt"
    for text, path in (("one", FlyteFile(str(place))), ("two", str(place))):
        place.write_text(text)
        recorder = Recorder()
        recorder.begin(add, {"a": 1})
        record(recorder, call_of(read, {"file": path}, "n0"), text)
        failed(recorder)
        place.write_text("another")
        recorder = Recorder(recover="last")
        recorder.begin(add, {"a": 1})
        assert recorder.recall(call_of(read, {"file": path}, "n0")) is None
        place.write_text(text)
        assert recorder.recall(call_of(read, {"file": path}, "n1")) is None
        failed(recorder)


@pytest.mark.parametrize("what", ["blob row", "file", "kept file"])
def test_a_damaged_output_makes_a_node_run(store: RunStore, tmp_path: Path, what: str) -> None:
    made = tmp_path / "made.txt"
    made.write_text("content")
    call = call_of(read, {"file": str(made)}, "n0")
    value: Any = {"blob row": "x" * 5000, "file": "x" * 500_000}.get(what)
    if what == "kept file":
        call, value = call_of(write, {"text": "t"}, "n0"), FlyteFile(str(made))
    recorder = Recorder()
    recorder.begin(add, {"a": 1})
    record(recorder, call, value)
    failed(recorder)
    # What is there instead could be read just as well.
    other = values_of(read.python_interface, "other").SerializeToString()
    if what == "blob row":
        store.connection().execute("UPDATE blobs SET data = ? WHERE length(data) > 4000", (other,))
    else:
        folder = Path(store.folder) / ("values" if what == "file" else "blobs")
        (place,) = (each for each in folder.rglob("*") if each.is_file())
        place.write_bytes(other)
    recorder = Recorder(recover="last")
    recorder.begin(add, {"a": 1})
    assert record(recorder, call, value)[1]
    recorder.end(Outcome(1))


FLOW = """
from fletching import task
@task
def inner(a: int) -> int:
    return a + {number}
@task
def other(a: int) -> int:
    return a
"""


def flow(number: int) -> types.ModuleType:
    """Load a module whose task does this now."""
    module = sys.modules["changing_flow"] = types.ModuleType("changing_flow")
    exec(FLOW.format(number=number), vars(module))
    return module


def test_changed_code_is_told_and_run_again_by_force(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "changing_flow", raising=False)
    module = flow(1)

    def calls() -> dict[str, Any]:
        top = call_of(add, {"a": 1})
        part = call_of(module.other, {"a": 5}, "n1", top)
        return {
            "n0": call_of(module.other, {"a": 1}, "n0", top),
            "n1": part,
            "n1/dn0": call_of(module.inner, {"a": 1}, "n1/dn0", part),
        }

    recorder = Recorder()
    run_id = recorder.begin(add, {"a": 1})
    for call in calls().values():
        record(recorder, call, 1)
    failed(recorder)
    module = flow(2)
    with pytest.raises(RecoveryError, match=r"task 'changing_flow.inner' \(node n1/dn0\): its code changed; --force"):
        Recorder(recover=run_id).begin(add, {"a": 1})
    recorder = Recorder(recover=run_id, force=True)
    recorder.begin(add, {"a": 1})
    # What a changed task is a part of has to run again, too, or it would never come to it.
    assert {path for path, call in calls().items() if record(recorder, call, 1)[1]} == {"n1", "n1/dn0"}
    failed(recorder)
    recorder = Recorder(recover="last")
    recorder.begin(add, {"a": 1})
    assert not any(record(recorder, call, 1)[1] for call in calls().values())
    failed(recorder)
    # A task that no variable holds is compared when its turn comes.
    monkeypatch.delitem(sys.modules, "changing_flow")
    recorder = Recorder(recover="last")
    recorder.begin(add, {"a": 1})
    module = flow(3)
    with pytest.raises(RecoveryError, match="its code changed"):
        recorder.recall(calls()["n1/dn0"])
    failed(recorder)


def test_what_cannot_be_recovered_says_why(store: RunStore) -> None:
    with pytest.raises(RunStoreError, match="there is no run 'nope'"):
        Recorder(recover="nope").begin(add, {"a": 1})
    recorder = Recorder(name="live")
    recorder.begin(add, {"a": 1})
    with pytest.raises(RecoveryError, match="still running, in process"):
        Recorder(recover="live").begin(add, {"a": 1})
    with pytest.raises(RecoveryError, match=f"was one of {add.name!r}, not of {pair.name!r}"):
        Recorder(recover="live").begin(pair, {"n": 1})
    recorder.end(Outcome(1))
    with pytest.raises(RecoveryError, match="succeeded, nothing is left to do"):
        Recorder(recover="live").begin(add, {"a": 1})
    assert len(store.runs()) == 1
