"""``fletch cache``: what is listed, what goes, and what is said of a node."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from fletching import Cache, FlyteFile, task
from fletching.cli.cache import command
from fletching.expansion import Outcome
from fletching.home import cache_dir
from fletching.run.cache import open_entry
from fletching.run.recording import Recorder

RUNS: list[Any] = []


@task(cache=Cache(version="1"))
def square(n: int) -> int:
    RUNS.append(n)
    return n * n


@task(cache=Cache(version="2"))
def large(n: int) -> str:
    RUNS.append(n)
    return "x" * n


@task(cache=Cache(version="1", serialize=True))
def made(n: int, text: str = "x") -> FlyteFile:
    RUNS.append(n)
    path = Path(cache_dir("made"), f"{n}.txt")
    path.write_text(text * 1000)
    return FlyteFile(str(path))


@pytest.fixture(autouse=True)
def _forget_runs() -> None:
    RUNS.clear()


@pytest.fixture
def folder(isolated_home: Path) -> Path:
    return isolated_home / "task-cache"


def cache(*args: str, status: int = 0) -> str:
    """Run ``fletch cache`` and return what it prints."""
    run = CliRunner().invoke(command, args, prog_name="fletch cache")
    assert run.exit_code == status, run.output
    return run.output


def listed(*args: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(cache("list", "--json", *args))
    return found


def sql(folder: Path, statement: str, *parameters: object) -> None:
    connection = sqlite3.connect(folder / "cache.db")
    with connection:
        connection.execute(statement, parameters)
    connection.close()


def age(folder: Path, seconds: float, n: int) -> None:
    """Let the entry of ``square(n)`` have been used so long ago."""
    entry = open_entry(square, {"n": n})
    assert entry is not None
    moment = time.time() - seconds
    sql(folder, "UPDATE details SET used = ?, made = ? WHERE key = ?", moment, moment, entry.key)
    sql(folder, "UPDATE outputs SET made = ? WHERE key = ?", moment, entry.key)


def test_an_empty_cache() -> None:
    assert cache("list") == "the cache is empty\n"
    assert listed() == []
    assert cache("prune", "--max-size", "1GB") == "removed 0 entries (0 B); 0 entries (0 B) left\n"
    assert cache("clear") == "removed 0 entries (0 B); 0 entries (0 B) left\n"


def test_it_is_a_command_of_fletch() -> None:
    command_line = [sys.executable, "-m", "fletching", "cache", "list"]
    done = subprocess.run(command_line, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "the cache is empty\n")


def test_the_list_tells_the_last_used_first() -> None:
    square(2), large(70_000), square(2)
    lines = [line.split() for line in cache("list").splitlines()]
    assert lines[0] == ["key", "task", "version", "size", "made", "used"]
    assert [line[1:4] for line in lines[2:]] == [[square.name, "1", "14"], [large.name, "2", "70.0"]]
    found = listed()
    assert [one["task"] for one in found] == [square.name, large.name]
    assert [one["key"].startswith(line[0]) for one, line in zip(found, lines[2:], strict=True)] == [True, True]
    assert found[0]["ingredients"]["version"] == "1"
    assert [one["task"] for one in listed("--task", "large")] == [large.name]
    assert listed("--task", "arge") == []
    assert cache("list", "--task", "arge") == "the cache holds nothing of task 'arge'\n"


@pytest.mark.parametrize(
    ("size", "left"), [("0", 0), ("27", 1), ("28 B", 2), ("0.04k", 2), ("42", 3), ("1KiB", 4), ("1GB", 4), ("1ti", 4)]
)
def test_pruning_by_size_keeps_what_was_used_last(size: str, left: int) -> None:
    for n in (1, 2, 3, 4):
        square(n)
    square(1)
    assert f"; {left} entr" in cache("prune", "--max-size", size)
    RUNS.clear()
    for n in [1, 4, 3, 2][:left]:
        square(n)
    assert RUNS == []
    square(2)
    assert ([] if left == 4 else [2]) == RUNS


@pytest.mark.parametrize(("span", "left"), [("3d", 3), ("2D", 2), ("1 w", 3), ("36h", 2), ("61m", 1), ("59m", 0)])
def test_pruning_by_age_goes_by_the_last_use(folder: Path, span: str, left: int) -> None:
    for n, hours in ((1, 1), (2, 30), (3, 50)):
        square(n)
        age(folder, hours * 3600, n)
    printed = json.loads(cache("prune", "--older-than", span, "--json"))
    assert (printed["entries"], printed["left"], printed["left_size"]) == (3 - left, left, 14 * left)
    for n in (1, 2, 3)[left:]:
        square(n)
    assert [1, 2, 3, *(1, 2, 3)[left:]] == RUNS


def test_a_hit_counts_as_use(folder: Path) -> None:
    for n in (1, 2):
        square(n)
        age(folder, 1e6, n)
    square(1)
    assert json.loads(cache("prune", "--older-than", "1d", "--max-size", "1GB", "--json"))["left"] == 1
    assert [square(1), RUNS] == [1, [1, 2]]


def test_files_that_entries_share_go_with_the_last_of_them(folder: Path) -> None:
    made(1), made(2), made(3, "y")
    sizes = sum(file.stat().st_size for file in (folder / "blobs").rglob("*.txt"))
    assert sizes == 3000  # two names of one content
    assert len(list((folder / "blobs").iterdir())) == 2
    entries = {one["ingredients"]["input:n"]: one["key"] for one in listed()}
    sql(folder, "UPDATE details SET used = 1 WHERE key = ?", list(entries.values())[-1])
    cache("prune", "--older-than", "1d")
    assert len(list((folder / "blobs").iterdir())) == 2
    assert cache("prune", "--max-size", "0").endswith("; 0 entries (0 B) left\n")
    assert list((folder / "blobs").iterdir()) == []


def test_what_nobody_names_goes_and_what_is_being_written_stays(folder: Path) -> None:
    made(1), large(70_000), square(1)
    old = time.time() - 7200
    (held,) = (folder / "blobs").iterdir()
    for kind in ("blobs", "values"):
        for name in ("a" * 64, "b" * 64):
            path = folder / kind / name
            if kind == "blobs":
                path.mkdir()
            else:
                path.touch()
            if name[0] == "a":
                os.utime(path, (old, old))
    for name in ("old.part", "new.part"):
        (held / name).touch()
    os.utime(held / "old.part", (old, old))
    assert "3 unused files" in cache("prune", "--older-than", "7d")
    assert sorted(one.name for one in held.iterdir()) == ["1.txt", "new.part"]
    assert "b" * 64 in {one.name for one in (folder / "blobs").iterdir()}
    assert len(list((folder / "values").iterdir())) == 2
    RUNS.clear()
    made(1), large(70_000), square(1)
    assert RUNS == []


def test_locks_that_nobody_holds_go(folder: Path) -> None:
    made(1), made(2)
    held = min((folder / "locks").iterdir())
    with held.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert "1 lock;" in cache("prune", "--older-than", "7d")
        assert list((folder / "locks").iterdir()) == [held]


def test_clearing_one_task_and_all(folder: Path) -> None:
    square(2), large(70_000), made(1)
    assert cache("clear", "--task", "square").startswith("removed 1 entry (14 B)")
    assert {one["task"] for one in listed()} == {large.name, made.name}
    assert "did you mean 'large'" in cache("clear", "--task", "lrge", status=2)
    assert cache("clear", "--task", large.name).startswith("removed 1 entry (70.0 kB)")
    (folder / "cache.db.broken").touch()
    (folder / "values" / "stray").touch()
    assert cache("clear").startswith("removed 1 entry (1.")
    assert not [one for one in folder.rglob("*") if one.is_file() and not one.name.startswith("cache.")]
    assert not (folder / "cache.db.broken").exists()
    RUNS.clear()
    square(2), large(70_000), made(1)
    assert RUNS == [2, 70_000, 1]


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (["prune"], "say what is to go: --max-size 1GB, --older-than 7d, or both"),
        (["prune", "--max-size", "big"], "'big' is not a size; write for example '500MB', '1GB' or '1GiB'"),
        (["prune", "--max-size", "-1"], "'-1' is not a size"),
        (["prune", "--max-size", "1PB"], "'1PB' is not a size"),
        (["prune", "--max-size", ""], "'' is not a size"),
        (["prune", "--older-than", "7"], "'7' is not an age; write for example '7d', '12h' or '30m'"),
        (["prune", "--older-than", "-7d"], "'-7d' is not an age"),
        (["prune", "--older-than", "7y"], "'7y' is not an age"),
        (["clear", "--task", "f"], "the cache holds nothing of task 'f'"),
    ],
)
def test_what_is_wrong_with_the_arguments_is_said(args: list[str], text: str) -> None:
    assert text in cache(*args, status=2)


def test_a_damaged_cache_is_told_and_cleared(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "cache.db").write_bytes(b"no database" * 1000)
    for args in (["list"], ["prune", "--max-size", "0"]):
        assert cache(*args, status=1) == "error: the cache cannot be used: file is not a database\n"
    cache("clear")
    assert cache("list") == "the cache is empty\n"
    assert square(2) == square(2) == 4
    assert RUNS == [2]


def test_a_cache_of_a_later_release_is_not_touched(folder: Path) -> None:
    folder.mkdir(parents=True)
    sql(folder, "CREATE TABLE something (else_ TEXT)")
    sql(folder, "PRAGMA user_version=9")
    before = (folder / "cache.db").read_bytes()
    for args in (["list"], ["prune", "--max-size", "0"], ["clear"]):
        assert "made by a later version of fletching (its format is 9)" in cache(*args, status=1)
    assert (folder / "cache.db").read_bytes() == before


@dataclass
class Call:
    """What the recorder asks of a call."""

    entity: Any
    inputs: dict[str, Any]
    path: str
    entry: Any
    parent: Any = None
    upstream: tuple[str, ...] = ()
    metadata: Any = field(default=None)


def run(*calls: tuple[str, Any, dict[str, Any], str | None]) -> str:
    """Record a run of these calls as the scheduler does, and return its id."""
    recorder = Recorder()
    run_id = recorder.begin(square, {"n": 1})
    for path, entity, inputs, mode in calls:
        call = Call(entity, inputs, path, open_entry(entity, inputs, mode=mode))  # type: ignore[arg-type]
        recorder.started(call)
        found = call.entry.read() if call.entry else None
        if found is not None:
            recorder.ended(call, Outcome(found.value), "cached")
            continue
        recorder.attempt(call, 0, "inline")
        value = entity.task_function(**inputs)
        recorder.ended(call, Outcome(call.entry.write(value) if call.entry else value), "succeeded")
    recorder.end(Outcome(1))
    return run_id


def test_why_a_node_was_found_or_was_not(folder: Path) -> None:
    first = run(("n0", square, {"n": 2}, None), ("n1", large, {"n": 3}, None), ("n2", large, {"n": 3}, "off"))
    second = run(("n0", square, {"n": 2}, None), ("n1", large, {"n": 4}, None))
    assert cache("why", first, "n0") == f"n0, task {square.name}: miss\n  nothing of this task was in the cache\n"
    assert cache("why", first, "n2") == f"n2, task {large.name}: the cache had no part in it\n"
    head, entry = cache("why", second, "n0").splitlines()
    assert head == f"n0, task {square.name}: hit"
    assert f"entry {listed('--task', 'square')[0]['key'][:12]}, made 20" in entry
    lines = cache("why", second, "n1").splitlines()
    assert lines[0] == f"n1, task {large.name}: miss"
    assert "the only one of this task" in lines[1]
    assert lines[-1].split()[0] == "input:n"
    told = json.loads(cache("why", second, "n1", "--json"))
    assert (told["state"], told["verdict"], told["node"]) == ("stored", "different", "n1")
    (difference,) = told["differences"]
    assert (difference["ingredient"], difference["here"] == difference["stored"]) == ("input:n", False)
    cache("prune", "--max-size", "0")
    third = run(("n0", square, {"n": 2}, None))
    assert "is of the same call, but it was pruned (20" in cache("why", third, "n0")
    assert "has no node 'n9'" in cache("why", third, "n9", status=2)


def test_what_was_pruned_is_remembered_for_a_month_only(folder: Path) -> None:
    for n in (1, 2):
        square(n)
    cache("prune", "--max-size", "0")
    sql(folder, "UPDATE details SET lost_at = ? WHERE key = (SELECT min(key) FROM details)", time.time() - 31 * 86400)
    cache("prune", "--max-size", "0")
    connection = sqlite3.connect(folder / "cache.db")
    assert connection.execute("SELECT lost FROM details").fetchall() == [("it was pruned",)]
    connection.close()
