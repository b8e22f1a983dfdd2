"""Ctrl-C: once, and what runs comes to its end; twice, and it is stopped; no process stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from worker_tasks import gone, wait_until

FLOW = """
import os, sys, time
from fletching import Runner, task, workflow

HERE = sys.argv[1]


@task
def first(a: int) -> int:
    open(f"{HERE}/first-{os.getpid()}", "w").close()
    while not os.path.exists(f"{HERE}/go"):
        time.sleep(0.01)
    open(f"{HERE}/ended", "w").close()
    return a


@task
def second(a: int) -> int:
    open(f"{HERE}/second", "w").close()
    return a


@workflow
def flow(a: int) -> int:
    return second(a=first(a=a))


@workflow
def wide(a: int) -> tuple[int, int]:
    return second(a=first(a=a)), second(a=first(a=a))


if __name__ == "__main__":
    executor = None if sys.argv[2] == "none" else sys.argv[2]
    try:
        if sys.argv[4] == "plain":
            globals()[sys.argv[3]](a=1)
        else:
            Runner(executor=executor).run(globals()[sys.argv[3]], a=1)
    except KeyboardInterrupt:
        open(f"{HERE}/interrupted", "w").close()
        sys.exit(130)
"""


class Program:
    """A program that runs a workflow, and the folder in which it leaves marks."""

    def __init__(self, folder: Path, executor: str, flow: str, how: str) -> None:
        self.folder = folder
        (folder / "flow.py").write_text(FLOW)
        command = [sys.executable, str(folder / "flow.py"), str(folder), executor, flow, how]
        with open(folder / "said", "w") as said:
            self.process = subprocess.Popen(command, stderr=said)

    def until(self, mark: str, count: int = 1) -> None:
        end = time.monotonic() + 60
        while len(list(self.folder.glob(mark))) < count:
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < end, f"no {mark}"
            time.sleep(0.01)

    def said(self) -> str:
        return (self.folder / "said").read_text()

    def until_said(self, text: str) -> None:
        end = time.monotonic() + 60
        while text not in self.said():
            assert time.monotonic() < end, self.said()
            time.sleep(0.01)

    def workers(self) -> set[int]:
        return {int(mark.name.partition("-")[2]) for mark in self.folder.glob("first-*")} - {self.process.pid}

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def has(self, mark: str) -> bool:
        return (self.folder / mark).exists()


@pytest.mark.parametrize("executor", ["none", "thread", "process", "inline"])
@pytest.mark.parametrize("flow", ["flow", "wide"])
def test_the_first_one_lets_what_runs_come_to_its_end(executor: str, flow: str, tmp_path: Path) -> None:
    program = Program(tmp_path, executor, flow, "runner")
    program.until("first-*")
    program.interrupt()
    program.until_said("Ctrl-C again")
    assert program.process.poll() is None
    (tmp_path / "go").touch()
    assert program.process.wait(60) == 130
    assert program.has("ended")
    assert not program.has("second")
    wait_until(lambda: all(map(gone, program.workers())))


@pytest.mark.parametrize("executor", ["none", "thread", "process", "inline"])
@pytest.mark.parametrize("flow", ["flow", "wide"])
def test_the_second_one_stops_it_at_once(executor: str, flow: str, tmp_path: Path) -> None:
    program = Program(tmp_path, executor, flow, "runner")
    program.until("first-*")
    program.interrupt()
    program.until_said("Ctrl-C again")
    program.interrupt()
    assert program.process.wait(60) == 130
    assert not program.has("ended")
    assert not program.has("second")
    wait_until(lambda: all(map(gone, program.workers())))


@pytest.mark.parametrize("flow", ["flow", "wide"])
def test_a_plain_call_ends_as_python_does(flow: str, tmp_path: Path) -> None:
    program = Program(tmp_path, "none", flow, "plain")
    program.until("first-*")
    program.interrupt()
    assert program.process.wait(60) == 130
    assert not program.has("second")


@pytest.mark.parametrize("executor", ["thread", "process"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_told_to_end_stops_its_run_first(
    executor: str, number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLETCHING_HOME", str(tmp_path / "home"))
    source = FLOW.replace("sys.argv[1]", repr(str(tmp_path))).partition("if __name__")[0]
    (tmp_path / "flow.py").write_text(source)
    fletch = [sys.executable, "-m", "fletching"]
    with open(tmp_path / "said", "w") as said:
        command = [*fletch, "run", "--executor", executor, str(tmp_path / "flow.py"), "flow", "--a", "1"]
        process = subprocess.Popen(command, stderr=said, env={**os.environ, "TMPDIR": str(tmp_path)})
    end = time.monotonic() + 60
    while not (marks := list(tmp_path.glob("first-*"))):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.01)
    process.send_signal(number)
    assert process.wait(60) == 128 + number
    assert "interrupted; to go on: fletch run" in (tmp_path / "said").read_text()
    wait_until(lambda: gone(int(marks[0].name.partition("-")[2])))
    assert not (tmp_path / "second").exists()
    assert not list(tmp_path.glob("fletching-*"))
    shown = subprocess.run([*fletch, "runs", "list"], capture_output=True, text=True, check=True).stdout
    assert "cancelled" in shown
