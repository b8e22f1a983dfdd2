"""A backend for each test: a real server on a port of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fletching_flyte import Config, FlyteRemote
from flyte_server import FlyteServer


@pytest.fixture(autouse=True)
def _no_backend_of_mine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("FLYTE_PLATFORM_URL", "FLYTECTL_CONFIG", "FLYTE_PROJECT", "FLYTE_DOMAIN", "_F_SS_C"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FLETCHING_HOME", str(tmp_path / "fletching"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FlyteServer]:
    with FlyteServer(tmp_path / "server") as made:
        yield made


@pytest.fixture
def remote(server: FlyteServer) -> Iterator[FlyteRemote]:
    config = Config.for_endpoint(server.endpoint, insecure=True, rpc_pause=0.001)
    with FlyteRemote(config, "flytesnacks", "development") as made:
        yield made
