"""The cache never changes what a call returns, whatever its inputs are and whatever happened to its files."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from fletching import Cache, FlyteDirectory, FlyteFile, Pickled, task
from fletching.errors import CacheWarning, ConversionError
from fletching.home import cache_dir

RUNS: list[Any] = []
C = Cache(version="1")


class Two(NamedTuple):
    count: int
    items: Iterator[int]


@task(cache=C)
def total(items: Iterator[int], more: dict[str, Iterator[int]] | None = None) -> int:
    RUNS.append("total")
    return sum(items) + sum(sum(each) for each in (more or {}).values())


@task(cache=C)
def count_to(n: int) -> Iterator[int]:
    RUNS.append("count_to")
    return iter(range(n))


@task(cache=C)
def two(n: int) -> Two:
    RUNS.append("two")
    return Two(n, iter(range(n)))


@task(cache=C)
def entries(folder: FlyteDirectory) -> int:
    return sum(1 for _ in Path(folder).rglob("*"))


@task(cache=C)
def square(n: int) -> int:
    RUNS.append(n)
    return n * n


@task(cache=Cache(version="1", serialize=True))
def text(n: int) -> FlyteFile:
    RUNS.append(n)
    path = Path(cache_dir("made"), f"{n}.txt")
    path.write_text(str(n) * 100)
    return FlyteFile(str(path))


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    RUNS.clear()
    monkeypatch.setenv("FLETCHING_HOME", str(tmp_path / "home"))


def database() -> Path:
    return Path(cache_dir("task-cache")) / "cache.db"


def test_iterators_are_seen_whole_by_a_cached_task_and_by_its_caller() -> None:
    for _ in range(2):
        assert total(iter([1, 2, 3]), {"a": iter([10])}) == 16  # type: ignore[arg-type]
        assert list(count_to(3)) == [0, 1, 2]
        made = two(2)
        assert (type(made), made.count, list(made.items)) == (Two, 2, [0, 1])
    assert RUNS == ["total", "count_to", "two"]


@pytest.mark.parametrize("options", [{"retries": 1}, {"timeout": 60}])
def test_iterators_are_seen_whole_by_every_attempt(options: dict[str, Any]) -> None:
    @task(**options)
    def f(items: Iterator[int]) -> Iterator[int]:
        seen = list(items)
        RUNS.append(seen)
        if options.get("retries") and len(RUNS) == 1:
            raise ValueError("again")
        return iter(seen)

    assert list(f(each for each in (1, 2))) == [1, 2]
    if options.get("retries"):
        assert RUNS == [[1, 2]] * 2


def test_everything_in_a_folder_counts(tmp_path: Path) -> None:
    folder, other = tmp_path / "folder", tmp_path / "other"
    folder.mkdir()
    other.mkdir()
    assert entries(FlyteDirectory(str(folder))) == 0
    (folder / "empty").mkdir()
    assert entries(FlyteDirectory(str(folder))) == 1
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff")).touch()
    assert entries(FlyteDirectory(str(folder))) == 2
    (folder / "link").symlink_to(other)
    before = entries(FlyteDirectory(str(folder)))
    (other / "new").touch()
    (folder / "plain").touch()
    assert entries(FlyteDirectory(str(folder))) > before


@pytest.mark.parametrize("target", [".", "nowhere"])
def test_a_folder_without_end_is_not_cached(tmp_path: Path, target: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link").symlink_to(target)
    with pytest.warns(CacheWarning, match="its inputs could not be read"):
        assert entries(FlyteDirectory(str(tmp_path / "folder"))) == 1


def test_a_file_that_was_handed_out_and_changed_is_made_again_and_kept() -> None:
    for expected in ([7], [], [7], []):
        RUNS.clear()
        path = Path(text(7))
        assert path.read_text() == "7" * 100
        assert expected == RUNS
        if len(expected) == 0:
            path.write_text("changed")


@pytest.mark.parametrize("home", ["/dev/null/home", "/proc/home"])
@pytest.mark.parametrize("one", [square, text], ids=["plain", "serialize"])
def test_a_home_that_cannot_be_is_a_warning(home: str, one: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = cache_dir("made")
    monkeypatch.setattr(sys.modules[__name__], "cache_dir", lambda *parts: path)
    monkeypatch.setenv("FLETCHING_HOME", home)
    with pytest.warns(CacheWarning, match="the cache of task .* was not used"):
        one(3)
    assert RUNS == [3]


@pytest.mark.parametrize("value", ["text", 7])
def test_rows_of_other_types_are_misses(value: object) -> None:
    square(2)
    with sqlite3.connect(database()) as connection:
        connection.execute("UPDATE outputs SET literals = ?", (value,))
    connection.close()
    assert square(2) == 4
    assert RUNS == [2, 2]


def test_a_damaged_database_is_set_aside_and_the_next_call_begins_a_new_one() -> None:
    square(2)
    database().write_bytes(b"no database at all " * 500)
    with pytest.warns(CacheWarning, match="file is not a database; the task runs"):
        assert square(2) == 4
    assert square(2) == square(2) == 4
    assert RUNS == [2, 2, 2]


@pytest.mark.parametrize("replaced", [False, True], ids=["below an open connection", "and opened anew"])
def test_any_damage_is_at_most_a_miss(replaced: bool) -> None:
    for n in range(5):
        square(n)
    with sqlite3.connect(database()) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    whole, seeded = database().read_bytes(), random.Random(5)
    for _ in range(60):
        if replaced:
            for file in database().parent.glob("cache.db*"):
                file.unlink()
        data = bytearray(whole)
        for _ in range(seeded.choice([1, 20, 400])):
            data[seeded.randrange(len(data))] = seeded.randrange(256)
        database().write_bytes(data[: seeded.choice([len(data), seeded.randrange(len(data))])])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CacheWarning)
            assert [square(n) for n in (1, 4)] == [1, 16]


def test_what_is_kept_is_for_its_user_only() -> None:
    square(2)
    for folder in (Path(cache_dir()), database().parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


WRITER = """
import sys
from fletching import Cache, task
@task(cache=Cache(version="1"))
def series(n: int) -> list[int]:
    return [n] * (30_000 if n % 2 else 3000)  # a file of its own, and a part of the row
if __name__ == "__main__":
    print("ready", flush=True)
    for n in range(int(sys.argv[1])):
        assert set(series(n % 7)) == {n % 7}
"""


def test_a_writer_killed_anywhere_leaves_nothing_wrong(tmp_path: Path) -> None:
    script = tmp_path / "writer.py"
    script.write_text(WRITER)
    seeded = random.Random(1)
    for _ in range(12):
        with subprocess.Popen([sys.executable, script, "10000"], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            for _ in range(seeded.randrange(40_000)):  # some moment, without a clock
                pass
            writer.send_signal(signal.SIGKILL)
    done = subprocess.run([sys.executable, "-W", "error", script, "14"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_pickle_knows_what_it_holds_also_where_annotations_are_text() -> None:
    @task
    def f(x: Pickled[dict[str, int]]) -> Pickled[Any]:
        return x

    assert f.python_interface.inputs["x"].__args__ == (dict[str, int],)
    with pytest.raises(ConversionError, match=r"argument 'x': expected .*Pickled.*got int 3"):
        f(3)  # type: ignore[arg-type]
