"""One server, two clients: what one of them registers, the other fetches and executes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fletching_flyte import Config, FlyteRemote
from flyte_server import FlyteServer

if TYPE_CHECKING:
    from flytekits import Flytekit

SIDE = Path(__file__).parent / "sides" / "remote_side.py"

OURS = """
from fletching import LaunchPlan, task, workflow


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@workflow
def flow(a: int = 3) -> int:
    return add(a=add(a=a))


plan = LaunchPlan("plan_for_both", flow, {"a": 5})
"""

THEIRS = """
from flytekit import task


@task
def greet(name: str, times: int) -> str:
    return " ".join([f"hello {name}"] * times)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FlyteServer]:
    with FlyteServer(tmp_path / "server") as made:
        yield made


@pytest.fixture
def remote(server: FlyteServer) -> Iterator[FlyteRemote]:
    with FlyteRemote(Config.for_endpoint(server.endpoint, insecure=True), "flytesnacks", "development") as made:
        yield made


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "of_fletching.py").write_text(OURS)
    monkeypatch.syspath_prepend(str(folder))
    import of_fletching  # type: ignore[import-not-found]

    yield of_fletching
    del sys.modules["of_fletching"]


def test_flytekit_fetches_and_executes_what_we_registered(
    flytekit: Flytekit, server: FlyteServer, remote: FlyteRemote, program: Any
) -> None:
    made = remote.register(program.plan, image="x:1")
    said = flytekit.call(SIDE, "fetch", server.endpoint, program.add.name, program.flow.name, "plan_for_both")
    assert said == {
        "task": [program.add.name, ["a", "b"], ["o0"]],
        "args": ["fletch-fast-execute"],
        "workflow": [program.flow.name, ["n0", "n1"], ["o0"]],
        "plan": ["plan_for_both", ["a"], program.flow.name],
        "versions": [made.version],
    }
    ended = flytekit.call(SIDE, "execute", server.endpoint, "plan_for_both", {"a": 7})
    assert ended["error"] == ""
    assert (ended["phase"], ended["outputs"]) == (4, {"o0": 9})
    assert {"n0", "n1"} <= set(ended["nodes"])
    # What flytekit started, we see as well.
    found = remote.fetch_execution(name=ended["name"])
    assert (found.phase, dict(found.inputs), found.outputs["o0"]) == ("SUCCEEDED", {"a": 7}, 9)


def test_we_fetch_and_execute_what_flytekit_registered(
    flytekit: Flytekit, server: FlyteServer, remote: FlyteRemote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "of_flytekit.py").write_text(THEIRS)
    name = flytekit.call(SIDE, "register", server.endpoint, str(tmp_path), "v1")
    found = remote.fetch_task(name=name, version="v1")
    assert dict(found.python_interface.inputs) == {"name": str, "times": int}
    monkeypatch.setenv("PATH", f"{flytekit.python.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    made = remote.execute(found, {"name": "you", "times": 2}, wait=True)
    assert made.is_successful, made.error
    assert made.outputs["o0"] == "hello you hello you"
