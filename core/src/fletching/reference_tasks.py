"""``reference_task``: a task that is registered already, with the signature of a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.interface import Interface
from fletching.python_task import PythonTask
from fletching.reference import TaskReference
from fletching.reference_entity import Named, referring

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fletching.metadata import TaskMetadata

__all__ = ["ReferenceTask", "reference_task"]


class ReferenceTask(Named, PythonTask[Any]):
    """A task of a backend."""

    refers_to = TaskReference

    def __init__(
        self,
        project: str,
        domain: str,
        name: str,
        version: str,
        inputs: Mapping[str, Any] | None = None,
        outputs: Mapping[str, Any] | None = None,
        *,
        interface: Interface | None = None,
    ) -> None:
        self._refer(self.refers_to(project, domain, name, version))
        made = Interface(inputs, outputs) if interface is None else interface
        PythonTask.__init__(self, "reference", name, interface=made)

    def _final_metadata(self, metadata: TaskMetadata | None) -> None:
        """Retries, cache and the like are said where it lives, and a hook has no say in them."""
        return


def reference_task(project: str, domain: str, name: str, version: str) -> Callable[[Callable[..., Any]], ReferenceTask]:
    """Make a reference to a task of the function's signature; its body is not used, and may be ``...``.

    Raises:
        ConfigError: a part of the identifier is no text.
        InterfaceError: the signature cannot be an interface.
    """
    return referring(ReferenceTask, project, domain, name, version)
