"""Runs are found again: by id, name, tag and status, also among very many, and forgotten with all that was theirs."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fletching import FlyteFile, task
from fletching.errors import RunStoreError
from fletching.expansion import Outcome
from fletching.home import data_dir
from fletching.processes import is_gone, this_process
from fletching.run.recording import Recorder, new_run_id
from fletching.run.store import RunStore
from fletching.run.store_queries import listing
from fletching.run.store_schema import connect


@task
def number(a: int) -> int:
    return a


@task
def text(a: int) -> str:
    return ""


@task
def file(a: int) -> FlyteFile:
    return FlyteFile("")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore(str(tmp_path / "runs" / "runs.db")) as made:
        Path(made.folder).mkdir()
        yield made


def record(store: RunStore, *nodes: tuple[Any, Any], error: Exception | None = None, **options: Any) -> str:
    """Record a run whose nodes gave these values."""
    recorder = Recorder(RunStore(store.path), **options)
    run_id = recorder.begin(number, {"a": 1})
    for at, (entity, value) in enumerate(nodes):
        call = SimpleNamespace(entity=entity, inputs={"a": at}, path=f"n{at}", parent=None, upstream=(), entry=None)
        recorder.started(call)
        recorder.ended(call, Outcome(value), "succeeded")
    recorder.end(Outcome(1, error))
    return run_id


def test_the_store_is_below_the_folder_for_data(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with RunStore() as store:
        assert store.path == str(home / "data" / "runs" / "runs.db")
    assert (home / "data" / "runs").stat().st_mode & 0o777 == 0o700
    monkeypatch.delenv("FLETCHING_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert data_dir("runs") == str(tmp_path / "xdg" / "fletching" / "runs")
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_dir() == str(tmp_path / ".local" / "share" / "fletching")


def test_runs_are_listed_the_newest_first_and_chosen(store: RunStore) -> None:
    first = record(store, name="a", tags=["x"])
    second = record(store, name="a", tags=["x", "y"], error=ValueError("no"))
    third = record(store, name="b", tags=["y"])

    def ids(**options: Any) -> list[str]:
        return [run.id for run in store.runs(**options)]

    assert ids() == [third, second, first]
    assert ids(limit=1) == [third]
    assert ids(name="a") == [second, first]
    assert ids(tag="x") == [second, first]
    assert ids(tag="x", name="a", status="failed") == [second]
    assert ids(status="succeeded", limit=None) == [third, first]
    assert ids(entity=number.name) == [third, second, first]
    assert ids(entity="nothing") == ids(name="c") == ids(tag="z") == ids(status="lost") == []


def test_a_run_is_found_by_what_a_user_would_say(store: RunStore) -> None:
    with pytest.raises(RunStoreError, match="there is no run yet"):
        store.find("last")
    first, last = record(store, name="nightly"), record(store, name="nightly")
    assert first < last
    for run in (first, last):
        assert store.find(run) == store.find(run.rpartition("-")[2]) == store.find(run[-5:]) == run
    assert store.find("last") == store.find("nightly") == last
    both = first[:2]  # of the century: midnight may be between them
    with pytest.raises(RunStoreError, match=rf"'{both}' may be {first}, {last}; give more of the id"):
        store.find(both)
    with pytest.raises(RunStoreError, match="there is no run 'nihgtly'; did you mean 'nightly'"):
        store.find("nihgtly")
    with pytest.raises(RunStoreError, match="there is no run ''"):
        store.find("")
    with pytest.raises(RunStoreError, match="there is no run '%'"):
        store.find("%")
    with pytest.raises(RunStoreError, match="'fletch runs' lists"):
        store.run("20200101-000000-abcdef")


def test_ids_sort_by_time() -> None:
    ids = [new_run_id(1_700_000_000 + at / 1000) for at in range(0, 5000, 7)]
    assert ids == sorted(ids)
    assert ids[0].startswith("20231114-221320-0000")


def test_a_run_whose_process_is_gone_is_lost(store: RunStore) -> None:
    alive, dead = Recorder(store), Recorder(store)
    alive_id, dead_id = alive.begin(number, {"a": 1}), dead.begin(number, {"a": 1})
    call = SimpleNamespace(entity=number, inputs={"a": 1}, path="n0", parent=None, upstream=(), entry=None)
    dead.started(call)
    dead.flush()
    pid, start, boot, *rest = this_process().split(" ")
    gone = " ".join((pid, str(int(start) + 1), boot, *rest))  # another process got its number
    store.connection().execute("UPDATE runs SET driver = ? WHERE id = ?", (gone, dead_id))
    assert [(run.id, run.status) for run in store.runs()] == [(dead_id, "lost"), (alive_id, "running")]
    assert [run.id for run in store.runs(status="lost")] == [dead_id]
    assert [run.id for run in store.runs(status="running")] == [alive_id]
    assert store.nodes(dead_id)[0].status == "lost"
    alive.end(Outcome(1))


def test_a_driver_is_told_from_others() -> None:
    pid, start, boot, namespace = this_process().split(" ")
    assert not is_gone(this_process())
    assert is_gone(f"{pid} {start} another-boot {namespace}")
    assert not is_gone(f"999999999 {start} {boot} pid:[1]")  # of another container: nobody can know here
    assert is_gone(f"999999999 {start} {boot} {namespace}")
    assert is_gone(f"999999999  {boot} {namespace}")  # of a system that tells no start times
    child = os.spawnlp(os.P_NOWAIT, "true", "true")
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    assert is_gone(f"{child} {start} {boot} {namespace}")  # ended, and nobody asked for its status yet
    os.waitpid(child, 0)


COUNT = 20_000


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunStore]:
    """A store with twenty thousand runs."""
    with RunStore(str(tmp_path_factory.mktemp("crowded") / "runs.db")) as store:
        record(store)
        columns = [row[1] for row in store.connection().execute("PRAGMA table_info(runs)")]
        (model,) = store.connection().execute("SELECT * FROM runs")
        rows = []
        for at in range(2, COUNT + 1):
            row = dict(zip(columns, model, strict=True))
            row |= {"number": at, "id": new_run_id(1.7e9 + at * 1.37), "name": f"name{at % 500}", "started": 1.7e9 + at}
            row |= {"status": ("succeeded", "failed")[at % 50 == 0], "suffix": row["id"].rpartition("-")[2]}
            rows.append(tuple(row.values()))
        with store.writing() as connection:
            connection.executemany(f"INSERT INTO runs VALUES ({','.join('?' * len(columns))})", rows)
            connection.executemany("INSERT INTO tags VALUES (?, ?)", [(f"tag{at % 700}", at) for at in range(COUNT)])
        yield store


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"name": "name7"},
        {"tag": "tag7"},
        {"status": "failed"},
        {"name": "name0", "status": "failed"},
        {"tag": "tag7", "name": "name7", "status": "succeeded"},
    ],
    ids=lambda chosen: " ".join(chosen) or "all",
)
def test_very_many_runs_are_listed_by_an_index_and_without_sorting(crowded: RunStore, chosen: dict[str, str]) -> None:
    query, values = listing(**chosen)
    plan = [row[3] for row in crowded.connection().execute(f"EXPLAIN QUERY PLAN {query}", values)]
    assert not [step for step in plan if "TEMP B-TREE" in step], plan
    if chosen:
        assert not [step for step in plan if step.startswith("SCAN")], plan
    else:
        # All of them are asked for, from the newest on, and the asking stops where enough was found.
        assert [step for step in plan if step.startswith("SCAN")] == ["SCAN runs"], plan
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    crowded.connection().set_progress_handler(step, 100)
    try:
        found = crowded.runs(**chosen)
    finally:
        crowded.connection().set_progress_handler(None, 0)
    assert len(found) == 20 or (len(chosen) > 1 and len(found) > 0)
    assert [run.started for run in found] == sorted((run.started for run in found), reverse=True)
    assert steps < 400  # a hundred instructions each; to look at all runs would take thousands of such steps


def test_one_run_among_very_many_is_found_by_an_index(crowded: RunStore) -> None:
    wanted = crowded.runs(limit=1)[0].id
    for word in (wanted, wanted[:-2]):
        assert crowded.find(word) == wanted
    for query in ("id = ?", "suffix >= ? AND suffix < ?", "id >= ? AND id < ?", "name = ? ORDER BY number DESC"):
        values = ("x",) * query.count("?")
        asked = f"EXPLAIN QUERY PLAN SELECT id FROM runs WHERE {query}"
        plan = [row[3] for row in crowded.connection().execute(asked, values)]
        assert [step.partition(" ")[0] for step in plan] == ["SEARCH"], plan


def kept(store: RunStore) -> dict[str, int]:
    """Count what is left in the tables and folders."""
    tables = ("runs", "nodes", "attempts", "events", "tags", "files")
    found = {name: store.connection().execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}
    # The descriptions of interfaces stay with the entities.
    query = "SELECT count(*) FROM blobs WHERE hash NOT IN (SELECT interface FROM entities)"
    found["blobs"] = store.connection().execute(query).fetchone()[0]
    for folder in ("values", "blobs", "logs"):
        path = Path(store.folder, folder)
        found[f"{folder}/"] = len(list(path.iterdir())) if path.exists() else 0
    return found


def age(store: RunStore) -> None:
    """Have what is in the folders look as if nobody had used it for hours."""
    for path in Path(store.folder).rglob("*"):
        os.utime(path, (time.time() - 9999, time.time() - 9999))


def test_a_run_is_forgotten_with_all_that_was_its_own(store: RunStore, tmp_path: Path) -> None:
    made = tmp_path / "made.txt"
    made.write_text("of both")
    shared = [(text, "y" * 5000), (text, "z" * 500_000), (file, FlyteFile(str(made)))]
    first = record(store, *shared, tags=["t"])
    alone = kept(store)
    own = tmp_path / "own.txt"
    own.write_text("of one")
    second = record(store, *shared, (text, "Y" * 5000), (text, "Z" * 500_000), (file, FlyteFile(str(own))), name="b")
    Path(store.log_path(second, "n0", 0)).write_text("printed")
    both = kept(store)
    assert both["values/"] == both["blobs/"] == 2
    assert store.delete([second, "unknown"]) == 1
    # Files that are new may be of a node that is just being recorded, and stay for a while.
    assert (kept(store)["values/"], kept(store)["logs/"]) == (2, 1)
    age(store)
    assert store.delete([]) == 0
    assert kept(store) == alone
    assert [run.id for run in store.runs()] == [first]
    assert store.outputs(first, "n1") is not None
    assert store.delete([first]) == 1
    age(store)
    store.prune()
    assert set(kept(store).values()) == {0}


def test_what_a_killed_process_left_is_swept(store: RunStore) -> None:
    record(store, (text, "z" * 500_000))
    for folder in ("values", "blobs", "logs"):
        Path(store.folder, folder).mkdir(exist_ok=True)
        Path(store.folder, folder, "half.part").write_text("")
    assert store.prune(keep=1) == []
    assert Path(store.folder, "values", "half.part").exists()
    age(store)
    assert store.prune(keep=1) == []
    assert sorted(len(each.name) for each in Path(store.folder, "values").iterdir()) == [64]
    assert not list(Path(store.folder, "blobs").iterdir())
    assert store.outputs(store.runs()[0].id, "n0") is not None


def test_old_runs_are_pruned_and_running_ones_left(store: RunStore) -> None:
    ids = [record(store) for _ in range(5)]
    running = Recorder(RunStore(store.path))
    ids.append(running.begin(number, {"a": 1}))
    for at, run_id in enumerate(ids):
        store.connection().execute("UPDATE runs SET started = ? WHERE id = ?", (at, run_id))
    assert sorted(store.prune(before=2)) == ids[:2]
    assert store.prune(before=100, keep=3) == ids[2:3]
    assert sorted(store.prune()) == ids[3:5]
    assert store.delete(ids) == 0
    assert [run.id for run in store.runs()] == ids[5:]
    running.end(Outcome(1))


def test_a_store_can_be_moved(store: RunStore, tmp_path: Path) -> None:
    run_id = record(store, (text, "z" * 500_000), name="a")
    store.close()
    shutil.move(store.folder, tmp_path / "elsewhere")
    with RunStore(str(tmp_path / "elsewhere" / "runs.db")) as moved:
        found = moved.outputs(run_id, "n0")
        assert found is not None
        assert found[1].literals["o0"].scalar.primitive.string_value == "z" * 500_000


def test_a_half_made_file_is_made(tmp_path: Path) -> None:
    place = str(tmp_path / "runs.db")
    sqlite3.connect(place).close()
    Path(place).touch()
    connection = connect(place)
    assert connection.execute("SELECT count(*) FROM runs").fetchone() == (0,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_place_that_is_no_file_is_named(tmp_path: Path) -> None:
    with (
        RunStore(str(tmp_path)) as store,
        pytest.raises(RunStoreError, match="cannot be used: unable to open database"),
    ):
        store.runs()
