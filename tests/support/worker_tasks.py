"""Tasks for the tests of workers, in a module that another process can import, and what those tests share."""

from __future__ import annotations

import ctypes
import gc
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fletching import Pickled, task
from fletching.context import Execution

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Block",
    "about",
    "echo",
    "echo_async",
    "execution",
    "gone",
    "keep",
    "lasts",
    "mistreat",
    "open_files",
    "tell",
    "until_there",
    "wait_until",
]


class Block:
    """Bytes that pickle sends beside the pickle, as arrays do."""

    def __init__(self, data: Any) -> None:
        self.data = data

    def __reduce_ex__(self, protocol: Any) -> Any:
        return Block, (pickle.PickleBuffer(self.data),)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Block) and bytes(self.data) == bytes(other.data)

    def __hash__(self) -> int:
        return 0


@task
def echo(x: int) -> int:
    return x


@task
async def echo_async(x: int) -> int:
    import asyncio

    await asyncio.sleep(0)
    return x


@task
def keep(value: Pickled[Any]) -> Pickled[Any]:
    return value


@task
def tell(name: str) -> Pickled[Any]:
    """Tell what a worker sees, and change all of it."""
    found = os.environ.get(name), os.getcwd(), list(sys.path), os.getpid()
    os.environ[name] = "changed by the task"
    sys.path.append("/changed/by/the/task")
    os.chdir("/")
    return found


@task
def about(text: str) -> str:
    """Print."""
    import logging

    print(text)
    print("to stderr", file=sys.stderr)
    print("begun, ", end="")
    print("ended")
    logging.getLogger("worker_tasks").warning("logged")
    print("no newline", end="")
    return text


@task
def lasts(how: str, file: str) -> int:
    """Say who is there, and never end."""
    started = [os.getpid()]
    if how == "starts a child":
        started.append(subprocess.Popen(["sleep", "1000"]).pid)
    elif how == "starts a session":
        started.append(subprocess.Popen(["sleep", "1000"], start_new_session=True).pid)
    elif how == "starts a daemon":
        script = "setsid sleep 1000 >/dev/null 2>&1 & echo $!"
        started.append(int(subprocess.run(["sh", "-c", script], capture_output=True, check=True).stdout))
    elif how == "forks":
        child = os.fork()
        if not child:
            os.setsid()
            signal.pause()
        started.append(child)
    Path(file + ".part").write_text(" ".join(map(str, started)))
    Path(file + ".part").rename(file)
    if how == "holds the lock of the interpreter":
        ctypes.PyDLL(None).sleep(1000)
    return sum(range(10**13))


@task
def mistreat(how: str) -> str:
    if how == "reads no memory":
        ctypes.string_at(0)
    elif how == "aborts":
        os.abort()
    elif how == "leaves":
        os._exit(3)
    elif how == "exits":
        sys.exit(4)
    elif how == "is killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif how == "recurses":

        class Endless:
            def __repr__(self) -> str:
                return repr([self])

        sys.setrecursionlimit(10**9)
        repr(Endless())
    elif how == "closes everything":
        os.closerange(3, 1024)
    elif how == "writes everywhere":
        for number in range(3, 64):
            try:
                os.write(number, b"\xff" * 64)
            except OSError:
                continue
    elif how == "leaves a child with the socket":
        if not os.fork():
            signal.pause()
        ctypes.string_at(0)
    return how


def execution(task: Any, **attributes: Any) -> Execution:
    """Return an attempt of a task."""
    found = Execution(task)
    for name, value in attributes.items():
        setattr(found, name, value)
    return found


def gone(pid: int) -> bool:
    """Whether a process has ended; it may wait to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


def wait_until(true: Callable[[], Any]) -> None:
    """Look again and again, for a minute at most; others may need the processor for what is waited for."""
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, "it did not come to that within a minute"
        time.sleep(0.001)


def until_there(file: Path, stopped: Callable[[int], None]) -> list[int]:
    """Have an attempt stopped at its deadline, a later one each time, until it came as far as `lasts` does.

    Args:
        file: where the attempt writes which processes it consists of.
        stopped: runs it with a deadline of so many seconds.

    Returns:
        The processes.
    """
    for seconds in (1, 4, 16, 64):
        stopped(seconds)
        if file.exists():
            return [int(pid) for pid in file.read_text().split()]
    raise AssertionError("the attempt did not begin within a minute")


def open_files() -> int:
    """Count what this process holds open, once what nobody needs any more is closed."""
    gc.collect()
    return len(os.listdir("/proc/self/fd"))
