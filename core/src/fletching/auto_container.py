"""Tasks that run in a container which starts our own program: image, resources, command, pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from fletching.errors import ConfigError
from fletching.options import checked_object
from fletching.python_task import PythonTask
from fletching.resolver import TaskResolverMixin, default_task_resolver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from flyteidl.core.tasks_pb2 import Container, ExtendedResources, K8sPod
    from flyteidl.core.tasks_pb2 import Resources as WireResources

    from fletching.accelerators import BaseAccelerator
    from fletching.metadata import TaskMetadata
    from fletching.pods import PodTemplate
    from fletching.resources import Resources, ResourceSpec
    from fletching.security import Secret
    from fletching.settings import SerializationSettings

__all__ = ["PythonAutoContainerTask", "PythonInstanceTask"]

T = TypeVar("T")

ENTRYPOINT = "fletch-execute"
"""The program a container starts."""

FAST_ENTRYPOINT = "fletch-fast-execute"
"""The program that first fetches the code of a fast registration."""


class PythonAutoContainerTask(PythonTask[T]):
    """A task whose container is worked out for it."""

    def __init__(
        self,
        name: str,
        task_config: T | None = None,
        task_type: str = "python-task",
        container_image: Any = None,
        requests: Resources | None = None,
        limits: Resources | None = None,
        environment: Mapping[str, str] | None = None,
        task_resolver: TaskResolverMixin | None = None,
        secret_requests: Iterable[Secret] | None = None,
        pod_template: PodTemplate | None = None,
        pod_template_name: str | None = None,
        accelerator: BaseAccelerator[Any] | None = None,
        shared_memory: bool | str | None = None,
        resources: Resources | None = None,
        *,
        metadata: TaskMetadata | None = None,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        self._container_image = _checked_image(name, container_image)
        self._resources = _resource_spec(name, requests, limits, resources)
        self._pod_template = checked_object(name, "pod_template", pod_template, "fletching.pods.PodTemplate")
        self._accelerator = accelerator
        self._shared_memory = _checked_memory(name, accelerator, shared_memory)
        self._resolver = _checked_resolver(name, task_resolver)
        self._command_fn: Callable[[SerializationSettings], list[str]] | None = None
        if secret_requests is not None:
            kwargs["security_ctx"] = _security_context(name, secret_requests, kwargs.get("security_ctx"))
        super().__init__(
            task_type,
            name,
            task_config,
            environment=environment,
            metadata=_completed(metadata, pod_template_name=pod_template_name, labels=labels, annotations=annotations),
            **kwargs,
        )

    @property
    def container_image(self) -> Any:
        """The image as the user gave it: a name, a template, an object that names one, or None."""
        return self._container_image

    @property
    def resources(self) -> ResourceSpec:
        """What it requests and what it is limited to."""
        if self._resources is None:
            from fletching.resources import Resources, ResourceSpec

            self._resources = ResourceSpec(requests=Resources(), limits=Resources())
        return self._resources

    @property
    def task_resolver(self) -> TaskResolverMixin:
        """How it is found again where it runs."""
        return self._resolver

    @property
    def accelerator(self) -> BaseAccelerator[Any] | None:
        """The device it needs."""
        return self._accelerator

    @property
    def shared_memory(self) -> bool | str | None:
        """Size of its ``/dev/shm``; True for the platform's default."""
        return self._shared_memory

    @property
    def pod_template(self) -> PodTemplate | None:
        """The pod it wants to run in."""
        return self._pod_template

    def set_resolver(self, resolver: TaskResolverMixin) -> None:
        """Use another resolver from now on."""
        self._resolver = _checked_resolver(self.name, resolver)

    def set_command_fn(self, get_command_fn: Callable[[SerializationSettings], list[str]] | None = None) -> None:
        """Have ``get_command_fn`` make the container's command; None keeps the default."""
        self._command_fn = get_command_fn

    def reset_command_fn(self) -> None:
        """Go back to the default command."""
        self._command_fn = None

    def get_default_command(self, settings: SerializationSettings) -> list[str]:
        """Return the command that runs this task in a container; the backend fills the placeholders."""
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
            *_words(
                self.name,
                f"loader_args() of the resolver {self.task_resolver.location!r}",
                self.task_resolver.loader_args(settings, self),
            ),
        ]

    def get_command(self, settings: SerializationSettings) -> list[str]:
        """Return the container's command, with the fetching of code in front where that is how code gets there."""
        if self._command_fn is None:
            command = self.get_default_command(settings)
        else:
            command = _words(self.name, "the function given to set_command_fn", self._command_fn(settings))
        if not settings.should_fast_serialize():
            return command
        fast = settings.fast_serialization_settings
        assert fast is not None, "should_fast_serialize() says that there are such settings"
        return [
            FAST_ENTRYPOINT,
            "--additional-distribution",
            fast.distribution_location or "{{ .remote_package_path }}",
            "--dest-dir",
            fast.destination_dir or "{{ .dest_dir }}",
            "--",
            *command,
        ]

    def get_image(self, settings: SerializationSettings) -> str:
        """Return the full name of the image.

        Raises:
            ConfigError: it has none and there is no default, or its template names an unknown one.
        """
        return settings.image_of(self._container_image)

    def get_container(self, settings: SerializationSettings) -> Container | None:
        """Return its container; None if it runs in a pod of its own."""
        return None if self._pod_template is not None else self._container(settings)

    def _container(self, settings: SerializationSettings) -> Container:
        from flyteidl.core.tasks_pb2 import Container

        environment = {**settings.env, **self._environment} if settings.env else self._environment
        image = self._container_image
        if image is not None and (packages := getattr(image, "runtime_packages", None)):
            environment = {**environment, "_F_RUNTIME_PACKAGES": " ".join(packages)}
        words = _words(self.name, "get_command()", self.get_command(settings))
        container = Container(image=self.get_image(settings), args=words)
        self._fill_resources(container.resources, settings)
        for key, value in environment.items():
            container.env.add(key=key, value=value)
        return container

    def _fill_resources(self, message: WireResources, settings: SerializationSettings) -> None:
        message.SetInParent()  # present on the wire also where empty
        given = self._resources if self._resources is not None else settings.default_resources
        if given is None:
            return
        from fletching.resources import Resources, ResourceSpec, convert_resources_to_resource_model

        spec = ResourceSpec.from_multiple_resource(given) if isinstance(given, Resources) else given
        message.CopyFrom(convert_resources_to_resource_model(requests=spec.requests, limits=spec.limits))

    def get_k8s_pod(self, settings: SerializationSettings) -> K8sPod | None:
        """Return the pod made of its pod template and its container; None without a template."""
        if self._pod_template is None:
            return None
        return self._pod_template.to_k8s_pod(self._container(settings), image_config=settings.image_config)

    def get_config(self, settings: SerializationSettings) -> dict[str, str] | None:
        """Return which container of its pod is the task's; empty without a pod template."""
        if self._pod_template is None:
            return {}
        return {"primary_container_name": self._pod_template.primary_container_name}

    def get_extended_resources(self, settings: SerializationSettings) -> ExtendedResources | None:
        """Return the accelerator and the shared memory it needs, or None."""
        if self._accelerator is None and not self._shared_memory:
            return None
        from fletching.resources import construct_extended_resources

        return construct_extended_resources(accelerator=self._accelerator, shared_memory=self._shared_memory)


class PythonInstanceTask(PythonAutoContainerTask[T]):
    """A task without a user function whose work is its class's `execute`; keep it in a module-level variable."""

    def __init__(
        self,
        name: str,
        task_config: T,
        task_type: str = "python-task",
        task_resolver: TaskResolverMixin | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, task_config=task_config, task_type=task_type, task_resolver=task_resolver, **kwargs)


def _checked_image(task: str, image: Any) -> Any:
    if image is None or isinstance(image, str) or callable(getattr(image, "image_name", None)):
        return image
    raise ConfigError(f"task {task!r}: container_image must be an image name or an ImageSpec, got {image!r}")


def _checked_memory(task: str, accelerator: Any, shared_memory: bool | str | None) -> bool | str | None:
    if accelerator is None and shared_memory is None:
        return None  # the usual task pays nothing for what it doesn't ask for
    from fletching.accelerators import BaseAccelerator
    from fletching.resources import check_shared_memory

    if accelerator is not None and not isinstance(accelerator, BaseAccelerator):
        raise ConfigError(f"task {task!r}: accelerator must be a BaseAccelerator, got {accelerator!r}")
    return check_shared_memory(shared_memory)


ONLY_TEXT = {str}


def _words(task: str, source: str, words: object) -> list[str]:
    """Return what a task's own code gave as words of a command, if that is what they are."""
    if type(words) is list and set(map(type, words)) == ONLY_TEXT:
        return words.copy()
    if not isinstance(words, (list, tuple)):
        raise ConfigError(f"task {task!r}: {source} returned {words!r}, expected a list of words")
    for number, word in enumerate(words):
        if not isinstance(word, str):
            raise ConfigError(
                f"task {task!r}: {source} returned {word!r} as word {number} of {words!r}, expected a str"
            )
    return list(words)


def _checked_resolver(task: str, resolver: TaskResolverMixin | None) -> TaskResolverMixin:
    if resolver is None:
        return default_task_resolver
    if not isinstance(resolver, TaskResolverMixin):
        raise ConfigError(f"task {task!r}: task_resolver must be a TaskResolverMixin, got {resolver!r}")
    return resolver


def _resource_spec(
    task: str, requests: Resources | None, limits: Resources | None, resources: Resources | None
) -> ResourceSpec | None:
    if requests is None and limits is None and resources is None:
        return None
    from fletching.resources import Resources, ResourceSpec

    for option, value in (("requests", requests), ("limits", limits), ("resources", resources)):
        if value is not None and not isinstance(value, Resources):
            raise ConfigError(f"task {task!r}: {option} must be a Resources, got {value!r}")
    if resources is None:
        return ResourceSpec(requests=requests or Resources(), limits=limits or Resources())
    if requests is not None or limits is not None:
        raise ConfigError(f"task {task!r}: resources sets requests and limits together; give it or them, not both")
    return ResourceSpec.from_multiple_resource(resources)


def _security_context(task: str, secrets: Iterable[Secret], given: Any) -> Any:
    from fletching.errors import ResourceError
    from fletching.security import Secret, SecurityContext

    if given is not None:
        raise ConfigError(f"task {task!r}: give secret_requests or security_ctx, not both")
    secrets = list(secrets)
    for secret in secrets:
        if not isinstance(secret, Secret):
            # Both a ConfigError and the AssertionError that callers written for the Flyte SDK expect.
            raise ResourceError(f"task {task!r}: secret_requests must hold Secret objects, got {secret!r}")
    return SecurityContext(secrets=secrets) if secrets else None


def _completed(metadata: TaskMetadata | None, **fields: Any) -> TaskMetadata | None:
    """Return the metadata with the fields that are given beside it; None keeps what the metadata has."""
    given = {name: value for name, value in fields.items() if value is not None}
    if not given:
        return metadata
    from dataclasses import replace

    from fletching.metadata import TaskMetadata

    return replace(metadata or TaskMetadata(), **given)
