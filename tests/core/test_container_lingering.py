"""Threads that a task leaves running: one that ends is waited for, one that doesn't is named and left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from containers import Container

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
import os, sys, threading
from fletching import task

def finish():
    threading.main_thread().join()
    print("finished after", *os.listdir("outputs"))

def stay():
    print("stays")
    began.set()
    threading.Event().wait()

began = threading.Event()

@task
def finishes() -> int:
    threading.Thread(target=finish, name="upload").start()
    return 1

@task
def stays() -> int:
    threading.Thread(target=stay, name="monitor").start()
    began.wait()
    return 1

@task
def stays_and_exits() -> None:
    stays()
    sys.exit(3)

"""


@pytest.fixture
def container(tmp_path: Path) -> Container:
    return Container(tmp_path, CODE)


def test_a_thread_that_ends_is_waited_for(container: Container) -> None:
    ended = container.run("finishes")
    assert ended.outputs(o0=int) == {"o0": 1}
    assert "finished after outputs.pb\n" in ended.output


def test_a_thread_that_does_not_end_is_named_and_left(container: Container) -> None:
    ended = container.run("stays", FLETCHING_LINGER_SECONDS="0")
    assert ended.outputs(o0=int) == {"o0": 1}
    assert ended.output.splitlines() == [
        "stays",
        "the task has ended, and thread 'monitor' goes on: it has 0 seconds (FLETCHING_LINGER_SECONDS) to end",
        "the container ends without waiting for thread 'monitor'",
    ]


def test_what_the_task_exits_with_stays(container: Container) -> None:
    ended = container.run("stays_and_exits", FLETCHING_LINGER_SECONDS="0")
    assert (ended.code, ended.files) == (3, set())
    assert "without waiting for thread 'monitor'" in ended.output
