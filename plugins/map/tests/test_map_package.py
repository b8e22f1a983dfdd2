"""The conformance kit. A map is the one task type whose word on the wire is another task's."""

from __future__ import annotations

from typing import Any

import pytest

from fletching import TaskMetadata, task
from fletching.testing import PluginConformance, TaskTypeConformance
from fletching_map import ArrayNodeMapTask


@task
def join(word: str, times: int) -> list[str]:
    return [word] * times


class TestPackage(PluginConformance):
    distribution = "fletching-map"


class TestTask(TaskTypeConformance):
    distribution = "fletching-map"
    task_type = "map"

    def make_task(self, metadata: TaskMetadata | None = None) -> ArrayNodeMapTask:
        return ArrayNodeMapTask(join, metadata=metadata)

    def example(self) -> tuple[dict[str, Any], Any]:
        return {"word": ["a", "b"], "times": [1, 2]}, [["a"], ["b", "b"]]

    @pytest.mark.xfail(reason="on a backend a map task is of its target's type, and an array node holds it")
    def test_one_word_everywhere(self) -> None:
        super().test_one_word_everywhere()

    @pytest.mark.xfail(reason="the cache is that of each element, so an equal call ends as finished, not as cached")
    def test_metadata_is_honoured(self) -> None:
        super().test_metadata_is_honoured()


def test_the_names_are_found_through_the_core() -> None:
    import fletching
    import fletching_map

    for name in ("ArrayNode", "ArrayNodeMapTask", "array_node", "map_task"):
        assert getattr(fletching, name) is getattr(fletching_map, name)
