"""What is recorded of a run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fletching import Pickled, task
from fletching.errors import RunCancelledError, RunStoreError, RunStoreWarning
from fletching.expansion import Outcome
from fletching.redaction import forget_secrets, remember_secret
from fletching.run.recording import Recorder
from fletching.run.store import RunStore, log_path, node_cache_record


class Point:
    """Can be pickled, and is nothing else to us."""

    def __init__(self, x: int) -> None:
        self.x = x


@task
def add(a: int, b: int = 1) -> int:
    return a + b


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


def test_a_value_that_cannot_be_written_is_no_reason_to_fail(store: RunStore) -> None:
    recorder = Recorder()
    run_id = recorder.begin(add, {"a": "no int"})
    record(recorder, Call(add, {"a": "no int", "b": 1}, "n0"), "no int either")
    recorder.end(Outcome(error=ValueError()))
    (node,) = store.nodes(run_id)
    assert (node.status, node.inputs, node.outputs) == ("succeeded", "", "")
    assert [one.kind for one in store.events(run_id)] == ["unwritable"]
    assert store.inputs(run_id) is None
    recorder = Recorder(recover="last")
    recorder.begin(add, {"a": "no int"})
    assert recorder.recall(Call(add, {"a": "no int", "b": 1}, "n0")) is None
    recorder.end(Outcome(error=ValueError()))


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


def test_what_is_told_after_the_end_is_not_heard(store: RunStore) -> None:
    recorder = Recorder()
    run_id = recorder.begin(add, {"a": 1})
    late = Call(add, {"a": 1}, "n0")
    recorder.started(late)
    recorder.end(Outcome(2))
    recorder.ended(late, Outcome(2), "succeeded")
    recorder.event("late")
    recorder.flush()
    recorder.end(Outcome(error=ValueError()))
    assert recorder.run_id == run_id
    assert (store.run(run_id).status, [node.status for node in store.nodes(run_id)]) == ("succeeded", ["lost"])
    assert store.events(run_id) == []


def test_where_logs_go(store: RunStore) -> None:
    recorder = Recorder()
    assert recorder.log_path(Call(add, {}, "n0"), 0) == ""
    run_id = recorder.begin(add, {"a": 1})
    logs = Path(store.folder, "logs", run_id)
    assert logs.is_dir()
    assert recorder.log_path(Call(add, {}, "n2/dn1"), 1) == str(logs / "n2.dn1-1.log") == log_path(run_id, "n2/dn1", 1)
    for path in ("", "n0", "a/" * 60):
        assert recorder.log_path(Call(add, {}, path), 2) == log_path(run_id, path, 2)
    assert log_path(run_id, "", 0) == str(logs / "_-0.log")
    assert len(Path(log_path(run_id, "n/" * 500, 0)).name) < 200
    recorder.end(Outcome(1))


def test_a_store_that_cannot_be_used_costs_a_warning(home: Path) -> None:
    (home / "data").mkdir(parents=True)
    (home / "data" / "runs").write_text("no folder")
    recorder = Recorder()
    with pytest.raises(RunStoreError, match=r"no place for runs: .*; FLETCHING_HOME chooses another folder"):
        RunStore()
    with pytest.warns(RunStoreWarning, match=r"the run is not recorded, or not all of it: .*; it goes on"):
        assert recorder.begin(add, {"a": 1}) == ""
    call = Call(add, {"a": 1}, "n0")
    assert record(recorder, call, 2) == (2, True)
    recorder.attempt_failed(call, 0, ValueError())
    recorder.event("note")
    recorder.flush()
    recorder.end(Outcome(2))
