"""Gates: a workflow waits for a while, for a value, for somebody's approval."""

from __future__ import annotations

import datetime
import io
import os
import subprocess
import sys
from enum import Enum
from typing import TYPE_CHECKING

import pytest

from fletching import Runner, approve, conditional, dynamic, sleep, task, wait_for_input, workflow
from fletching.errors import ConfigError, DisapprovedError, GraphError, RunError, TaskTimeoutError
from fletching.run.events import Event, observe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SOON = datetime.timedelta(seconds=20)


class Colour(Enum):
    RED = "red"


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@task
def void(a: int) -> None: ...


@workflow
def asked(a: int) -> int:
    b = wait_for_input("how-much", SOON, int)
    return add(a=approve(add(a=a, b=b), "go", SOON))


def test_answers_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLETCHING_ANSWERS", '{"how-much": 4, "go": true}')
    assert asked(a=1) == 6


def test_answers_come_from_what_a_program_puts_in_place_of_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("4\ny\n"))
    assert asked(a=1) == 6
    assert sys.stdin.read() == ""
    with pytest.raises(RunError, match="nobody answered"):
        asked(a=1)


@pytest.mark.parametrize("executor", ["inline", "thread", "process"])
def test_a_gate_waits_on_the_loop_whatever_runs_the_tasks(monkeypatch: pytest.MonkeyPatch, executor: str) -> None:
    monkeypatch.setenv("FLETCHING_ANSWERS", '{"how-much": 4, "go": "yes"}')
    assert Runner(executor=executor).run(asked, a=1) == 6


def test_disapproval_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLETCHING_ANSWERS", '{"how-much": 4, "go": "n"}')
    with pytest.raises(DisapprovedError, match="'go' was not approved"):
        asked(a=1)


def test_without_terminal_the_error_names_the_gate_and_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(RunError, match=r"'how-much' needs an answer.*no terminal.*FLETCHING_ANSWERS="):
        asked(a=1)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ("{", "is no JSON"),
        ("[1]", "must be a JSON object"),
        ('{"how-much": "x"}', "'how-much' does not fit: expected int"),
        ('{"how-much": 1, "go": 3}', "'go' does not fit: expected yes or no, got 3"),
    ],
)
def test_answers_are_checked(monkeypatch: pytest.MonkeyPatch, answers: str, told: str) -> None:
    monkeypatch.setenv("FLETCHING_ANSWERS", answers)
    with pytest.raises(RunError, match=told):
        asked(a=1)


def test_values_of_any_type_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    @workflow
    def flow() -> tuple[Colour, str, list[float], datetime.date]:
        return (
            wait_for_input("colour", SOON, Colour),
            wait_for_input("text", SOON, str),
            wait_for_input("prices", SOON, list[float]),
            wait_for_input("day", SOON, datetime.date),
        )

    monkeypatch.setenv("FLETCHING_ANSWERS", '{"colour": "red", "text": "5", "prices": [1, 2.5], "day": "2026-01-02"}')
    assert flow() == (Colour.RED, "5", [1.0, 2.5], datetime.date(2026, 1, 2))


def test_sleep_is_a_node_that_can_be_put_in_order() -> None:
    seen: list[str] = []

    @task
    def note(a: str) -> None:
        seen.append(a)

    @workflow
    def flow() -> None:
        first, pause, last = note(a="first"), sleep(datetime.timedelta(milliseconds=1)), note(a="last")
        first >> pause
        pause >> last

    flow()
    assert seen == ["first", "last"]
    assert [node.entity.node_kind for node in flow.nodes] == ["task", "gate", "task"]
    assert [node.id for node in flow.nodes[2].upstream] == ["n1"]


def test_gates_wait_on_the_loop_and_at_the_same_time() -> None:
    @dynamic
    def naps(n: int) -> None:
        for _ in range(n):
            sleep(datetime.timedelta(seconds=0.2))

    events: list[Event] = []
    with observe(events.append):
        naps(n=50)
    gates = [event for event in events if event.what == "gate"]
    assert {event.executor for event in gates if event.kind == "attempt"} == {"loop"}
    kinds = [event.kind for event in gates if event.kind in ("attempt", "finished")]
    assert kinds.count("attempt") == kinds.count("finished") == 50
    assert kinds.index("finished") > 1  # another one began before the first was over


def test_what_returns_nothing_can_be_approved_too(monkeypatch: pytest.MonkeyPatch) -> None:
    @workflow
    def flow(a: int) -> int:
        gate = approve(void(a=a), "go", SOON)
        done = add(a=a)
        gate >> done
        return done

    assert [[node.id for node in each.upstream] for each in flow.nodes] == [[], ["n0"], ["n1"]]
    monkeypatch.setenv("FLETCHING_ANSWERS", '{"go": "yes"}')
    assert flow(a=1) == 2


def test_a_gate_in_a_branch_asks_only_if_the_branch_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    @workflow
    def flow(a: int) -> int:
        return conditional("c").if_(a > 5).then(wait_for_input("big", SOON, int)).else_().then(add(a=a))

    monkeypatch.setattr(sys, "stdin", None)
    assert flow(a=1) == 2
    with pytest.raises(RunError, match="'big' needs an answer"):
        flow(a=6)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: sleep(datetime.timedelta(1)), r"sleep\(\) is for the body of a @workflow"),
        (lambda: wait_for_input("x", SOON, int), r"wait_for_input\(\) is for the body"),
        (lambda: approve(1, "x", SOON), r"approve\(\) is for the body"),
    ],
)
def test_outside_of_a_workflow_there_is_nothing_to_wait_in(call: Callable[[], object], told: str) -> None:
    with pytest.raises(GraphError, match=told):
        call()


@pytest.mark.parametrize(
    ("call", "kind", "told"),
    [
        (lambda: sleep(5), ConfigError, "duration must be a datetime.timedelta"),
        (lambda: wait_for_input("", SOON, int), ConfigError, "name must be a non-empty string"),
        (lambda: wait_for_input("x", -5, int), ConfigError, "timeout"),
        (lambda: approve(3, "x", SOON), GraphError, "approve 'x' takes one promise, got 3"),
    ],
)
def test_wrong_arguments_are_refused(call: Callable[[], object], kind: type[Exception], told: str) -> None:
    @workflow
    def flow() -> None:
        call()

    with pytest.raises(kind, match=told):
        flow()


PROGRAM = """
import datetime
from fletching import approve, task, wait_for_input, workflow

@task
def add(a: int, b: int) -> int:
    return a + b

@workflow
def flow() -> int:
    seconds = datetime.timedelta(seconds={seconds})
    return approve(add(a=1, b=wait_for_input("how-much", seconds, int)), "go", seconds)

try:
    print("gave", flow())
except Exception as error:
    print("failed", type(error).__name__, error)
"""


def at_terminal(folder: Path, typed: str, seconds: float = 60) -> str:
    """Run the program above at a terminal where somebody types, and return what it printed."""
    pty = pytest.importorskip("pty")
    program = folder / "asking.py"
    program.write_text(PROGRAM.format(seconds=seconds))
    ours, theirs = pty.openpty()
    try:
        os.write(ours, typed.encode())
        done = subprocess.run(
            [sys.executable, program], stdin=theirs, capture_output=True, text=True, timeout=120, check=True
        )
    finally:
        os.close(ours)
        os.close(theirs)
    return done.stdout + done.stderr


def test_questions_are_asked_on_the_terminal(tmp_path: Path) -> None:
    told = at_terminal(tmp_path, "x\n4\ny\n")
    assert "gave 5" in told
    assert "how-much (int):" in told
    assert "approve go int 5?" in told
    assert "expected int, got str 'x'" in told  # and it was asked again


def test_a_no_on_the_terminal(tmp_path: Path) -> None:
    assert "failed DisapprovedError 'go' was not approved" in at_terminal(tmp_path, "4\nno\n")


def test_nobody_answers_in_time(tmp_path: Path) -> None:
    told = at_terminal(tmp_path, "", seconds=0.3)
    assert f"failed {TaskTimeoutError.__name__}" in told
    assert "'how-much'" in told
