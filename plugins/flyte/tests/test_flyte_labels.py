"""What an eager task left behind is found by its label, and stopped."""

from __future__ import annotations

import asyncio

from fletching import Image, ImageConfig, SerializationSettings, task
from fletching.extend import LabelledBackend
from fletching_flyte import FlyteRemote
from fletching_flyte.backend import FlyteBackend
from flyte_server import FlyteServer


@task
def add(a: int, b: int = 1) -> int:
    return a + b


def test_only_those_with_the_label_are_stopped(server: FlyteServer, remote: FlyteRemote) -> None:
    runs = server.admin.runs
    runs.held.set()
    settings = SerializationSettings(ImageConfig(Image("default", "x", "1")), version="v1")
    backend = FlyteBackend(remote, settings, "none")
    assert isinstance(backend, LabelledBackend)

    async def play() -> tuple[int, int]:
        for name, parent in (("one", "mine"), ("two", "mine"), ("three", "other")):
            await backend.launch(add, {"a": 1, "b": 2}, name=name, labels={"eager-exec": parent, "more": "x"})
        assert sorted(runs.running()) == ["one", "three", "two"]
        first = await backend.terminate_labelled("eager-exec", "mine", "it failed")
        return first, await backend.terminate_labelled("eager-exec", "mine", "it failed")

    assert asyncio.run(play()) == (2, 0)
    assert runs.running() == ["three"]
    assert runs.all["flytesnacks", "development", "one"].cause == "it failed"
