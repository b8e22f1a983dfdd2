"""An eager task in a container: what it awaits runs there, and its report is left whatever became of it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from containers import Container

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
import asyncio, os
from fletching import task
from fletching.errors import RunError
from fletching import eager

@task
def add(a: int, b: int) -> int:
    return a + b

@task
def fails(a: int) -> int:
    raise ValueError("in what it calls")

@task
async def waits() -> None:
    try:
        os.write(1, b"begun\\n")
        await asyncio.sleep(600)
    finally:
        os.write(1, b"cleaned up\\n")

@eager
async def sums(a: int) -> int:
    return sum(await asyncio.gather(*(add(a=a, b=b) for b in range(3))))

@eager
async def calls_failing(a: int) -> int:
    return await fails(a=a)

@eager
async def lost(a: int) -> int:
    raise RunError("what it started elsewhere failed")

@eager
async def waiting(a: int) -> None:
    await waits()
"""


def test_an_eager_task_runs_in_a_container(tmp_path: Path) -> None:
    container = Container(tmp_path, CODE)
    container.give({"a": 10})
    ended = container.run("sums")
    assert ended.outputs(o0=int) == {"o0": 33}
    assert "add" in (ended.folder / "deck.html").read_text()
    ended = container.run("calls_failing")
    assert ended.verdict == ("USER:RuntimeError", "NON_RECOVERABLE", "USER")
    assert "in what it calls" in ended.error.message
    assert "fails" in (ended.folder / "deck.html").read_text()
    assert container.run("lost").verdict == ("SYSTEM", "NON_RECOVERABLE", "SYSTEM")


def test_a_container_that_is_told_to_end_stops_what_it_awaits(tmp_path: Path) -> None:
    container = Container(tmp_path, CODE)
    container.give({"a": 10})
    with container.start(container.command("waiting")) as process:
        assert process.stdout is not None
        assert "begun\n" in iter(process.stdout.readline, "")
        process.send_signal(signal.SIGTERM)
        ended = container.ended(process)
    assert "cleaned up" in ended.output
    assert ended.verdict == ("SYSTEM", "RECOVERABLE", "SYSTEM")
    assert "waits" in (ended.folder / "deck.html").read_text()
