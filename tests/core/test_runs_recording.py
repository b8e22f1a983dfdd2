"""What is recorded of a run, and what a later run takes from it instead of running it again."""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from fletching import FlyteFile, Pickled, task
from fletching.errors import RecoveryError, RunCancelledError, RunStoreError, RunStoreWarning
from fletching.expansion import Outcome
from fletching.redaction import forget_secrets, remember_secret
from fletching.run.recording import Recorder
from fletching.run.store import RunStore, log_path, node_cache_record


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


@dataclass
class Call:
    """What the recorder asks of a call."""

    entity: Any
    inputs: Mapping[str, Any]
    path: str = ""
    parent: Any = None
    upstream: tuple[str, ...] = ()
    entry: Any = None


@dataclass
class Entry:
    """What the recorder asks of a cache entry."""

    key: str
    ingredients: dict[str, str] = field(default_factory=dict)


@pytest.fixture(autouse=True)
def _own_home(home: Path) -> None:
    pass


@pytest.fixture
def store(home: Path) -> Iterator[RunStore]:
    with RunStore() as made:
        yield made


def record(recorder: Recorder, call: Call, value: Any, state: str = "succeeded") -> Any:
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


def test_a_run_tells_what_it_was_and_what_came_of_it(store: RunStore) -> None:
    recorder = Recorder(name="nightly", tags=["a", "b", "a"], source="flow.py", variable="add")
    run_id = recorder.begin(add, {"a": 1, "b": 2}, {"executor": "inline"})
    assert [one.status for one in store.runs()] == ["running"]
    recorder.end(Outcome(3))
    (run,) = store.runs()
    assert (run.id, run.name, run.tags, run.source, run.variable) == (run_id, "nightly", ("a", "b"), "flow.py", "add")
    assert (run.entity, run.kind, run.status, run.pid) == (add.name, "task", "succeeded", os.getpid())
    assert run.ended is not None
    assert run.ended >= run.started
    assert run.options == {"executor": "inline"}
    found = store.inputs(run_id)
    assert found is not None
    assert {name: one.scalar.primitive.integer for name, one in found[1].literals.items()} == {"a": 1, "b": 2}
    outputs = store.outputs(run_id)
    assert outputs is not None
    assert outputs[1].literals["o0"].scalar.primitive.integer == 3
    assert set(outputs[0].inputs.variables) == {"a", "b"}


@pytest.mark.parametrize(
    ("error", "status"),
    [(ValueError("no"), "failed"), (KeyboardInterrupt(), "cancelled"), (RunCancelledError("stop"), "cancelled")],
)
def test_how_a_run_ends(store: RunStore, error: BaseException, status: str) -> None:
    recorder = Recorder()
    run_id = recorder.begin(add, {"a": 1, "b": 2})
    recorder.end(Outcome(error=error))
    run = store.run(run_id)
    assert (run.status, run.error.partition(":")[0]) == (status, type(error).__name__)
    assert store.outputs(run_id) is None


def test_nodes_tell_attempts_upstream_and_the_cache(store: RunStore) -> None:
    recorder = Recorder()
    run_id = recorder.begin(add, {"a": 1, "b": 2})
    top = Call(add, {"a": 1, "b": 2})
    recorder.started(top)
    record(recorder, Call(add, {"a": 0, "b": 0}, "n0", top), 0)
    twice = Call(add, {"a": 1, "b": 2}, "n1", top, ("n0", "n9"), Entry("abc", {"task": add.name}))
    recorder.started(twice)
    recorder.attempt(twice, 0, "thread")
    recorder.attempt_failed(twice, 0, ValueError("first"))
    recorder.attempt(twice, 1, "process")
    recorder.ended(twice, Outcome(3), "succeeded")
    hit = Call(add, {"a": 1, "b": 2}, "n2/dn0", twice, (), Entry("abc"))
    recorder.ended(hit, Outcome(3), "cached")
    recorder.ended(Call(add, {}, "n3", top), Outcome(error=ValueError("bad")), "failed")
    recorder.ended(Call(add, {}, "n4", top), Outcome(), "skipped")
    recorder.event("note", "n1", text="something")
    recorder.flush()

    nodes = {node.path: node for node in store.nodes(run_id)}
    assert {path: node.status for path, node in nodes.items()} == {
        "": "running", "n0": "succeeded", "n1": "succeeded", "n2/dn0": "cached", "n3": "failed", "n4": "skipped",
    }  # fmt: skip
    assert (nodes["n1"].upstream, nodes["n1"].attempts, nodes["n1"].executor) == (("n0", "n9"), 2, "process")
    assert (nodes["n2/dn0"].parent, nodes["n3"].error) == ("n1", "ValueError: bad")
    assert {path: node.cache_state for path, node in nodes.items() if path} == {
        "n0": "off", "n1": "stored", "n2/dn0": "hit", "n3": "off", "n4": "off",
    }  # fmt: skip
    attempts = store.attempts(run_id, "n1")
    assert [(one.number, one.executor, one.error) for one in attempts] == [
        (0, "thread", "ValueError: first"),
        (1, "process", ""),
    ]
    assert [one.number for one in store.attempts(run_id, "n0")] == [0]
    assert store.attempts(run_id, "n4") == []
    assert [(one.kind, one.path, one.text) for one in store.events(run_id)] == [("note", "n1", "something")]
    told = node_cache_record(run_id, "n1")
    assert told is not None
    assert told.pop("at") == nodes["n1"].ended
    assert told == {"task": add.name, "key": "abc", "state": "stored", "ingredients": {"task": add.name}}
    assert node_cache_record(run_id, "n99") is None
    recorder.end(Outcome(3))
    assert store.nodes(run_id)[0].status == "lost"  # the top was never said to have ended


def test_what_is_written_together_is_seen_together(store: RunStore) -> None:
    recorder = Recorder()
    run_id = recorder.begin(add, {"a": 1})
    recorder.begin_batch()
    for at in range(5):
        record(recorder, Call(add, {"a": at, "b": 1}, f"n{at}"), at + 1)
    assert store.nodes(run_id) == []
    recorder.flush()
    assert len(store.nodes(run_id)) == 5
    record(recorder, Call(add, {"a": 5, "b": 1}, "n5"), 6)
    assert len(store.nodes(run_id)) == 6
    recorder.end(Outcome(1))


def test_a_recovered_run_takes_what_finished(store: RunStore, tmp_path: Path) -> None:
    made = tmp_path / "made.txt"
    made.write_text("content")
    big = "y" * 400_000

    def run(recorder: Recorder) -> dict[str, Any]:
        recorder.begin(add, {"a": 1, "b": 2})
        ran = {}
        first, ran["n0"] = record(recorder, Call(add, {"a": 1, "b": 2}, "n0"), 3)
        assert first == 3
        both, ran["n1"] = record(recorder, Call(pair, {"n": first}, "n1"), Pair(3, "xxx"))
        assert (type(both), both) == (Pair, Pair(3, "xxx"))
        file, ran["n2"] = record(recorder, Call(write, {"text": "t"}, "n2"), FlyteFile(str(made)))
        text, ran["n3"] = record(recorder, Call(read, {"file": file}, "n3"), "content")
        assert (Path(file).read_text(), text) == ("content", "content")
        one, ran["n4"] = record(recorder, Call(point, {"x": 7}, "n4"), Point(7))
        assert one.x == 7
        many, ran["n5"] = record(recorder, Call(read, {"file": file}, "n5"), big)
        assert many == big
        none, ran["n6"] = record(recorder, Call(nothing, {}, "n6"), None)
        assert none is None
        _, ran["n7"] = record(recorder, Call(stream, {"n": 1}, "n7"), iter([1]))
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
    calls = [Call(add, {"a": at, "b": 1}, f"n{at}") for at in range(3)]
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


@pytest.mark.parametrize(
    "other",
    [
        Call(add, {"a": 1, "b": 3}, "n0"),
        Call(add, {"a": 1, "b": 2}, "n1"),
        Call(pair, {"n": 1}, "n0"),
        Call(add, {"a": "1", "b": 2}, "n0"),
    ],
    ids=["inputs", "path", "task", "type"],
)
def test_what_differs_runs(store: RunStore, other: Call) -> None:
    recorder = Recorder()
    recorder.begin(add, {"a": 1})
    record(recorder, Call(add, {"a": 1, "b": 2}, "n0"), 3)
    failed(recorder)
    for call, found in ((other, False), (Call(add, {"a": 1, "b": 2}, "n0"), True)):
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
        record(recorder, Call(read, {"file": path}, "n0"), text)
        failed(recorder)
        place.write_text("another")
        recorder = Recorder(recover="last")
        recorder.begin(add, {"a": 1})
        assert recorder.recall(Call(read, {"file": path}, "n0")) is None
        place.write_text(text)
        assert recorder.recall(Call(read, {"file": path}, "n1")) is None
        failed(recorder)


@pytest.mark.parametrize("what", ["blob row", "file", "kept file"])
def test_a_damaged_output_makes_a_node_run(store: RunStore, tmp_path: Path, what: str) -> None:
    made = tmp_path / "made.txt"
    made.write_text("content")
    call = Call(read, {"file": str(made)}, "n0")
    value: Any = {"blob row": "x" * 5000, "file": "x" * 500_000}.get(what)
    if what == "kept file":
        call, value = Call(write, {"text": "t"}, "n0"), FlyteFile(str(made))
    recorder = Recorder()
    recorder.begin(add, {"a": 1})
    record(recorder, call, value)
    failed(recorder)
    if what == "blob row":
        store.connection().execute("UPDATE blobs SET data = x'00' WHERE length(data) > 4000")
    else:
        folder = Path(store.folder) / ("values" if what == "file" else "blobs")
        (place,) = (each for each in folder.rglob("*") if each.is_file())
        place.write_bytes(b"damaged")
    recorder = Recorder(recover="last")
    recorder.begin(add, {"a": 1})
    assert record(recorder, call, value)[1]
    recorder.end(Outcome(1))


def test_a_value_that_cannot_be_written_is_no_reason_to_fail(store: RunStore) -> None:
    recorder = Recorder()
    run_id = recorder.begin(add, {"a": "no int"})
    record(recorder, Call(add, {"a": "no int", "b": 1}, "n0"), "no int either")
    failed(recorder)
    (node,) = store.nodes(run_id)
    assert (node.status, node.inputs, node.outputs) == ("succeeded", "", "")
    assert [one.kind for one in store.events(run_id)] == ["unwritable"]
    assert store.inputs(run_id) is None
    recorder = Recorder(recover="last")
    recorder.begin(add, {"a": "no int"})
    assert recorder.recall(Call(add, {"a": "no int", "b": 1}, "n0")) is None
    failed(recorder)


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

    def calls() -> dict[str, Call]:
        top = Call(add, {"a": 1})
        part = Call(module.other, {"a": 5}, "n1", top)
        return {
            "n0": Call(module.other, {"a": 1}, "n0", top),
            "n1": part,
            "n1/dn0": Call(module.inner, {"a": 1}, "n1/dn0", part),
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


def test_secrets_are_not_recorded(store: RunStore) -> None:
    remember_secret("hush-hush")
    try:
        recorder = Recorder()
        run_id = recorder.begin(add, {"a": 1}, {"note": "hush-hush"})
        recorder.ended(Call(add, {"a": 1}, "n0"), Outcome(error=ValueError("hush-hush")), "failed")
        recorder.end(Outcome(error=ValueError("it was hush-hush")))
    finally:
        forget_secrets()
    assert store.run(run_id).error == "ValueError: it was ***"
    assert store.run(run_id).options == {"note": "***"}
    store.close()
    assert b"hush-hush" not in Path(store.path).read_bytes()


def test_inputs_with_a_file_of_this_process_outlive_it(store: RunStore) -> None:
    @task
    def take(point: Pickled[Point]) -> int:
        return 1

    recorder = Recorder()
    run_id = recorder.begin(take, {"point": Point(3)})
    recorder.end(Outcome(1))
    found = store.inputs(run_id)
    assert found is not None
    assert found[1].literals["point"].scalar.blob.uri.startswith(store.folder)


def test_where_logs_go(store: RunStore) -> None:
    recorder = Recorder()
    assert recorder.log_path(Call(add, {}, "n0"), 0) == ""
    run_id = recorder.begin(add, {"a": 1})
    logs = Path(store.folder, "logs", run_id)
    assert logs.is_dir()
    assert recorder.log_path(Call(add, {}, "n2/dn1"), 1) == str(logs / "n2.dn1-1.log") == log_path(run_id, "n2/dn1", 1)
    assert log_path(run_id, "", 0) == str(logs / "_-0.log")
    assert len(Path(log_path(run_id, "n/" * 500, 0)).name) < 200
    recorder.end(Outcome(1))


def test_a_store_that_cannot_be_used_costs_a_warning(home: Path) -> None:
    (home / "data").mkdir(parents=True)
    (home / "data" / "runs").write_text("no folder")
    recorder = Recorder()
    with pytest.warns(RunStoreWarning, match=r"the run is not recorded, or not all of it: .*; it goes on"):
        assert recorder.begin(add, {"a": 1}) == ""
    call = Call(add, {"a": 1}, "n0")
    assert record(recorder, call, 2) == (2, True)
    recorder.attempt_failed(call, 0, ValueError())
    recorder.event("note")
    recorder.flush()
    recorder.end(Outcome(2))
