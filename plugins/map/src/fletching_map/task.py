"""ArrayNodeMapTask: a map of one task, which a Flyte backend knows as a task of its own."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError, UnknownOptionError, close_match
from fletching.extend import PythonAutoContainerTask, PythonTask, ReferenceEntity
from fletching_map.config import MapConfig
from fletching_map.node import Mapped
from fletching_map.resolver import ArrayNodeMapTaskResolver

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self

    from flyteidl.core.tasks_pb2 import Container, ExtendedResources, K8sPod, Sql

    from fletching import Documentation
    from fletching.extend import SerializationSettings, TaskMetadata

__all__ = ["ArrayNodeMapTask"]

ENTRYPOINT = "fletch-map-execute"
"""The program that a container of one element starts."""

OPTIONS = (
    "bound_inputs",
    "bound_inputs_values",
    "concurrency",
    "docs",
    "metadata",
    "min_success_ratio",
    "min_successes",
    "run_all_sub_nodes",
)


class ArrayNodeMapTask(Mapped, PythonTask[Any]):
    """Runs a task for every element of its inputs; what `map_task` makes of a task.

    Its task type, container and secrets are those of the target, which stays as it is.

    Args:
        target: a task of any type, or a ``functools.partial`` of one that binds inputs.
        concurrency: the most elements at the same time; None and 0 leave it to the scheduler.
        min_successes: how many elements have to succeed.
        min_success_ratio: which part of them has to.
        run_all_sub_nodes: go on with the other elements when the map can only fail.
        bound_inputs: inputs that every element gets whole.
        bound_inputs_values: values for them.
        metadata: retries, timeout and cache of each element, instead of the target's own.
        docs: the map's documentation; the target keeps its own.
    """

    def __init__(
        self,
        target: Any,
        concurrency: int | None = None,
        min_successes: int | None = None,
        min_success_ratio: float | None = 1.0,
        run_all_sub_nodes: bool = False,
        bound_inputs: Iterable[str] | None = None,
        bound_inputs_values: Mapping[str, Any] | None = None,
        *,
        metadata: TaskMetadata | None = None,
        docs: Documentation | None = None,
        **unknown: Any,
    ) -> None:
        for name in unknown:
            raise UnknownOptionError(
                f"map_task has no option {name!r}{close_match(name, OPTIONS)}; what else holds for an element is said "
                "where the target is made, or with with_overrides"
            )
        config = MapConfig(
            concurrency=concurrency,
            min_successes=min_successes,
            min_success_ratio=min_success_ratio,
            run_all_sub_nodes=run_all_sub_nodes,
        )
        interface = self._set_up(target, config, bound_inputs, bound_inputs_values, metadata)
        task = self.target
        if not isinstance(task, PythonTask) or isinstance(task, (ArrayNodeMapTask, ReferenceEntity)):
            raise ConfigError(f"an ArrayNodeMapTask is of a task, got {task!r}; map_task takes the others as well")
        self._task = task
        super().__init__(
            task.task_type,
            self._map_name(),
            task.task_config,
            interface,
            task.environment,
            metadata=metadata,
            task_type_version=1,
            security_ctx=task.security_context,
            docs=docs,
        )
        self.own_metadata = None if metadata is None else self._metadata

    def execute(self, /, **kwargs: Any) -> Any:
        """Return the calls that are its work."""
        return self.expand(kwargs)

    def with_task_config(self, task_config: Any) -> Self:
        """Return a map of a task that differs from this one's by its config only."""
        config = self.config
        return type(self)(
            functools.partial(self._task.with_task_config(task_config), **self.bound_inputs_values),
            config.concurrency,
            config.min_successes,
            config.min_success_ratio,
            config.run_all_sub_nodes,
            self.bound_inputs or None,
            metadata=self.own_metadata,
            docs=self.docs,
        )

    # What it is on a backend: what the target is, started by another command

    resolver_type = ArrayNodeMapTaskResolver
    """The class that a command names; whoever reads it makes one of these."""

    @property
    def task_resolver(self) -> ArrayNodeMapTaskResolver:
        """How it is found again where it runs."""
        return self.resolver_type()

    def get_default_command(self, settings: SerializationSettings) -> list[str]:
        """Return the command that runs one element in a container; the backend fills the placeholders."""
        return [
            ENTRYPOINT,
            "--inputs",
            "{{.input}}",
            "--output-prefix",
            "{{.outputPrefix}}",
            "--raw-output-data-prefix",
            "{{.rawOutputDataPrefix}}",
            "--checkpoint-path",
            "{{.checkpointOutputPrefix}}",
            "--prev-checkpoint",
            "{{.prevCheckpointPrefix}}",
            "--resolver",
            self.task_resolver.location,
            "--",
            *self.task_resolver.loader_args(settings, self),
        ]

    def get_command(self, settings: SerializationSettings) -> list[str]:
        """Return the container's command, with the fetching of code in front where that is how code gets there."""
        element = self.element()
        if isinstance(element, PythonAutoContainerTask):
            return element.get_command(settings)
        return self.get_default_command(settings)

    def element(self) -> PythonTask[Any]:
        """Return the target as it runs for one element: a copy that is started by the map's command."""
        task = self._task
        if not isinstance(task, PythonAutoContainerTask):
            return task
        copy: PythonAutoContainerTask[Any] = task.with_task_config(task.task_config)
        copy.set_command_fn(self.get_default_command)
        return copy

    def get_container(self, settings: SerializationSettings) -> Container | None:
        return self.element().get_container(settings)

    def get_k8s_pod(self, settings: SerializationSettings) -> K8sPod | None:
        return self.element().get_k8s_pod(settings)

    def get_sql(self, settings: SerializationSettings) -> Sql | None:
        return self.element().get_sql(settings)

    def get_custom(self, settings: SerializationSettings) -> dict[str, Any] | None:
        return self.element().get_custom(settings)

    def get_config(self, settings: SerializationSettings) -> dict[str, str] | None:
        return self.element().get_config(settings)

    def get_extended_resources(self, settings: SerializationSettings) -> ExtendedResources | None:
        return self.element().get_extended_resources(settings)
