"""What is more than one container on a Flyte backend: dynamic tasks, maps, failure nodes, an eager task's clean-up."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fletching_flyte import Config, FlyteRemote
from flyte_server import FlyteServer

PROGRAM = """
import os
from pathlib import Path

from fletching import dynamic, map_task, task, workflow


@task
def add(a: int, b: int = 1) -> int:
    return a + b


@task
def total(values: list[int]) -> int:
    return sum(values)


@dynamic
def chain(n: int) -> int:
    value = n
    for _ in range(n):
        value = add(a=value)
    return value


mapped = map_task(add)


@workflow
def flow(values: list[int], more: list[int]) -> int:
    return total(values=mapped(a=values, b=more))


@workflow
def grow(n: int) -> int:
    return add(a=chain(n=n), b=10)


@task
def note(a: int) -> None:
    Path(os.environ["NOTE"]).write_text(str(a))


@workflow(on_failure=note)
def cleaned(a: int) -> int:
    return fail(a=a)


@task
def fail(a: int) -> int:
    raise ValueError(f"no {a}")
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "kinds_program.py").write_text(PROGRAM)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("NOTE", str(tmp_path / "note"))
    import kinds_program  # type: ignore[import-not-found]

    yield kinds_program
    del sys.modules["kinds_program"]


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[FlyteRemote]:
    with FlyteServer(tmp_path / "server") as server:
        config = Config.for_endpoint(server.endpoint, insecure=True)
        with FlyteRemote(config, "flytesnacks", "development") as made:
            yield made


def test_each_kind(program: Any, remote: FlyteRemote, tmp_path: Path) -> None:
    mapped = remote.execute(program.flow, {"values": [1, 2], "more": [10, 20]}, image="x:1")
    grown = remote.execute(program.grow, {"n": 2}, image="x:1")
    failed = remote.execute(program.cleaned, {"a": 7}, image="x:1")
    for made in (mapped, grown, failed):
        made.wait()
    assert mapped.is_successful, mapped.error
    assert mapped.returned() == 33
    assert grown.is_successful, grown.error
    assert grown.returned() == 14
    assert failed.phase == "FAILED", failed.error
    assert (tmp_path / "note").read_text() == "7"
