"""The hooks: what touches every task. What is chosen by name is an entry point instead.

A hooks module (entry point in ``fletching.hooks``) implements any of these with ``@fletching.extend.hookimpl``:

    @hookimpl
    def fletching_around_execution(execution):
        return measure(execution.task_name)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from flyteidl.core.tasks_pb2 import TaskTemplate

    from fletching.context import Execution
    from fletching.metadata import TaskMetadata
    from fletching.plugins import PluginManager
    from fletching.python_task import PythonTask

__all__ = [
    "fletching_around_execution",
    "fletching_provide",
    "fletching_start",
    "fletching_task_metadata",
    "fletching_task_template",
    "hookimpl",
    "hookspec",
]

hookspec = pluggy.HookspecMarker("fletching")
hookimpl = pluggy.HookimplMarker("fletching")


@hookspec(historic=True)
def fletching_start(manager: PluginManager) -> None:
    """Called once for each manager, or at registration if that comes later.

    Args:
        manager: the manager the plugin was registered with.
    """


@hookspec(firstresult=True)
def fletching_provide(kind: str, name: str) -> Any:
    """Called when a name of a kind is first needed; the first answer that is not None is used and kept.

    Core's own answer, the one entry point of that name, comes last. A test, a notebook or another plugin
    may therefore answer for any name.

    Args:
        kind: the entry-point group without its prefix: ``tasks``, ``types``, ``executors`` …
        name: the name in that group: ``sidecar``, ``pandas``, ``process`` …
    """


@hookspec(firstresult=True)
def fletching_task_metadata(name: str, config: Any, metadata: TaskMetadata) -> TaskMetadata | None:
    """Called once for each task, while it is made; wrap it to amend everyone's metadata.

    Core answers last, with ``metadata`` as it is. A wrapper returns a new object and leaves the given one alone.

    Args:
        name: the task's full name.
        config: its ``task_config``, or None.
        metadata: what the task asked for.
    """


@hookspec(firstresult=True)
def fletching_task_template(task: PythonTask[Any], template: TaskTemplate) -> TaskTemplate | None:
    """Called at each serialization of a task; wrap it to amend everyone's template.

    Core answers last, with ``template`` as it is. A wrapper returns a new message and leaves the given one alone.

    Args:
        task: the task being serialized.
        template: the protobuf made for it.
    """


@hookspec
def fletching_around_execution(execution: Execution) -> AbstractContextManager[object] | None:
    """Called before each attempt of each task, sync or async, on every executor; all answers are used.

    Return a context manager to be entered before the attempt and left after it, or None. It is left in reverse
    order, sees the attempt's error, and cannot swallow it: a true value from ``__exit__`` is ignored.

    Args:
        execution: which task, which attempt.
    """
