"""The cache keeps its connection open, and notices whatever happens to its files meanwhile."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from fletching import Cache, FlyteFile, task
from fletching.errors import CacheWarning
from fletching.home import cache_dir

RUNS: list[Any] = []


@task(cache=Cache(version="1"))
def square(n: int) -> int:
    RUNS.append(n)
    return n * n


@task(cache=Cache(version="1"))
def long(n: int) -> str:
    RUNS.append(n)
    return "é" * n


@task(cache=Cache(version="1"))
def made(n: int) -> FlyteFile:
    RUNS.append(n)
    path = Path(cache_dir("made"), f"{n}.txt")
    path.write_text(str(n))
    return FlyteFile(str(path))


@pytest.fixture(autouse=True)
def _forget_runs() -> None:
    RUNS.clear()


@pytest.fixture
def folder(isolated_home: Path) -> Path:
    return isolated_home / "task-cache"


def test_the_database_is_in_wal_mode_with_its_version(folder: Path) -> None:
    square(2)
    connection = sqlite3.connect(folder / "cache.db")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()


def test_another_home_is_another_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = "a?mode=ro#%41 \udcff"
    for home in (odd, "b", odd, "b"):
        monkeypatch.setenv("FLETCHING_HOME", str(tmp_path / home))
        assert square(2) == 4
    assert RUNS == [2, 2]
    RUNS.clear()
    monkeypatch.setenv("FLETCHING_HOME", "relative")
    for work in ("one", "two", "one"):
        (tmp_path / work).mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / work)
        assert square(2) == 4
    assert RUNS == [2, 2]


def test_a_folder_that_is_deleted_is_begun_anew(folder: Path) -> None:
    for _ in range(3):
        assert square(2) == square(2) == 4
        shutil.rmtree(folder)
    assert RUNS == [2, 2, 2]


def test_a_database_that_is_replaced_counts(folder: Path, tmp_path: Path) -> None:
    assert square(2) == 4
    shutil.copytree(folder, tmp_path / "copy")  # with what is still in the log
    shutil.rmtree(folder)
    assert square(3) == 9
    shutil.rmtree(folder)
    shutil.copytree(tmp_path / "copy", folder)
    assert [square(2), square(3)] == [4, 9]
    assert RUNS == [2, 3, 3]


@pytest.mark.parametrize("names", [["-shm"], ["-wal"], ["-shm", "-wal"], ["", "-shm", "-wal"], [""]])
@pytest.mark.parametrize("junk", [b"", b"junk" * 10, b"junk" * 20_000])
def test_files_that_are_overwritten_while_they_are_open_are_at_most_a_miss(
    folder: Path, names: list[str], junk: bytes
) -> None:
    code = f"""
import warnings
from pathlib import Path
from fletching import Cache, task
warnings.simplefilter("ignore")
@task(cache=Cache(version="1"))
def square(n: int) -> int:
    return n * n
for n in range(5):
    square(n)
for name in {names!r}:
    Path({str(folder)!r}, "cache.db" + name).write_bytes({junk!r})
for _ in range(3):
    assert [square(n) for n in range(6)] == [0, 1, 4, 9, 16, 25]
warnings.simplefilter("error")
assert square(7) == square(7) == 49
"""
    script = folder.parent / "script.py"
    folder.parent.mkdir(exist_ok=True)
    script.write_text(code)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_damaged_table_is_set_aside(folder: Path) -> None:
    assert square(2) == 4
    connection = sqlite3.connect(folder / "cache.db")
    connection.execute("DROP TABLE details")
    connection.execute("CREATE TABLE details (other TEXT)")
    connection.commit()
    connection.close()
    with pytest.warns(CacheWarning, match="no such column|no column named"):
        assert square(2) == 4
    assert square(2) == square(2) == 4
    assert RUNS == [2, 2, 2]
    assert (folder / "cache.db.broken").exists()


def test_a_large_value_is_a_file_and_is_checked(folder: Path) -> None:
    assert [len(long(100_000)), len(long(100_000))] == [100_000] * 2
    assert RUNS == [100_000]
    (file,) = (folder / "values").iterdir()
    assert (folder / "cache.db").stat().st_size < file.stat().st_size
    for damage in (lambda: file.write_bytes(file.read_bytes()[:-1] + b"x"), lambda: file.write_bytes(b""), file.unlink):
        damage()
        RUNS.clear()
        assert [len(long(100_000)), len(long(100_000))] == [100_000] * 2
        assert RUNS == [100_000]


def test_a_file_that_is_missing_is_a_miss(folder: Path) -> None:
    assert Path(made(7)).read_text() == "7"
    shutil.rmtree(folder / "blobs")
    assert Path(made(7)).read_text() == Path(made(7)).read_text() == "7"
    assert RUNS == [7, 7]


def test_every_thread_has_a_connection_that_ends_with_it(folder: Path) -> None:
    square(2)
    go = threading.Barrier(8)

    def work(n: int) -> None:
        go.wait()
        for each in range(20):
            assert square(each) == each * each
            assert square(100 * n + each) == (100 * n + each) ** 2

    def open_files() -> int:
        return sum(
            os.path.realpath(f"/proc/self/fd/{fd}").startswith(str(folder)) for fd in os.listdir("/proc/self/fd")
        )

    for _ in range(5):
        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert open_files() < 3 + 2 * 8  # of 40 threads: SQLite keeps a few closed files for the next connections
    RUNS.clear()
    assert [square(n) for n in range(20)] == [n * n for n in range(20)]
    assert RUNS == []


def test_a_forked_process_uses_the_cache_as_its_parent_does(folder: Path, tmp_path: Path) -> None:
    code = """
import os, sqlite3, sys
from fletching import Cache, task
@task(cache=Cache(version="1"))
def square(n: int) -> int:
    print("ran", n, flush=True)
    return n * n
square(2)
for n in range(3):
    child = os.fork()
    if child == 0:
        assert square(2) == 4 and square(10 + n) == (10 + n) ** 2
        grandchild = os.fork()
        if grandchild == 0:
            assert square(10 + n) == (10 + n) ** 2 and square(20 + n) == (20 + n) ** 2
            os._exit(0)
        os._exit(os.waitpid(grandchild, 0)[1])
    assert square(2) == 4
    assert os.waitpid(child, 0)[1] == 0
    assert square(20 + n) == (20 + n) ** 2
connection = sqlite3.connect(sys.argv[1])
assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
assert connection.execute("SELECT count(*) FROM outputs").fetchone() == (7,)
connection.close()
"""
    script = tmp_path / "forking.py"
    script.write_text(code)
    command = [sys.executable, "-W", "error", script, folder / "cache.db"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.split("\n")) == sorted(["", *(f"ran {n}" for n in (2, 10, 11, 12, 20, 21, 22))])
