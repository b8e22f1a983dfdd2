"""FlyteBackend: what orchestrates launches, waits and stops; here by hand, with plain asyncio."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from fletching.errors import RunCancelledError
from fletching.extend import Backend, SerializationSettings, manager
from fletching_flyte import ExecutionFailedError, FlyteBackend, FlyteRemote
from flyte_server import Call, FlyteServer


@pytest.fixture(scope="module")
def program() -> Iterator[Any]:
    sys.path.insert(0, str(Path(__file__).parent))
    try:
        import flyte_program

        yield flyte_program
    finally:
        sys.path.pop(0)
        del sys.modules["flyte_program"]


@pytest.fixture
def backend(remote: FlyteRemote) -> FlyteBackend:
    return FlyteBackend(remote)


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(work())


LABELS = {"eager-exec": "me", "eager-root-exec": "root"}


def test_it_is_the_backend_of_that_name(monkeypatch: pytest.MonkeyPatch, server: FlyteServer) -> None:
    assert manager().load("backends", "flyte") is FlyteBackend
    monkeypatch.setenv("FLYTE_PLATFORM_URL", server.endpoint)
    assert isinstance(FlyteBackend(), Backend)


def test_launched_waited_for_and_adopted(backend: FlyteBackend, server: FlyteServer, program: Any) -> None:
    async def work() -> None:
        one, other = await asyncio.gather(
            backend.launch(program.add, {"a": 1, "b": 4}, name="e1", labels=LABELS),
            backend.launch(program.flow, {"a": 1}, name="e2", labels=LABELS),
        )
        assert one.name == "e1"
        again = await backend.launch(program.add, {"a": 1, "b": 4}, name="e1", labels=LABELS)
        assert await asyncio.gather(*(backend.wait(each) for each in (one, other, again))) == [5, (11, 12), 5]
        # It has ended, and is adopted all the same.
        assert await backend.wait(await backend.launch(program.add, {"a": 1, "b": 4}, name="e1", labels=LABELS)) == 5

    run(work)
    assert len(server.admin.runs.all) == 2
    spec = server.admin.runs.all["flytesnacks", "development", "e1"].spec
    assert dict(spec.labels.values) == LABELS
    assert [(each.key, each.value) for each in spec.envs.values] == [("_F_EE_ROOT", "root")]


def test_one_that_failed_is_started_anew(backend: FlyteBackend, server: FlyteServer, program: Any) -> None:
    async def work() -> None:
        for _ in range(2):
            made = await backend.launch(program.fail, {"a": 1}, name="e1", labels={})
            with pytest.raises(ExecutionFailedError, match="ValueError: no 1"):
                await backend.wait(made)

    run(work)
    assert [run.id.name for run in server.admin.runs.all.values()] == ["e1", "e1-r1"]


def test_one_of_another_version_is_not_adopted(remote: FlyteRemote, server: FlyteServer, program: Any) -> None:
    server.admin.runs.held.set()

    async def work() -> None:
        for version in ("v1", "v2"):
            settings = SerializationSettings.for_image("x:1", version, "flytesnacks", "development")
            await (
                FlyteBackend(remote).with_settings(settings).launch(program.add, {"a": 1, "b": 2}, name="e", labels={})
            )

    run(work)
    assert [run.id.name for run in server.admin.runs.all.values()] == ["e", "e-r1"]


def test_stopped(
    backend: FlyteBackend, server: FlyteServer, program: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STARTED", str(tmp_path / "started"))

    async def work() -> None:
        made = await backend.launch(program.hang, {"a": 1}, name="e1", labels={})
        waiting = asyncio.create_task(backend.wait(made))
        await backend.terminate(made, "not wanted")
        with pytest.raises(RunCancelledError, match="not wanted"):
            await waiting
        await backend.terminate(made, "twice does nothing")
        assert server.calls["TerminateExecution"] == 1

    run(work)
    assert not server.admin.runs.running()


def test_one_that_is_cancelled_while_it_is_launched_does_not_run(
    backend: FlyteBackend, server: FlyteServer, program: Any
) -> None:
    server.admin.runs.held.set()
    arrived, go = threading.Event(), threading.Event()

    def slow(call: Call) -> None:
        if call.method == "CreateExecution":
            arrived.set()
            go.wait(60)

    async def work() -> None:
        launching = asyncio.create_task(backend.launch(program.add, {"a": 1, "b": 2}, name="e1", labels={}))
        await asyncio.to_thread(arrived.wait, 60)
        launching.cancel()
        await asyncio.sleep(0)
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await launching

    with server.faults(slow):
        run(work)
    assert [run.phase for run in server.admin.runs.all.values()]
    assert not server.admin.runs.running()


def test_an_entity_is_registered_once(backend: FlyteBackend, server: FlyteServer, program: Any) -> None:
    server.admin.runs.held.set()

    async def work() -> None:
        await asyncio.gather(
            *(backend.launch(program.add, {"a": at, "b": 2}, name=f"e{at}", labels={}) for at in range(8))
        )

    run(work)
    assert server.calls["CreateTask"] == 1
    assert len(server.admin.runs.all) == 8
