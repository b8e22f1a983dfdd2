"""The conformance kit, and what echo does with none, one and several inputs."""

from __future__ import annotations

from typing import Any

import pytest

from fletching import TaskMetadata, task
from fletching.errors import PluginContractError
from fletching.testing import PluginConformance, TaskTypeConformance, template_of
from fletching_echo import Echo, EchoConfig


class TestPackage(PluginConformance):
    distribution = "fletching-echo"


class TestTask(TaskTypeConformance):
    distribution = "fletching-echo"
    task_type = "echo"

    def make_task(self, metadata: TaskMetadata | None = None) -> Echo:
        return Echo("pair", inputs={"number": int, "words": list[str]}, metadata=metadata)

    def example(self) -> tuple[dict[str, Any], Any]:
        return {"number": 7, "words": ["seven"]}, (7, ["seven"])


def test_no_inputs_no_outputs() -> None:
    silent = Echo("silent")
    assert silent() is None
    assert not silent.python_interface.outputs


def test_one_input_is_one_value() -> None:
    assert Echo("same", inputs={"words": list[str]})(words=[]) == []


def test_outputs_follow_the_order_of_the_declaration() -> None:
    pair = Echo("pair", inputs={"number": int, "word": str})
    got = pair(word="x", number=1)
    assert (got.o0, got.o1) == (1, "x")
    assert pair.python_interface.outputs == {"o0": int, "o1": str}


def test_a_default_is_given_back_too() -> None:
    assert Echo("same", inputs={"number": (int, 3)})() == 3


def test_the_name_is_used_as_given_and_no_container_is_asked_for() -> None:
    template = template_of(Echo("any name.at all"))
    assert template.id.name == "any name.at all"
    assert template.WhichOneof("target") is None


def test_it_takes_no_function() -> None:
    with pytest.raises(PluginContractError, match="takes no function"):
        task(task_config=EchoConfig())(lambda: None)
