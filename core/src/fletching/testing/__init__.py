"""The conformance kit and the fixtures a plugin's tests need. Importing a name of it needs pytest.

A plugin author subclasses in a few lines; the standard tests come with the class::

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

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fletching.testing.fixtures import isolated_home, plugin_manager
    from fletching.testing.plugin import PluginConformance
    from fletching.testing.task_type import TaskTypeConformance
    from fletching.testing.transformer import TransformerConformance

__all__ = ["PluginConformance", "TaskTypeConformance", "TransformerConformance", "isolated_home", "plugin_manager"]

_HOME = {
    "PluginConformance": "plugin",
    "TaskTypeConformance": "task_type",
    "TransformerConformance": "transformer",
    "isolated_home": "fixtures",
    "plugin_manager": "fixtures",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
