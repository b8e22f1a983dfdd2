"""The old way of naming who handles a config: a thin face over the plugin manager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.plugins import manager

if TYPE_CHECKING:
    from fletching.python_task import PythonTask

__all__ = ["TaskPlugins"]


class TaskPlugins:
    """Says which task class handles which config. A plugin with an entry point does not need it."""

    @classmethod
    def register_pythontask_plugin(cls, plugin_config_type: type, plugin: type[PythonTask[Any]]) -> None:
        """Make ``plugin`` handle every ``task_config`` of this class and of its subclasses.

        The same pair again does nothing; another class for a known config is a `PluginContractError` (a ``TypeError``).
        """
        manager().register_config(plugin_config_type, plugin)

    @classmethod
    def find_pythontask_plugin(cls, plugin_config_type: type) -> type[PythonTask[Any]]:
        """Return the task class that handles a config class; the plain function task if none does.

        Only this old question has that answer: ``@task`` refuses a config that nobody handles.
        """
        from fletching.function_task import PythonFunctionTask

        found = manager().task_class_of(plugin_config_type)
        return PythonFunctionTask if found is None else found
