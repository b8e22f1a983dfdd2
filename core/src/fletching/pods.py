"""The Kubernetes pod a task runs in, as its author shapes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError
from fletching.frozen import check_mapping, check_text, set_field
from fletching.resources import GPU_RESOURCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyteidl.core import tasks_pb2

    from fletching.images import ImageConfig

__all__ = ["PodTemplate", "fill_container", "sanitize_pod_spec"]

PRIMARY_CONTAINER = "primary"


@dataclass(frozen=True)
class PodTemplate:
    """A pod that the task's container is put into.

    The spec is copied when the template is made: changing it afterwards changes nothing here.
    """

    pod_spec: Any = None
    """A ``V1PodSpec`` of the Kubernetes client, or a dict with the names of a manifest. None is an empty one."""
    primary_container_name: str = PRIMARY_CONTAINER
    """The container that runs the task; added if the spec has none of that name."""
    labels: Mapping[str, str] | None = None
    annotations: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        check_text(self, "primary_container_name", empty=False)
        check_mapping(self, "labels", "annotations")
        set_field(self, "_manifest", sanitize_pod_spec(self.pod_spec))

    def manifest(self) -> dict[str, Any]:
        """Return the pod spec as plain data with the names of a manifest; yours to change."""
        copied: dict[str, Any] = plain_copy(vars(self)["_manifest"])
        return copied

    def __hash__(self) -> int:
        return hash(self.version_hash())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PodTemplate):
            return NotImplemented
        return self._content() == other._content()

    def _content(self) -> list[Any]:
        return [
            vars(self)["_manifest"],
            self.primary_container_name,
            dict(self.labels or {}),
            dict(self.annotations or {}),
        ]

    def version_hash(self) -> str:
        """Return 64 hexadecimal digits, equal for equal templates in every process."""
        import hashlib
        import json

        from fletching.images import image_key

        # Of all that a manifest may hold, only images are objects.
        return hashlib.sha256(json.dumps(self._content(), sort_keys=True, default=image_key).encode()).hexdigest()

    def to_k8s_pod(
        self,
        container: tasks_pb2.Container | None = None,
        *,
        image_config: ImageConfig | None = None,
        gpu_resource: str = GPU_RESOURCE,
    ) -> tasks_pb2.K8sPod:
        """Return the wire form, ``flyteidl.core.K8sPod``, with a task's container put into the primary one.

        The primary container gets the task's command and arguments, its resources if it has any, and its environment
        below its own; its own image wins over the task's. Nothing that was given is changed.

        Args:
            container: the task's container; None leaves the primary container as it is in the template.
            image_config: where the placeholders of image strings are looked up.
            gpu_resource: the Kubernetes name of what the task counts as GPUs.
        """
        from flyteidl.core import tasks_pb2

        spec = self.manifest()
        containers: list[dict[str, Any]] = spec.setdefault("containers", [])
        primary = next((one for one in containers if one.get("name") == self.primary_container_name), None)
        if primary is None:
            primary = {"name": self.primary_container_name}
            containers.append(primary)
        for one in (*containers, *spec.get("initContainers", ())):
            resolve(one, image_config)
        if container is not None:
            fill_container(primary, container, gpu_resource)
        pod = tasks_pb2.K8sPod(
            metadata=tasks_pb2.K8sObjectMetadata(labels=self.labels or {}, annotations=self.annotations or {})
        )
        pod.pod_spec.update(spec)
        return pod


def resolve(container: dict[str, Any], image_config: ImageConfig | None) -> None:
    image = container.get("image")
    if image:
        from fletching.images import resolve_image

        container["image"] = resolve_image(image, image_config)


def fill_container(primary: dict[str, Any], container: tasks_pb2.Container, gpu_resource: str) -> None:
    """Put a task's container into the primary one of a manifest."""
    if not primary.get("image"):
        primary["image"] = container.image
    primary["command"], primary["args"] = list(container.command), list(container.args)
    names = type(container.resources)
    keys = {
        names.CPU: "cpu",
        names.MEMORY: "memory",
        names.GPU: gpu_resource,
        names.EPHEMERAL_STORAGE: "ephemeral-storage",
    }
    sides = {
        side: {keys[entry.name]: entry.value for entry in getattr(container.resources, side) if entry.name in keys}
        for side in ("limits", "requests")
    }
    if any(sides.values()):
        primary["resources"] = sides
    own = primary.get("env") or []
    taken = {entry.get("name") for entry in own}
    # Kubernetes lets the later of two equal names win; only the one that wins is written.
    given = [{"name": entry.key, "value": entry.value} for entry in container.env if entry.key not in taken]
    if given or own:
        primary["env"] = [*given, *own]


def sanitize_pod_spec(pod_spec: Any) -> dict[str, Any]:
    """Return a pod spec as plain data, as the Kubernetes client would send it, without importing that client.

    Args:
        pod_spec: a model of the client, recognised by its ``attribute_map``; a mapping; or None.
    """
    if pod_spec is None:
        return {}
    if not is_model(pod_spec) and not hasattr(pod_spec, "keys"):
        raise ConfigError(
            f"PodTemplate: pod_spec is {type(pod_spec).__name__} {pod_spec!r:.60}, expected a V1PodSpec or a dict"
        )
    data: dict[str, Any] = plain(pod_spec, "pod_spec")
    return data


def is_model(value: Any) -> bool:
    return isinstance(getattr(type(value), "attribute_map", None), dict) and not isinstance(value, type)


def plain(value: Any, path: str) -> Any:
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if is_model(value):
        pairs = ((name, getattr(value, attribute)) for attribute, name in type(value).attribute_map.items())
        # The client leaves out what is not set.
        return {name: plain(item, f"{path}.{name}") for name, item in pairs if item is not None}
    if hasattr(value, "keys"):
        for key in value:
            if not isinstance(key, str):
                raise ConfigError(f"PodTemplate: {path} has the key {key!r}, expected a str")
        return {key: plain(value[key], f"{path}.{key}") for key in value}
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if path.endswith("].image") and callable(getattr(value, "image_name", None)):
        return value  # its name is needed when the pod is, and may be another one by then
    raise ConfigError(f"PodTemplate: {path} is {type(value).__name__} {value!r:.60}, which no manifest can hold")


def plain_copy(value: Any) -> Any:
    if isinstance(value, list):
        return [plain_copy(item) for item in value]
    if isinstance(value, dict):
        return {key: plain_copy(item) for key, item in value.items()}
    return value
