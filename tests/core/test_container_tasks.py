"""ContainerTask: a command in an image; it is written for a backend, mocked here, and mistakes are told at once."""

from __future__ import annotations

import os
from typing import Any

import pytest

from fletching import ContainerTask, FlyteFile, Image, ImageConfig, SerializationSettings, kwtypes, workflow
from fletching.errors import ConfigError, RemoteOnlyError, UnknownOptionError
from fletching.extend import serialize, task_template
from fletching.settings import FastSerializationSettings
from fletching.testing import task_mock

FAST = FastSerializationSettings(enabled=True, destination_dir=".", distribution_location="s3://code")
SETTINGS = SerializationSettings(
    ImageConfig(Image("default", "example.com/image", "v1")), "p", "d", "v", fast_serialization_settings=FAST
)

count = ContainerTask(
    name="count",
    image="alpine:3",
    command=["sh", "-c", "wc -c < {{.inputs.text}} > /out/size"],
    inputs=kwtypes(text=FlyteFile, times=int),
    outputs=kwtypes(size=int),
    output_data_dir="/out",
    io_strategy=ContainerTask.IOStrategy.DOWNLOAD_STREAM,
)


@workflow
def flow(text: FlyteFile) -> int:
    return count(text=text, times=1)  # type: ignore[no-any-return]


def test_it_does_not_run_here_and_is_mocked(tmp_path: Any) -> None:
    text = tmp_path / "text"
    text.write_text("abc")
    with pytest.raises(RemoteOnlyError, match=r"'count' runs in its image 'alpine:3' on a backend.*task_mock"):
        flow(text=FlyteFile(text))
    with task_mock(count) as mock:
        mock.side_effect = lambda text, times: os.path.getsize(text) * times
        assert flow(text=FlyteFile(text)) == 3


def test_nothing_of_ours_is_started_in_its_image() -> None:
    container = task_template(count, SETTINGS).container
    assert list(container.command) == ["sh", "-c", "wc -c < {{.inputs.text}} > /out/size"]
    assert (list(container.args), container.data_config.output_path) == ([], "/out")
    assert container.data_config.io_strategy.download_mode == 1
    assert [each.kind for each in serialize([flow], SETTINGS).entities] == ["task", "workflow"]


def test_no_other_command_starts_it() -> None:
    with pytest.raises(ConfigError, match="started by its own command, so it cannot be mapped"):
        count.set_command_fn(lambda settings: ["other"])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"command": "sh"}, "command must be a list of words, got 'sh'"),
        ({"command": []}, "command must be a list of words"),
        ({"command": ["a", 1]}, "command must be a list of words"),
        ({"arguments": "x"}, "arguments must be a list of words"),
        ({"command": ["echo {{.inputs.txt}}"]}, r"uses \{\{.inputs.txt\}\}, which is no input; did you mean 'text'"),
        ({"metadata_format": 7}, r"metadata_format is 7, expected one of JSON \(0\)"),
        ({"io_strategy": "x"}, r"io_strategy is 'x', expected one of DOWNLOAD_EAGER \(0\)"),
        ({"image": 3}, "container_image must be an image name"),
    ],
)
def test_mistakes(options: dict[str, Any], told: str) -> None:
    whole: Any = {"name": "n", "image": "i", "command": ["a"], "inputs": {"text": str}, **options}
    with pytest.raises(ConfigError, match=told):
        ContainerTask(**whole)
    with pytest.raises(UnknownOptionError, match="comand"):
        ContainerTask("n", "i", ["a"], comand=["b"])
