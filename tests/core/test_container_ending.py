"""A container that is told to end: the task cleans up, the backend hears of it, and nothing hangs."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from containers import Container

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from containers import Ended

CODE = """
import asyncio, contextlib, os, signal, sys, time
from fletching import task

def say(word):
    os.write(1, f"{word}\\n".encode())

def rest():
    # In short sleeps: Python hears of a signal that comes right before one only after it.
    while True:
        time.sleep(0.01)

@contextlib.contextmanager
def connection():
    try:
        yield
    finally:
        say("cleaned up")

@task
def waits():
    with connection():
        say("begun")
        rest()

@task
async def waits_async():
    async def other():
        with connection():
            await asyncio.sleep(600)
    try:
        helper = asyncio.create_task(other())
        await asyncio.sleep(0)
        say("begun")
        while True:
            await asyncio.sleep(0.01)
    finally:
        await asyncio.sleep(0)
        say("and awaited")

@task
async def blocks_the_loop():
    async def other():
        say("begun")
        rest()
    with connection():
        helper = asyncio.create_task(other())
        await asyncio.sleep(600)

@task
def goes_on() -> int:
    try:
        say("begun")
        rest()
    except BaseException:
        pass
    return 1

@task
def stays():
    while True:
        try:
            say("begun")
            rest()
        except BaseException:
            pass

@task
def stays_in_c():
    # One call of C that goes on after a signal: a handler in Python never gets its turn.
    import ctypes
    libc, lock = ctypes.CDLL(None), ctypes.create_string_buffer(64)
    libc.pthread_mutex_init(lock, None)
    libc.pthread_mutex_lock(lock)
    while True:
        try:
            say("begun")
            libc.pthread_mutex_lock(lock)
        except BaseException:
            pass

@task
def handles_it():
    def handler(number, frame):
        say("in its own way")
        sys.exit(9)
    signal.signal(signal.SIGTERM, handler)
    say("begun")
    rest()

@task
def has_children() -> int:
    child = os.fork()
    if not child:
        time.sleep(600)
    os.kill(child, signal.SIGTERM)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)

@task
def shows_stacks():
    say("begun")
    sys.stdin.read()
"""


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(tmp_path, CODE)


def tell(container: Container, task: str, number: int = signal.SIGTERM, **changes: str) -> tuple[Ended, str]:
    """Send a signal to a task as soon as it says that it has begun; return what it left and all it printed."""
    with container.start(container.command(task), **changes) as process:
        await_begun(process)
        process.send_signal(number)
        return (ended := container.ended(process)), ended.output


def await_begun(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line == "begun\n":
            return
    raise AssertionError("it ended before it began")


@pytest.mark.parametrize(
    ("task", "last"),
    [("waits", "cleaned up"), ("waits_async", "and awaited"), ("blocks_the_loop", "cleaned up"), ("goes_on", "")],
)
def test_a_task_that_is_told_to_end_cleans_up(container: Container, task: str, last: str) -> None:
    ended, output = tell(container, task)
    assert ended.verdict == ("SYSTEM", "RECOVERABLE", "SYSTEM")
    assert "the container was told to end" in ended.error.message
    assert ended.code == 0
    assert last in output


def test_a_task_that_does_not_end_is_ended(container: Container) -> None:
    for task in ("stays", "stays_in_c"):
        ended, _ = tell(container, task, FLETCHING_GRACE_SECONDS="0.1")
        assert ended.verdict == ("SYSTEM", "RECOVERABLE", "SYSTEM")
        assert "did not end in time" in ended.error.message


def test_a_task_may_handle_the_signal_itself(container: Container) -> None:
    ended, output = tell(container, "handles_it", FLETCHING_GRACE_SECONDS="0.1")
    assert (ended.code, ended.files) == (9, set())
    assert "in its own way" in output


def test_what_a_task_forks_dies_of_the_signal_alone(container: Container) -> None:
    assert container.run("has_children", FLETCHING_GRACE_SECONDS="0.1").outputs(o0=int) == {"o0": -signal.SIGTERM}


def test_ctrl_c_leaves_nothing(container: Container) -> None:
    ended, output = tell(container, "waits", signal.SIGINT)
    assert (ended.code, ended.files) == (1, set())
    assert "cleaned up" in output


def test_a_signal_shows_where_every_thread_is(container: Container) -> None:
    with container.start(container.command("waits")) as process:
        await_begun(process)
        process.send_signal(signal.SIGUSR1)
        assert process.stdout is not None
        seen = ""
        while "in waits" not in seen:
            line = process.stdout.readline()
            assert line
            seen += line
        process.send_signal(signal.SIGTERM)
        container.ended(process)
