"""Executions that wait for somebody, and what they are told."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from fletching import approve, sleep, task, wait_for_input, workflow
from fletching.errors import ConversionError
from fletching_flyte import ExecutionFailedError, FlyteEntityNotExistException, FlyteRemote
from flyte_server import FlyteServer


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@workflow
def asks(a: int) -> int:
    sleep(datetime.timedelta(0))
    b = wait_for_input("more", timeout=datetime.timedelta(hours=1), expected_type=int)
    return approve(b, "really", timeout=datetime.timedelta(hours=1))


def started(remote: FlyteRemote, server: FlyteServer) -> tuple[Any, Any]:
    remote.register(asks, version="v1", image="x:1", copy="none")
    made = remote.execute(remote.fetch_launch_plan(name=asks.name, version="v1"), {"a": 1})
    run = server.admin.runs.all["flytesnacks", "development", made.name]
    assert run.reached.wait(30)
    run.reached.clear()
    return made, run


def test_they_are_answered(remote: FlyteRemote, server: FlyteServer) -> None:
    made, run = started(remote, server)
    ((gate),) = remote.list_signals(made.name)
    assert (gate.id, gate.type, gate.answered) == ("more", int, False)
    with pytest.raises(FlyteEntityNotExistException, match="has reached no gate 'mor'; did you mean 'more'"):
        remote.set_input("mor", made.name, 7)
    with pytest.raises(ConversionError, match="expected int, got str 'x'"):
        remote.set_input("more", made.name, "x")
    remote.set_input("more", made.name, 7)
    assert run.reached.wait(30)
    assert [(each.id, each.answered) for each in remote.list_signals(made.name)] == [("more", True), ("really", False)]
    remote.approve("really", made.name)
    assert made.wait(30).outputs["o0"] == 7


def test_they_are_refused(remote: FlyteRemote, server: FlyteServer) -> None:
    made, run = started(remote, server)
    remote.set_input("more", made.name, 7)
    assert run.reached.wait(30)
    remote.reject("really", made.name)
    made.wait(30)
    with pytest.raises(ExecutionFailedError, match="approval was denied"):
        _ = made.outputs
