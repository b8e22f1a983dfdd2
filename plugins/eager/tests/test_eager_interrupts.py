"""Ctrl-C in a run of an eager task: once lets what runs end, and begins nothing new; twice stops it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import asyncio, os, sys, time
from fletching import Runner, task
from fletching_eager import eager

def note(text):
    file = os.open(os.environ["JOURNAL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{text}\\n".encode())
    os.close(file)

@task
def step(a: int) -> int:
    note(f"begin {a}")
    while not os.path.exists(os.environ["GATE"]):
        time.sleep(0.005)
    note(f"end {a}")
    return a

@task
async def later(a: int) -> int:
    note(f"begin {a}")
    while not os.path.exists(os.environ["GATE"]):
        await asyncio.sleep(0.005)
    note(f"end {a}")
    return a

@eager
async def chain(a: int) -> int:
    return await step(a=a) + await step(a=a + 1)

@eager
async def main() -> int:
    async def helper(a: int) -> int:
        return await later(a=a) + await later(a=a + 1)
    helping = asyncio.create_task(helper(20))
    one, two = await asyncio.gather(chain(a=0), chain(a=10))
    return one + two + await helping

if __name__ == "__main__":
    runner = Runner(**{"recover" if "--recover" in sys.argv else "name": "mine"})
    print(runner.run(main))
"""

FIRST = ["begin 0", "begin 10", "begin 20"]


class Driver:
    """A process that runs it."""

    def __init__(self, folder: Path) -> None:
        self.journal, self.gate, file = folder / "journal", folder / "gate", folder / "interrupted.py"
        file.write_text(PROGRAM)
        self.command = [sys.executable, str(file)]
        self.environment = {
            **os.environ,
            "JOURNAL": str(self.journal),
            "GATE": str(self.gate),
            "FLETCHING_HOME": str(folder / "home"),
        }
        self.journal.touch()

    def start(self) -> subprocess.Popen[str]:
        driver = subprocess.Popen(
            self.command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        while Counter(self.lines()) != Counter(FIRST):
            assert driver.poll() is None, driver.communicate()
            time.sleep(0.005)
        return driver

    def lines(self) -> list[str]:
        return self.journal.read_text().splitlines()

    def recover(self) -> str:
        self.gate.touch()
        done = subprocess.run(
            [*self.command, "--recover"], env=self.environment, capture_output=True, text=True, check=False
        )
        return done.stdout.strip() or done.stderr


@pytest.fixture
def driver(tmp_path: Path) -> Driver:
    return Driver(tmp_path)


def interrupt(running: subprocess.Popen[str]) -> None:
    """Send the first Ctrl-C and wait until it has been heard."""
    running.send_signal(signal.SIGINT)
    assert running.stderr is not None
    while "Ctrl-C again stops it at once" not in running.stderr.readline():
        assert running.poll() is None


def test_once_lets_what_runs_end(driver: Driver) -> None:
    with driver.start() as running:
        interrupt(running)
        driver.gate.touch()
        _, said = running.communicate(timeout=120)
    assert running.returncode == -signal.SIGINT
    assert "never retrieved" not in said
    assert Counter(driver.lines()) == Counter([*FIRST, "end 0", "end 10", "end 20"])
    assert driver.recover() == "63"
    again = driver.lines()[6:]
    assert Counter(again) == Counter(f"{word} {number}" for number in (1, 11, 21) for word in ("begin", "end"))


def test_twice_stops_what_runs(driver: Driver) -> None:
    with driver.start() as running:
        interrupt(running)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=120)  # the gate is closed: nothing could end by itself
    assert running.returncode == -signal.SIGINT
    assert Counter(driver.lines()) == Counter(FIRST)
    assert driver.recover() == "63"
