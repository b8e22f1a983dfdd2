"""What a backend runs when an eager task failed there: it stops the executions that the task left behind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError, RunError
from fletching.extend import LabelledBackend, PythonAutoContainerTask, TaskResolverMixin, execution_identity
from fletching_eager.backend import backend_of_container
from fletching_eager.identity import CHILD_LABEL

if TYPE_CHECKING:
    from fletching.extend import Interface, PythonTask, SerializationSettings

__all__ = ["EagerFailureHandlerTask", "eager_failure_task_resolver"]

ROUNDS = 60
SHORTEST, LONGEST = 1.0, 10.0
"""Seconds between two looks at what is left, at first and at most."""

WORDS = ["eager", "failure", "handler"]


class CleanupResolver(TaskResolverMixin):
    """Finds the handler again: it is the same for every eager task."""

    @property
    def location(self) -> str:
        return "fletching_eager.cleanup.eager_failure_task_resolver"

    def name(self) -> str:
        return "eager failure handler"

    def load_task(self, loader_args: list[str]) -> PythonTask[Any]:
        return EagerFailureHandlerTask("eager-cleanup")

    def loader_args(self, settings: SerializationSettings | None, t: PythonTask[Any]) -> list[str]:
        return list(WORDS)

    def get_all_tasks(self) -> list[PythonTask[Any]]:
        return []


eager_failure_task_resolver = CleanupResolver()


class EagerFailureHandlerTask(PythonAutoContainerTask[None]):
    """Stops the executions that were started by the execution it is part of, until none is left.

    Args:
        name: its full name.
        interface: the inputs of the eager task, which it is started with.
        container_image: the eager task's.
    """

    reads_inputs = False

    def __init__(self, name: str, interface: Interface | None = None, container_image: Any = None) -> None:
        super().__init__(
            name,
            None,
            "eager_failure_handler_task",
            container_image=container_image,
            task_resolver=eager_failure_task_resolver,
            interface=interface,
        )

    def execute(self, /, **kwargs: Any) -> None:
        """Stop them; a local run has stopped them itself."""
        here, backend = execution_identity(), backend_of_container()
        if here is None or not here.name or backend is None:
            return
        if not isinstance(backend, LabelledBackend):
            raise ConfigError(f"backend {backend.name!r} does not find executions by their labels; none was stopped")
        asyncio.run(_stop_all(backend, here.name))


async def _stop_all(backend: LabelledBackend, execution: str) -> None:
    pause = SHORTEST
    left = 0
    for _ in range(ROUNDS):
        left = await backend.terminate_labelled(CHILD_LABEL, execution, f"the eager task of {execution!r} failed")
        if not left:
            return
        await asyncio.sleep(pause)
        pause = min(LONGEST, pause * 2)
    raise RunError(f"{left} executions that {execution!r} started still run after {ROUNDS} attempts to stop them")
