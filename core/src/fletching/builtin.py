"""Core's own answers to the hooks: they come last, through the same door as everyone's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flyteidl.core.tasks_pb2 import TaskTemplate

    from fletching.metadata import TaskMetadata
    from fletching.plugins import PluginManager

__all__ = ["Builtin"]


class Builtin:
    """Implements the hooks that need an answer when no plugin has one.

    Its methods carry no marker, so that asking core alone needs no pluggy; `fletching.relay` registers them last.
    """

    def __init__(self, manager: PluginManager) -> None:
        self._manager = manager

    def fletching_provide(self, kind: str, name: str) -> Any:
        """Answer with the one entry point of that name."""
        from fletching.blocking import choose
        from fletching.installed import unchanged
        from fletching.loading import load

        manager = self._manager
        snapshot = manager.installed()
        found = snapshot.find(kind, name)
        if not all(unchanged(entry.distribution) for entry in found):
            snapshot = manager.installed(thorough=True)
            found = snapshot.find(kind, name)
        entry = choose(found, manager.blocked, snapshot.core_version)
        return None if entry is None else load(entry)

    def fletching_task_metadata(self, metadata: TaskMetadata) -> TaskMetadata:
        """Answer with what the task asked for."""
        return metadata

    def fletching_task_template(self, template: TaskTemplate) -> TaskTemplate:
        """Answer with the template as it was made."""
        return template
