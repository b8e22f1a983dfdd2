"""Backend: what runs whole executions by itself, somewhere else: a Flyte cluster, processes of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Backend", "Handle", "LabelledBackend"]


class Handle(Protocol):
    """One execution on a backend."""

    @property
    def name(self) -> str:
        """By which the backend knows it."""
        ...


@runtime_checkable
class Backend(Protocol):
    """What an entry point of the group ``fletching.backends`` gives when it is called without arguments.

    It owns what happens to an execution: retries, deadlines and the cache of what it runs are its own to keep.
    Every method is awaited on the loop of whoever orchestrates, and may be cancelled there.
    """

    name: str
    """Its name in the group."""

    async def launch(self, entity: Any, inputs: Mapping[str, Any], *, name: str, labels: Mapping[str, str]) -> Handle:
        """Start an execution, or adopt the one that has this name already: it is how a recovered run finds it again.

        An execution of that name that failed or was stopped is started anew.

        Args:
            entity: the task, workflow or launch plan.
            inputs: native values, every input by name.
            name: the same in every run for the same call; letters, digits and dashes.
            labels: by which a backend's user finds what belongs together.
        """
        ...

    async def wait(self, handle: Any) -> Any:
        """Wait for an execution, and return its outputs as a call of the entity returns them; raise what it raised."""
        ...

    async def terminate(self, handle: Any, reason: str) -> None:
        """Stop an execution and all that belongs to it; nothing if it has ended."""
        ...


@runtime_checkable
class LabelledBackend(Backend, Protocol):
    """A backend that finds executions by the labels they were launched with."""

    async def terminate_labelled(self, label: str, value: str, reason: str) -> int:
        """Stop every execution that has this label and has not ended, and return how many there were."""
        ...
