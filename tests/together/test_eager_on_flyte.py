"""Eager tasks whose calls are executions of a Flyte backend; started from here, and from a container there."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fletching.extend import SerializationSettings
from fletching_flyte import Config, ExecutionFailedError, FlyteBackend, FlyteRemote
from flyte_server import Call, FlyteServer

PROGRAM = """
import asyncio
import time

from fletching import task
from fletching_eager import eager


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@task
def fail(a: int) -> int:
    raise ValueError(f"no {a}")


@task
def hang(a: int) -> int:
    time.sleep(600)
    return a


@eager
async def main(n: int) -> list[int]:
    return list(await asyncio.gather(add(a=n), add(a=n + 1)))


@eager
async def waits(n: int) -> int:
    return await hang(a=n)


@eager
async def inner(n: int) -> int:
    return await add(a=n)


@eager
async def outer(n: int) -> int:
    return await inner(n=n) + 1


@eager
async def fails(n: int) -> int:
    for at in range(n):
        asyncio.create_task(hang(a=at))
    return await fail(a=n)
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "eager_program.py").write_text(PROGRAM)
    monkeypatch.syspath_prepend(str(folder))
    import eager_program  # type: ignore[import-not-found]

    yield eager_program
    del sys.modules["eager_program"]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlyteServer]:
    with FlyteServer(tmp_path / "server") as made:
        # What an administrator sets for every container.
        monkeypatch.setenv("FLYTE_PLATFORM_URL", made.endpoint)
        monkeypatch.setenv("FLYTE_PLATFORM_INSECURE", "true")
        yield made


@pytest.fixture
def remote(server: FlyteServer) -> Iterator[FlyteRemote]:
    with FlyteRemote(Config.auto(), "flytesnacks", "development") as made:
        yield made


def names(server: FlyteServer) -> list[str]:
    return sorted(run.id.name for run in server.admin.runs.all.values())


def test_started_here(program: Any, remote: FlyteRemote, server: FlyteServer) -> None:
    backend = FlyteBackend(remote)
    assert program.main.run(backend, n=1) == [2, 3]
    first = names(server)
    assert len(first) == 2
    # A second run finds what the first one has done.
    assert program.main.run(FlyteBackend(remote), n=1) == program.main.run(backend, n=1) == [2, 3]
    assert names(server) == first


def test_nothing_runs_on_when_it_fails(program: Any, remote: FlyteRemote, server: FlyteServer) -> None:
    launched: set[str] = set()
    all_are = threading.Event()

    def launch(call: Call) -> None:
        if call.method == "CreateExecution":
            launched.add(call.request.name)
            if len(launched) == 3:
                all_are.set()
            all_are.wait(60)  # none fails before the others are on their way

    with server.faults(launch), pytest.raises(ExecutionFailedError, match="ValueError: no 2"):
        program.fails.run(FlyteBackend(remote), n=2)
    assert len(names(server)) == 3
    assert not server.admin.runs.running()


def test_settings_say_how_its_calls_are_registered(program: Any, remote: FlyteRemote, server: FlyteServer) -> None:
    settings = SerializationSettings.for_image("own/image:1", "v7", "other", "staging")
    server.admin.runs.held.set()
    server.admin.runs.go.set()
    with pytest.raises(ExecutionFailedError):  # the image has no code of it
        program.fails.run(FlyteBackend(remote, copy="none"), settings, n=0)
    ((project, domain, name, version),) = server.admin.entities["task"]
    assert (project, domain, name, version) == ("other", "staging", "eager_program.fail", "v7")


def test_started_in_a_container_one_in_another(program: Any, remote: FlyteRemote, server: FlyteServer) -> None:
    made = remote.execute(program.outer, {"n": 1}, image="x:1", execution_name="root", wait=True)
    assert made.is_successful, made.error
    assert made.returned() == 3
    runs = {run.id.name: dict(run.spec.labels.values) for run in server.admin.runs.all.values()}
    (inner,) = (name for name, labels in runs.items() if labels.get("eager-exec") == "root")
    calls = [labels for name, labels in runs.items() if labels.get("eager-exec") == inner]
    assert calls == [{"eager-exec": inner, "eager-root-exec": "root"}]
    assert len(runs) == 3


def test_one_that_is_stopped_stops_what_it_started(program: Any, remote: FlyteRemote, server: FlyteServer) -> None:
    waited_for = threading.Event()

    def look(call: Call) -> None:
        if call.method == "GetExecution" and "hang" in call.request.id.name:
            waited_for.set()

    with server.faults(look):
        made = remote.execute(program.waits, {"n": 1}, image="x:1", execution_name="root")
        assert waited_for.wait(120)
        made.terminate("not wanted")
        for run in list(server.admin.runs.all.values()):
            assert run.ended.wait(120)
    assert not server.admin.runs.running()
    causes = {run.id.name: run.cause for run in server.admin.runs.all.values()}
    assert causes.pop("root") == "not wanted"
    # It depends on the moment whether it waited already, or was still launching.
    assert set(causes.values()) <= {"eager_program.waits was stopped", "it was not wanted any more"}
    assert len(causes) == 1
