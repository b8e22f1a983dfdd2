"""One execution among threads and processes, whoever is killed, and a full disk."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fletching import Cache, task
from fletching.run.cache import open_entry
from fletching.run.cache_prune import prune

SERIAL = """
import os, signal, sys, threading
from pathlib import Path
from fletching import Cache, task

folder, dies = Path(sys.argv[1]), sys.argv[2] == "dies"

@task(cache=Cache(version="1", serialize=True))
def f(a: int) -> str:
    with open(folder / "log", "a") as file:
        file.write(f"{os.getpid()}\\n")
    while len(list((folder / "arrived").iterdir())) < 4:
        pass  # until every process is about to call
    if dies:
        try:
            (folder / "died").touch(exist_ok=False)
        except FileExistsError:
            return "done"
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"

if __name__ == "__main__":
    (folder / "arrived" / str(os.getpid())).touch()
    results = []
    threads = [threading.Thread(target=lambda: results.append(f(1))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(*results)
"""


def serial(folder: Path, how: str) -> list[tuple[int, str]]:
    (folder / "arrived").mkdir()
    script = folder / "serial.py"
    script.write_text(SERIAL)
    command = [sys.executable, "-W", "error", str(script), str(folder), how]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    outputs = [process.communicate()[0] for process in running]
    return sorted((process.returncode, output) for process, output in zip(running, outputs, strict=True))


def test_four_processes_of_four_threads_run_it_once(tmp_path: Path) -> None:
    assert serial(tmp_path, "lives") == [(0, "done done done done\n")] * 4
    assert len((tmp_path / "log").read_text().splitlines()) == 1


def test_another_takes_over_from_one_that_is_killed_in_the_middle(tmp_path: Path) -> None:
    ended = serial(tmp_path, "dies")
    assert ended == [(-9, ""), *[(0, "done done done done\n")] * 3]
    pids = (tmp_path / "log").read_text().splitlines()
    assert len(pids) == len(set(pids)) == 2


def test_a_lock_file_that_was_swept_away_locks_nobody_out_and_nobody_in(isolated_home: Path) -> None:
    @task(cache=Cache(version="1", serialize=True))
    def f(a: int) -> int:
        return a

    f(1)
    locks = isolated_home / "task-cache" / "locks"
    first, second = open_entry(f, {"a": 1}), open_entry(f, {"a": 1})
    assert first is not None
    assert second is not None
    assert first.try_lock()
    assert prune(older_than=3600).locks == 0
    assert not second.try_lock()
    first.unlock()
    assert prune(older_than=3600).locks == 1
    assert list(locks.iterdir()) == []
    assert second.try_lock()
    assert not first.try_lock()
    second.unlock()


def test_a_lock_file_that_is_swept_away_while_it_is_opened_is_no_lock(
    isolated_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @task(cache=Cache(version="1", serialize=True))
    def f(a: int) -> int:
        return a

    entry = open_entry(f, {"a": 1})
    assert entry is not None
    lock = fcntl.flock

    def too_late(file: Any, how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", lock)
        assert prune(older_than=3600).locks == 1
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", too_late)
    assert not entry.try_lock()
    assert entry.try_lock()
    entry.unlock()


FULL = """
import os, resource, sys, warnings
from pathlib import Path
from fletching import Cache, FlyteFile, task
from fletching.errors import CacheWarning

@task(cache=Cache(version="1"))
def small(n: int) -> int:
    return n
@task(cache=Cache(version="1"))
def large(n: int) -> str:
    return str(n) * 300_000
@task(cache=Cache(version="1"))
def file(path: str, n: int) -> FlyteFile:
    return FlyteFile(path)

small(0)
Path("source").write_text("x" * 300_000)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for n in range(200):
        assert small(n) == n
    assert large(1) == large(1)
    assert Path(file("source", 1)).read_text() == Path(file("source", 1)).read_text() == "x" * 300_000
assert {one.category for one in caught} == {CacheWarning}, caught
assert all("could not be stored" in str(one.message) for one in caught), caught
print(len(caught))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
warnings.simplefilter("error")
for _ in range(2):
    assert [small(n) for n in range(200)] == list(range(200))
    assert large(1) == "1" * 300_000
    assert Path(file("source", 1)).read_text() == "x" * 300_000
"""


def test_a_file_system_that_takes_no_more_is_a_warning_and_then_forgotten(tmp_path: Path, isolated_home: Path) -> None:
    script = tmp_path / "full.py"
    script.write_text(FULL)
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 4
    assert not list((isolated_home / "task-cache").rglob("*.part"))


SMALL = """
set -e
mount -t tmpfs -o size=400k none "$FLETCHING_HOME"
exec "$0" "$1"
"""
FILLS = """
import warnings
from fletching import Cache, task
from fletching.errors import CacheWarning

@task(cache=Cache(version="1"))
def text(n: int) -> str:
    return str(n) * (1000 if n % 2 else 70_000)

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for _ in range(2):
        for n in range(100, 200):
            assert text(n) == str(n) * (1000 if n % 2 else 70_000)
assert {one.category for one in caught} == {CacheWarning}, caught
messages = {str(one.message) for one in caught}
assert any("No space left on device" in one for one in messages), messages
assert any("database or disk is full" in one for one in messages), messages
assert all("could not be stored" in one for one in messages), messages
from fletching.run.cache_prune import clear
clear()
warnings.simplefilter("error")
assert text(100) == text(100) and text(101) == text(101)
"""


def test_a_full_disk_is_a_warning_and_clearing_helps(tmp_path: Path, isolated_home: Path) -> None:
    apart = ["unshare", "--user", "--mount", "--map-root-user"]
    if shutil.which("unshare") is None or subprocess.run([*apart, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody mount a small file system")
    script = tmp_path / "fills.py"
    script.write_text(FILLS)
    isolated_home.mkdir(exist_ok=True)
    command = [*apart, "sh", "-c", SMALL, sys.executable, str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
