"""``fletch runs``, as a user types it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from fletching import FlyteFile, Pickled, task
from fletching.expansion import Outcome
from fletching.run.recording import Recorder
from fletching.run.store import RunStore


class Pair(NamedTuple):
    count: int
    words: dict[str, list[float]]


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@task
def pair(n: int) -> Pair:
    return Pair(n, {})


@task
def places(n: int) -> tuple[FlyteFile, Pickled[set], list[FlyteFile]]:
    return FlyteFile(""), set(), []


@pytest.fixture(autouse=True)
def _own_home(home: Path) -> None:
    pass


def fletch(*arguments: str, status: int = 0) -> str:
    """Run ``fletch runs`` in a process of its own and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "fletching", "runs", *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout if status == 0 else done.stderr


def call(entity: Any, path: str, parent: Any = None, **inputs: Any) -> Any:
    return SimpleNamespace(entity=entity, inputs=inputs, path=path, parent=parent, upstream=(), entry=None)


def record(*, last: Any = None, error: BaseException | None = None, **options: Any) -> str:
    """Record a run with a node that was tried twice, and one that stands inside another."""
    recorder = Recorder(**options)
    run_id = recorder.begin(add, {"a": 1, "b": 2}, {"max_parallel": 2})
    top = call(add, "", a=1, b=2)
    recorder.started(top)
    first = call(add, "n0", top, a=1, b=2)
    recorder.started(first)
    for attempt in range(2):
        recorder.attempt(first, attempt, "thread")
        Path(recorder.log_path(first, attempt)).write_text(f"attempt {attempt} prints\n")
        if not attempt:
            recorder.attempt_failed(first, 0, ValueError("not yet"))
    recorder.ended(first, Outcome(3), "succeeded")
    outer = call(pair, "n1", top, n=3)
    recorder.started(outer)
    for at in range(2):
        inner = call(add, f"n1/dn{at}", outer, a=at, b=0)
        recorder.started(inner)
        recorder.ended(inner, Outcome(at), "cached")
    recorder.ended(outer, Outcome(Pair(3, {"x": [1.5]}) if last is None else last), "succeeded")
    recorder.ended(top, Outcome(6, error), "failed" if error is not None else "succeeded")
    recorder.end(Outcome(6, error))
    return run_id


def test_without_runs_it_says_so() -> None:
    assert fletch() == fletch("list") == "there is no run\n"
    assert fletch("--name", "x") == "there is no such run\n"
    assert json.loads(fletch("list", "--json")) == []
    assert fletch("show", "last", status=1) == "error: there is no run yet; 'fletch run' makes one\n"


def test_runs_are_listed() -> None:
    first = record(name="nightly", tags=["a"])
    second = record(error=ValueError("too\nmany lines"))
    head, *rows = fletch().splitlines()
    assert head.split() == ["id", "name", "entity", "status", "started", "took", "tags", "error"]
    assert [row.split()[0] for row in rows] == [second, first]
    assert rows[0].endswith("ValueError: too")
    assert "nightly" in rows[1]
    assert fletch("list", "--tag", "a").splitlines()[1].split()[:3] == [first, "nightly", add.name]
    assert [one["id"] for one in json.loads(fletch("list", "--json", "--status", "failed"))] == [second]
    assert [one["id"] for one in json.loads(fletch("--json", "--limit", "1"))] == [second]
    (told,) = json.loads(fletch("--json", "--name", "nightly"))
    assert (told["tags"], told["options"], told["status"]) == (["a"], {"max_parallel": 2}, "succeeded")
    assert "Invalid value for '--status'" in fletch("list", "--status", "unknown", status=2)


def test_a_run_is_shown_as_a_tree() -> None:
    run_id = record(name="nightly", error=ValueError("no more"))
    text = fletch("show", "nightly")
    assert text.splitlines()[0].startswith(f"{run_id}  {add.name}  failed after ")
    assert "  inputs: a=1, b=2\n" in text
    assert "  error: ValueError: no more\n" in text
    lines = {line.split("  ")[0]: line for line in text.split("\n\n")[1].splitlines()}
    assert list(lines) == ["node", "n0", "n1", "├─ n1/dn0", "└─ n1/dn1"]
    assert lines["n0"].split()[1:4] == ["add", "succeeded", "2"]
    assert "cached" in lines["├─ n1/dn0"]

    told = json.loads(fletch("show", run_id[-6:], "--json"))
    assert (told["id"], told["inputs"], told["outputs"]) == (run_id, {"a": 1, "b": 2}, None)
    nodes = {node["path"]: node for node in told["nodes"]}
    assert [(one["number"], one["error"]) for one in nodes["n0"]["tries"]] == [(0, "ValueError: not yet"), (1, "")]
    assert nodes["n1/dn0"]["parent"] == "n1"


def test_logs_are_printed() -> None:
    record()
    text = "--- n0, attempt 1\nattempt 0 prints\n--- n0, attempt 2\nattempt 1 prints\n"
    assert fletch("logs", "last") == fletch("logs", "last", "n0") == text
    assert fletch("logs", "last", "n1") == ""
    assert "has no node 'n1/dn9'; did you mean 'n1/dn" in fletch("logs", "last", "n1/dn9", status=2)


def test_outputs_are_printed_without_the_code_that_made_them(tmp_path: Path) -> None:
    record()
    assert fletch("outputs", "last") == "6\n"
    assert fletch("outputs", "last", "n0") == "3\n"
    assert json.loads(fletch("outputs", "last", "n1", "--json")) == {"count": 3, "words": {"x": [1.5]}}
    assert fletch("outputs", "last", "n1").splitlines()[0] == "count: 3"
    file = tmp_path / "a.txt"
    file.write_text("content")
    recorder = Recorder()
    recorder.begin(places, {"n": 1})
    recorder.end(Outcome((FlyteFile(str(file)), {1}, [FlyteFile(str(file))])))
    found = json.loads(fletch("outputs", "last", "--json"))
    assert Path(found["o0"]).read_text() == "content"
    assert found["o2"] == [found["o0"]]
    assert Path(found["o1"]).is_file()
    record(error=ValueError("no"))
    assert "has no outputs that are kept" in fletch("outputs", "last", status=1)


def test_runs_are_compared() -> None:
    one, other = record(), record(last=Pair(4, {}), error=ValueError("no"))
    text = fletch("diff", one, other)
    assert "the runs differ in outputs\nthe runs differ in status\n" in text
    rows = [line.split() for line in text.splitlines() if line.startswith("n")]
    assert [row[:3] for row in rows] == [["node", "task", "differs"], ["n1", "pair", "outputs"]]
    assert "1 of 4 nodes differ" in text
    assert len(fletch("diff", one, other, "--all").splitlines()) == len(text.splitlines()) + 3
    told = json.loads(fletch("diff", "--json", one, other))
    assert [node["path"] for node in told["nodes"] if node["differs"]] == ["n1"]
    assert told["differs"] == ["outputs", "status"]
    recorder = Recorder()
    third = recorder.begin(add, {"a": 2, "b": 2})
    recorder.ended(call(add, "n0", a=2, b=2), Outcome(3), "succeeded")
    recorder.ended(call(add, "n7", a=2, b=2), Outcome(3), "succeeded")
    recorder.end(Outcome(6))
    told = json.loads(fletch("diff", "--json", one, third))
    assert {node["path"]: node["only"] or node["differs"] for node in told["nodes"]} == {
        "n0": ["inputs"], "n1": 1, "n1/dn0": 1, "n1/dn1": 1, "n7": 2,
    }  # fmt: skip
    assert f"only in {third}" in fletch("diff", one, third)


def test_runs_are_forgotten() -> None:
    first, second, third = record(), record(), record()
    assert fletch("delete", first, first) == "1 run forgotten\n"
    assert "say which are to be forgotten" in fletch("prune", status=2)
    assert fletch("prune", "--older-than", "1d") == "0 runs forgotten\n"
    assert fletch("prune", "--keep", "1") == "1 run forgotten\n"
    with RunStore() as store:
        assert [run.id for run in store.runs()] == [third]
        store.connection().execute("UPDATE runs SET started = ?", (time.time() - 90_000,))
        assert second not in [run.id for run in store.runs()]
    assert fletch("prune", "--older-than", "1d") == "1 run forgotten\n"
    recorder = Recorder()
    recorder.begin(add, {"a": 1})
    assert "is running; stop it first" in fletch("delete", "last", status=1)
    recorder.end(Outcome(1))


FLOW = """
from dataclasses import dataclass
from fletching import FlyteFile, task
@dataclass
class Point:
    x: int
@task
def move(point: Point, file: FlyteFile, by: int = 1) -> Point:
    print("moved by", by)
    return Point(point.x + by + len(open(file).read()))
"""


def test_a_run_is_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "flow.py").write_text(FLOW)
    (tmp_path / "in.txt").write_text("four")
    command = [sys.executable, "-m", "fletching", "run", "flow.py", "move", "--point", '{"x": 1}', "--file", "in.txt"]
    subprocess.run([*command, "--by", "5"], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")  # what was relative is still found
    assert json.loads(fletch("rerun", "last").partition("moved by 5\n")[2]) == {"x": 10}
    second, first = json.loads(fletch("--json"))
    for name in ("entity", "inputs", "outputs", "source", "variable", "folder", "status", "code"):
        assert first[name] == second[name]
    assert first["id"] != second["id"]


def test_what_cannot_be_rerun_says_why() -> None:
    record()
    assert "was not started by 'fletch run'" in fletch("rerun", "last", status=1)
    recorder = Recorder(source="flow.py", variable="add")
    recorder.begin(add, {"a": "wrong"})
    recorder.end(Outcome(error=ValueError()))
    assert "could not be kept; give them again" in fletch("rerun", "last", status=1)


def test_a_damaged_store_is_named(home: Path) -> None:
    (home / "data" / "runs").mkdir(parents=True)
    place = home / "data" / "runs" / "runs.db"
    place.write_text("no database" * 100)
    assert fletch("list", status=1).startswith(f"error: the run store '{place}' cannot be used: ")
