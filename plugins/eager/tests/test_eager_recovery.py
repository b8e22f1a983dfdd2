"""A run of an eager task that was killed goes on: what it finished is not run again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import asyncio, os, signal, sys
from fletching import Runner, task, workflow
from fletching_eager import checkpoint, eager, traced

def note(text):
    file = os.open(os.environ["JOURNAL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{text}\\n".encode())
    os.close(file)

@task
def step(a: int) -> int:
    note(f"step {a}")
    return a + 1

@task
async def later(a: int) -> int:
    note(f"later {a}")
    return a + 1

@workflow
def flow(a: int) -> int:
    return step(a=step(a=a))

@traced
async def helper(a: int) -> int:
    note(f"helper {a}")
    return a * 10

@eager
async def inner(a: int) -> int:
    return await step(a=a) + await later(a=a)

def die(point):
    if os.environ.get("DIE_AT") == point:
        os.kill(os.getpid(), signal.SIGKILL)

@eager
async def main(n: int) -> list[int]:
    #EDIT
    got = list(await asyncio.gather(*(step(a=at) for at in range(n)), later(a=5), flow(a=50), inner(a=70), helper(3)))
    async with checkpoint("halfway") as half:
        if not half.done:
            note("halfway")
            half.value = {"sum": sum(got)}
    die("after the checkpoint")
    got.append(half.value["sum"])
    async with asyncio.TaskGroup() as group:
        for at in range(n, 2 * n):
            group.create_task(step(a=at))
    async with checkpoint("end", of=int) as end:
        end.value = end.value if end.done else 7
    die("at the end")
    return [*got, await step(a=99), end.value]

if __name__ == "__main__":
    options = {"recover": "mine"} if "--recover" in sys.argv else {"name": "mine"}
    runner = Runner(**options, force="--force" in sys.argv)
    print(runner.run(main, n=3))
"""

DONE = "[1, 2, 3, 6, 52, 142, 30, 236, 100, 7]"
FIRST = ["step 0", "step 1", "step 2", "later 5", "step 50", "step 51", "step 70", "later 70", "helper 3", "halfway"]
SECOND = ["step 3", "step 4", "step 5"]


class Trial:
    """A program, its journal and its store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "flow_to_kill.py"
        self.journal = folder / "journal"
        self.file.write_text(PROGRAM)

    def change(self, old: str, new: str) -> None:
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new))

    def run(self, *arguments: str, die_at: str = "") -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "JOURNAL": str(self.journal), "DIE_AT": die_at, "FLETCHING_HOME": str(self.folder)}
        self.journal.write_text("")
        return subprocess.run(
            [sys.executable, str(self.file), *arguments], env=environment, capture_output=True, text=True, check=False
        )

    def ran(self) -> Counter[str]:
        return Counter(self.journal.read_text().splitlines())


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path)


@pytest.mark.parametrize(("point", "finished"), [("after the checkpoint", FIRST), ("at the end", [*FIRST, *SECOND])])
def test_what_was_finished_when_it_was_killed_is_not_run_again(trial: Trial, point: str, finished: list[str]) -> None:
    assert trial.run(die_at=point).returncode == -signal.SIGKILL
    assert trial.ran() == Counter(finished)
    again = trial.run("--recover")
    assert (again.stdout.strip(), again.returncode) == (DONE, 0), again.stderr
    assert trial.ran() == Counter([*FIRST, *SECOND, "step 99"]) - Counter(finished)


def test_it_can_be_killed_more_than_once(trial: Trial) -> None:
    trial.run(die_at="after the checkpoint")
    trial.change('{"recover": "mine"}', '{"recover": "last"}')
    assert trial.run("--recover", die_at="at the end").returncode == -signal.SIGKILL
    assert trial.ran() == Counter(SECOND)
    assert trial.run("--recover").stdout.strip() == DONE
    assert trial.ran() == Counter(["step 99"])


def test_the_body_may_be_edited_meanwhile(trial: Trial) -> None:
    trial.run(die_at="at the end")
    trial.change("#EDIT", "first = await step(a=2000)  # one more, in front of all others")
    again = trial.run("--recover")
    assert again.stdout.strip() == DONE, again.stderr
    assert trial.ran() == Counter(["step 2000", "step 99"])


def test_changed_code_of_a_child_is_refused_and_forced(trial: Trial) -> None:
    trial.run(die_at="at the end")
    trial.change('    note(f"later {a}")\n', '    note(f"changed {a}")\n')
    refused = trial.run("--recover")
    assert refused.returncode == 1
    assert "RecoveryError" in refused.stderr
    assert "later" in refused.stderr
    assert trial.ran() == Counter()
    forced = trial.run("--recover", "--force")
    assert forced.stdout.strip() == DONE, forced.stderr
    # What it is a part of runs again, too; of that, what did not change is kept.
    assert trial.ran() == Counter(["changed 5", "changed 70", "step 99"])


def test_changed_code_of_a_traced_helper_is_seen(trial: Trial) -> None:
    trial.run(die_at="at the end")
    trial.change('    note(f"helper {a}")\n', '    note(f"changed {a}")\n')
    assert "RecoveryError" in trial.run("--recover").stderr
    assert trial.run("--recover", "--force").stdout.strip() == DONE
    assert trial.ran() == Counter(["changed 3", "step 99"])


def test_other_inputs_of_a_child_are_another_call(trial: Trial) -> None:
    trial.run(die_at="at the end")
    trial.change("later(a=5)", "later(a=6)")
    assert trial.run("--recover").stdout.strip() != ""
    assert trial.ran() == Counter(["later 6", "step 99"])
