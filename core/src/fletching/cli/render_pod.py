"""The Kubernetes pod a task would run in, as far as its template says: what FlytePropeller makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.errors import SerializationError

if TYPE_CHECKING:
    from flyteidl.core.tasks_pb2 import GPUAccelerator, SharedMemory, TaskTemplate

__all__ = ["has_pod", "pod_manifest"]

DEVICE_LABEL = "k8s.amazonaws.com/accelerator"
"""The node label of a device in FlytePropeller's default configuration; its taint has the same key."""

PARTITION_LABEL = "k8s.amazonaws.com/gpu-partition-size"
"""The node label of a partition of a device, likewise."""

SHARED_MEMORY = "/dev/shm"  # noqa: S108 - in a container, and as Kubernetes mounts it

LONGEST_NAME = 63


def has_pod(template: TaskTemplate) -> bool:
    """Whether a task runs in a pod at all, and is not handed to a service or an agent."""
    return template.WhichOneof("target") in ("container", "k8s_pod")


def pod_manifest(template: TaskTemplate) -> dict[str, Any]:
    """Return the manifest of the pod that a task would run in, a plain ``v1`` Pod.

    Raises:
        SerializationError: it runs in none.
    """
    metadata: dict[str, Any] = {"name": pod_name(template.id.name)}
    target = template.WhichOneof("target")
    given = template.metadata.metadata if template.metadata.HasField("metadata") else None
    if target == "container":
        spec, primary = _of_container(template, metadata["name"])
    elif target == "k8s_pod":
        spec, primary = _of_pod(template)
        given = template.k8s_pod.metadata
    else:
        raise SerializationError(
            f"task {template.id.name!r} of type {template.type!r} runs in no pod: "
            + ("its SQL is run by a service" if target == "sql" else "a plugin of the backend does its work")
        )
    for name in ("labels", "annotations"):
        values = dict(getattr(given, name, {}))
        if values:
            metadata[name] = {key: values[key] for key in sorted(values)}
    spec.setdefault("restartPolicy", "Never")  # another attempt is another pod
    primary.setdefault("terminationMessagePolicy", "FallbackToLogsOnError")
    extended = template.extended_resources
    if extended.HasField("shared_memory"):
        _add_shared_memory(spec, primary, extended.shared_memory)
    if extended.HasField("gpu_accelerator"):
        _add_accelerator(spec, extended.gpu_accelerator)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def pod_name(name: str) -> str:
    """Return a name as Kubernetes allows it; a cluster names a pod after the execution and the node."""
    plain = "".join(each if each.isascii() and each.isalnum() else "-" for each in name.lower())
    return plain[-LONGEST_NAME:].strip("-") or "task"


def _of_container(template: TaskTemplate, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    from fletching.pods import fill_container
    from fletching.resources import GPU_RESOURCE

    primary: dict[str, Any] = {"name": name}
    fill_container(primary, template.container, GPU_RESOURCE)
    if not primary["command"]:
        del primary["command"]  # the image's own entrypoint
    if "resources" in primary:
        primary["resources"] = {side: values for side, values in primary["resources"].items() if values}
    return {"containers": [primary]}, primary


def _of_pod(template: TaskTemplate) -> tuple[dict[str, Any], dict[str, Any]]:
    from fletching.cli.render_text import message_data

    spec = message_data(template.k8s_pod).get("podSpec", {})
    name = template.k8s_pod.primary_container_name or template.config.get("primary_container_name", "")
    containers = spec.get("containers", [])
    primary = next((one for one in containers if one.get("name") == name), None)
    if primary is None:
        known = ", ".join(repr(one.get("name")) for one in containers) or "none"
        raise SerializationError(
            f"task {template.id.name!r}: its pod has no container {name!r}, which is to run it; it has: {known}"
        )
    if not primary.get("command"):
        primary.pop("command", None)
    return spec, primary


def _add_shared_memory(spec: dict[str, Any], primary: dict[str, Any], memory: SharedMemory) -> None:
    name = memory.mount_name or "flyte-shared-memory"
    empty: dict[str, Any] = {"medium": "Memory"}
    if memory.size_limit:
        empty["sizeLimit"] = memory.size_limit
    spec.setdefault("volumes", []).append({"name": name, "emptyDir": empty})
    primary.setdefault("volumeMounts", []).append({"name": name, "mountPath": memory.mount_path or SHARED_MEMORY})


def _add_accelerator(spec: dict[str, Any], accelerator: GPUAccelerator) -> None:
    """Have the pod wait for a node that has the device, and stand the taint that keeps others off it."""
    wanted = [{"key": DEVICE_LABEL, "operator": "In", "values": [accelerator.device]}]
    tolerated = [(DEVICE_LABEL, accelerator.device)]
    partition = accelerator.WhichOneof("partition_size_value")
    if partition == "partition_size":
        wanted.append({"key": PARTITION_LABEL, "operator": "In", "values": [accelerator.partition_size]})
        tolerated.append((PARTITION_LABEL, accelerator.partition_size))
    elif partition == "unpartitioned":
        wanted.append({"key": PARTITION_LABEL, "operator": "DoesNotExist"})
    key = "requiredDuringSchedulingIgnoredDuringExecution"
    affinity = spec.setdefault("affinity", {}).setdefault("nodeAffinity", {}).setdefault(key, {})
    # Terms are alternatives: each of them needs the device.
    for term in affinity.setdefault("nodeSelectorTerms", [{}]):
        term.setdefault("matchExpressions", []).extend(wanted)
    spec.setdefault("tolerations", []).extend(
        {"key": label, "operator": "Equal", "value": value, "effect": "NoSchedule"} for label, value in tolerated
    )
