"""Mocks of tasks; the conformance kit and the fixtures a plugin's tests need, whose names need pytest.

A plugin author subclasses in a few lines; the standard tests come with the class:

    class TestPackage(PluginConformance):
        distribution = "fletching-shout"


    class TestTask(TaskTypeConformance):
        distribution = "fletching-shout"
        task_type = "shout"

        def make_task(self, metadata=None):
            return ShoutTask(Shout(), speak, metadata=metadata)

        def example(self):
            return {"word": "hi"}, "HI"

The fixtures are used by importing them into a ``conftest.py``, or all at once with ``-p fletching.testing.fixtures``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fletching.testing.fixtures import isolated_home, plugin_manager
    from fletching.testing.mocks import patch, task_mock
    from fletching.testing.plugin import PluginConformance
    from fletching.testing.task_type import TaskTypeConformance, template_of
    from fletching.testing.transformer import TransformerConformance

__all__ = [
    "PluginConformance",
    "TaskTypeConformance",
    "TransformerConformance",
    "isolated_home",
    "patch",
    "plugin_manager",
    "task_mock",
    "template_of",
]

_HOMES = {
    "PluginConformance": "testing.plugin",
    "TaskTypeConformance": "testing.task_type",
    "TransformerConformance": "testing.transformer",
    "isolated_home": "testing.fixtures",
    "patch": "testing.mocks",
    "plugin_manager": "testing.fixtures",
    "task_mock": "testing.mocks",
    "template_of": "testing.task_type",
}


def __getattr__(name: str) -> Any:
    from fletching._lazy import resolve

    return resolve(__name__, name, _HOMES)


def __dir__() -> list[str]:
    return list(__all__)
