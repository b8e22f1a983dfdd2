"""What travels to a worker and back: large memory beside the pickle, code where it has to be, and what has changed."""

from __future__ import annotations

import importlib.util
import mmap
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fletching import Pickled, task
from fletching.errors import SerializationError
from fletching.run import channel
from fletching.run.workers import run_in_worker
from worker_tasks import Block, execution, keep, open_files, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs workers")

LARGE = channel.SHARED_FROM + 4097
SUPPORT = str(Path(__file__).parent.parent / "support")


def through(value: Any) -> Any:
    return run_in_worker(execution(keep), {"value": value})


def blocks(*sizes: int) -> list[Block]:
    return [Block(bytearray(os.urandom(min(size, 4096)) * (size // 4096 + 1))[:size]) for size in sizes]


@given(st.lists(st.sampled_from([0, 1, 4095, 4096, 4097, 70_000, 300_000]), max_size=6), st.binary(max_size=300))
def test_buffers_of_every_size_come_back_as_they_were(sizes: list[int], rest: bytes) -> None:
    value = [*blocks(*sizes), rest, "text" * 40_000]
    assert through(value) == value


def test_more_buffers_than_the_kernel_takes_at_once() -> None:
    value = blocks(*[5000] * 1100)
    assert through(value) == value


@pytest.mark.parametrize("memory", ["shared", "socket"])
def test_large_memory_comes_back_writable(memory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if memory == "socket":
        monkeypatch.delattr(os, "memfd_create", raising=False)
    value = [*blocks(LARGE, 5), b"x" * LARGE]
    found = through(value)
    assert found == value
    found[0].data[0:3] = b"own"
    assert bytes(found[0].data[:3]) == b"own"
    assert bytes(value[0].data[:3]) != b"own"


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="the platform has no memory with a file number")
def test_large_results_are_mapped_and_hold_few_files_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "MAPPED_LIMIT", 2)
    through(1)
    before = open_files()
    value = blocks(LARGE)[0]
    found = [through(value) for _ in range(4)]
    kinds = [type(memoryview(each.data).obj) for each in found]
    assert kinds[:2] == [mmap.mmap, mmap.mmap]
    assert kinds.count(bytearray) == (2 if sys.version_info < (3, 13) else 0)
    assert found == [value] * 4
    assert open_files() <= before + 2
    del found
    assert open_files() == before


def test_memory_that_its_sender_could_still_change_is_refused() -> None:
    if not hasattr(os, "memfd_create"):
        pytest.skip("the platform has no memory with a file number")
    import socket

    ours, theirs = socket.socketpair()
    file = os.memfd_create("unsealed")
    os.ftruncate(file, LARGE)
    with ours, theirs:
        frame = channel.HEAD.pack(b"12345678", 1, channel.PART.size) + channel.PART.pack(LARGE, 0)
        socket.send_fds(theirs, [frame], [file])
        os.close(file)
        with pytest.raises(channel.ForeignFrameError):
            channel.receive(ours, b"12345678")


def test_a_worker_sees_what_changed_here_and_nothing_that_a_task_changed_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def seen() -> Any:
        return run_in_worker(execution(tell), {"name": "SEEN_BY_WORKERS"})

    workers = set()
    monkeypatch.delenv("SEEN_BY_WORKERS", raising=False)
    for value in (None, "one", "one", "two", None):
        if value is None:
            monkeypatch.delenv("SEEN_BY_WORKERS", raising=False)
        else:
            monkeypatch.setenv("SEEN_BY_WORKERS", value)
            (tmp_path / value).mkdir(exist_ok=True)
            monkeypatch.chdir(tmp_path / value)
            monkeypatch.syspath_prepend(str(tmp_path / value))
        variable, folder, path, pid = seen()
        assert (variable, folder, path) == (value, os.getcwd(), sys.path)
        workers.add(pid)
    assert len(workers) == 1


class Unreadable:
    """What pickles, and cannot be made again here."""

    def __reduce__(self) -> Any:
        return _make_in, (os.getpid(),)


def _make_in(pid: int) -> Any:
    if os.getpid() != pid:
        raise ValueError("not here")
    return Unreadable()


@task
def gives(how: str) -> Pickled[Any]:
    return Unreadable() if how == "unreadable" else threading.Lock()


def test_a_result_that_cannot_be_made_again_is_an_error() -> None:
    with pytest.raises(SerializationError, match="the task's result cannot be sent back from its process: not here"):
        run_in_worker(execution(gives), {"how": "unreadable"})


def test_what_cannot_travel_says_so_without_a_deadline() -> None:
    with pytest.raises(SerializationError, match=r"task .* runs in a process of its own, but .* have another executor"):
        through(threading.Lock())


@pytest.fixture
def loaded(tmp_path: Path) -> Iterator[Any]:
    """A module that no other process can import."""
    file = tmp_path / "from_a_file.py"
    file.write_text(
        "from fletching import Pickled, task\n"
        "class Own:\n"
        "    def __init__(self, x): self.x = x\n"
        "def helper(x): return Own(x)\n"
        "@task\n"
        "def make(x: int) -> Pickled[Own]: return helper(x)\n"
        "@task\n"
        "def call(value: Pickled[list]) -> int: return value[1](3).x\n"
    )
    spec = importlib.util.spec_from_file_location("from_a_file", file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["from_a_file"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules["from_a_file"]


class Between:
    """What lets something else happen while it is pickled."""

    def __init__(self, happens: Callable[[], Any]) -> None:
        self.happens = happens

    def __reduce__(self) -> Any:
        self.happens()
        return int, (0,)


def test_attempts_at_once_of_a_module_that_travels_as_code(loaded: Any) -> None:
    def other() -> None:
        assert type(run_in_worker(execution(loaded.make), {"x": 1})) is loaded.Own

    # The function is pickled after the other attempt came and went.
    assert run_in_worker(execution(loaded.call), {"value": [Between(other), loaded.helper]}) == 3


def run_script(script: str, folder: Path) -> str:
    (folder / "script.py").write_text(f"import sys\nsys.path.insert(0, {SUPPORT!r})\n" + script)
    done = subprocess.run(
        [sys.executable, "-W", "error", str(folder / "script.py")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_script_without_a_guard_runs_once(tmp_path: Path) -> None:
    script = (
        "from fletching import Pickled, task\n"
        "from fletching.run.workers import run_in_worker\n"
        "from worker_tasks import execution, keep\n"
        "class Own:\n"
        "    def __init__(self, x): self.x = x\n"
        "@task\n"
        "def add(a: Pickled[Own], b: int) -> Pickled[Own]:\n"
        "    return Own(a.x + b)\n"
        "print('once')\n"
        "found = run_in_worker(execution(add), {'a': Own(1), 'b': 2})\n"  # by value
        "print(type(found) is Own, found.x)\n"
        "kept = run_in_worker(execution(keep), {'value': Own(4)})\n"  # by name, with a value of ours
        "print(type(kept) is Own, kept.x)\n"
    )
    assert run_script(script, tmp_path) == "once\nTrue 3\nTrue 4\n"


def test_a_module_that_calls_its_task_while_it_is_imported_starts_no_end_of_processes(tmp_path: Path) -> None:
    (tmp_path / "unguarded.py").write_text(
        "from fletching import task\n"
        "@task(timeout=60)\n"
        "def f(x: int) -> int: return x\n"
        "print('imported', flush=True)\n"
        "f(1)\n"
    )
    script = (
        "from fletching.errors import RunError\n"
        "try:\n"
        "    import unguarded\n"
        "except RunError as error:\n"
        "    print(error)\n"
    )
    said = (
        "module 'unguarded' calls task 'unguarded.f' while it is imported, also by the process that is to run it; "
        "put the call below if __name__ == '__main__':"
    )
    assert run_script(script, tmp_path).splitlines() == ["imported", "imported", said]
