"""ContainerTask: a command in an image, with inputs and outputs that a backend puts into files."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from fletching.auto_container import PythonAutoContainerTask
from fletching.errors import ConfigError, RemoteOnlyError, close_match
from fletching.interface import Interface

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from flyteidl.core.tasks_pb2 import Container, DataLoadingConfig, K8sPod

    from fletching.metadata import TaskMetadata
    from fletching.settings import SerializationSettings

__all__ = ["ContainerTask"]

INPUT = re.compile(r"\{\{\s*\.inputs\.(\w+)\s*\}\}", re.IGNORECASE)


class Formats(IntEnum):
    """How the file with all inputs is written."""

    JSON = 0
    YAML = 1
    PROTO = 2


class Strategies(IntEnum):
    """When files among the inputs are fetched."""

    DOWNLOAD_EAGER = 0
    """Before the command starts."""
    DOWNLOAD_STREAM = 1
    """While it reads them."""
    DO_NOT_DOWNLOAD = 2


class ContainerTask(PythonAutoContainerTask[None]):
    """A task whose work is a command in an image that knows nothing of this package.

    A backend writes its inputs below ``input_data_dir``, replaces ``{{.inputs.x}}`` in the command, and reads each
    output from the file of its name below ``output_data_dir``. It does not run here; a test mocks it.

    Args:
        name: its full name on a backend.
        image: the image, or a template of one.
        command: what is started in it.
        inputs: name to type.
        metadata: retries, timeout, cache and their kin.
        arguments: more words of the command.
        outputs: name to type.
        input_data_dir: where the inputs lie in the container.
        output_data_dir: where the command leaves the outputs.
        metadata_format: how the file with all inputs is written.
        io_strategy: when files among the inputs are fetched; None leaves it to the backend.
        kwargs: what every task with a container takes: resources, secrets, a pod template, an environment.
    """

    MetadataFormat: ClassVar = Formats
    """The choices of ``metadata_format``."""
    IOStrategy: ClassVar = Strategies
    """The choices of ``io_strategy``."""

    def __init__(
        self,
        name: str,
        image: Any,
        command: Iterable[str],
        inputs: Mapping[str, Any] | None = None,
        metadata: TaskMetadata | None = None,
        arguments: Iterable[str] | None = None,
        outputs: Mapping[str, Any] | None = None,
        input_data_dir: str | None = None,
        output_data_dir: str | None = None,
        metadata_format: Formats = Formats.JSON,
        io_strategy: Strategies | None = None,
        **kwargs: Any,
    ) -> None:
        self._command = _words(name, "command", command)
        self._arguments = _words(name, "arguments", arguments or ())
        self._input_dir, self._output_dir = input_data_dir, output_data_dir
        self._format = _choice(name, "metadata_format", metadata_format, Formats)
        kwargs.pop("local_logs", None)  # code for the Flyte SDK says it of local runs, which there are none of
        self._strategy = None if io_strategy is None else _choice(name, "io_strategy", io_strategy, Strategies)
        super().__init__(
            name,
            None,
            "raw-container",
            container_image=image,
            interface=Interface(inputs, outputs),
            metadata=metadata,
            **kwargs,
        )
        known = self.python_interface.inputs
        for used in INPUT.findall(" ".join((*self._command, *self._arguments))):
            if used not in known:
                raise ConfigError(
                    f"container task {name!r}: its command uses {{{{.inputs.{used}}}}}, which is no input"
                    f"{close_match(used, known)}"
                )

    def execute(self, /, **kwargs: Any) -> NoReturn:
        """Refuse: its work is in an image.

        Raises:
            RemoteOnlyError: always; while it is mocked, the mock is called instead.
        """
        raise RemoteOnlyError(
            f"container task {self.name!r} runs in its image {self.container_image!r} on a backend, and not here; say "
            "what it gives with fletching.testing.task_mock: with task_mock(it) as mock: mock.return_value = ..."
        )

    def set_command_fn(self, get_command_fn: Callable[[SerializationSettings], list[str]] | None = None) -> None:
        """Refuse: nothing of this package is in the image.

        Raises:
            ConfigError: always.
        """
        raise ConfigError(
            f"container task {self.name!r} is started by its own command, so it cannot be mapped or started otherwise"
        )

    # What it is on a backend

    def get_command(self, settings: SerializationSettings) -> list[str]:
        """Return the arguments; nothing is put in front of them."""
        return list(self._arguments)

    def _container(self, settings: SerializationSettings) -> Container:
        container = super()._container(settings)
        container.command.extend(self._command)
        container.data_config.CopyFrom(self._data_config())
        return container

    def get_k8s_pod(self, settings: SerializationSettings) -> K8sPod | None:
        """Return the pod made of its pod template and its container; None without a template."""
        pod = super().get_k8s_pod(settings)
        if pod is not None:
            pod.data_config.CopyFrom(self._data_config())
            for each in pod.pod_spec.fields["containers"].list_value.values:
                if not each.struct_value.fields["args"].list_value.values:
                    del each.struct_value.fields["args"]  # the command is all there is
        return pod

    def _data_config(self) -> DataLoadingConfig:
        from flyteidl.core.tasks_pb2 import DataLoadingConfig
        from flyteidl.core.tasks_pb2 import IOStrategy as WireStrategy

        made = DataLoadingConfig(
            enabled=True,
            input_path=self._input_dir or "",
            output_path=self._output_dir or "",
            format=DataLoadingConfig.LiteralMapFormat.ValueType(int(self._format)),
        )
        if self._strategy is not None:
            made.io_strategy.SetInParent()
            made.io_strategy.download_mode = WireStrategy.DownloadMode.ValueType(int(self._strategy))
        return made


def _words(task: str, what: str, given: Any) -> tuple[str, ...]:
    words = () if isinstance(given, str) or given is None else tuple(given)
    if (what == "command" and not words) or not all(isinstance(word, str) for word in words) or isinstance(given, str):
        raise ConfigError(f"container task {task!r}: {what} must be a list of words, got {given!r}")
    return words


def _choice(task: str, what: str, given: Any, kind: type[Any]) -> Any:
    try:
        return kind(given)
    except ValueError:
        known = ", ".join(f"{each.name} ({each.value})" for each in kind)
        raise ConfigError(f"container task {task!r}: {what} is {given!r}, expected one of {known}") from None
