"""What a task may ask of the executor that runs it, and what happens where an executor cannot keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.errors import ExecutionWarning, ExecutorError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fletching.metadata import TaskMetadata
    from fletching.run.executors import Executor

__all__ = ["FIELDS", "asked_fields", "check_fields"]

FIELDS: Mapping[str, str] = {
    "cache": "outputs of an equal call are used again",
    "cache_serialize": "equal calls at the same time wait for the first one",
    "cache_version": "old outputs are forgotten when it changes",
    "cache_ignore_input_vars": "inputs that do not count when two calls are compared",
    "interruptible": "may, or may not, be pre-empted",
    "deprecated": "a call warns",
    "retries": "a failed attempt is made again",
    "timeout": "an attempt is stopped at its deadline",
    "environment": "environment variables are set while it runs",
    "secrets": "secrets are there to be read",
    "pod_template_name": "runs in a pod made of a template of the cluster",
    "labels": "Kubernetes labels of what runs it",
    "annotations": "Kubernetes annotations of what runs it",
    "requests.cpu": "has at least these cores",
    "requests.mem": "has at least this memory",
    "requests.gpu": "has at least these devices",
    "requests.ephemeral_storage": "has at least this disk",
    "limits.cpu": "uses at most these cores",
    "limits.mem": "uses at most this memory",
    "limits.gpu": "uses at most these devices",
    "limits.ephemeral_storage": "uses at most this disk",
    "accelerator": "runs where there is such a device",
    "shared_memory": "has a /dev/shm of this size",
    "container_image": "runs in a container of this image",
    "pod_template": "runs in such a pod",
}
"""Every field of a task that somebody has to keep, and what keeping it means."""


OF_METADATA = (
    "cache",
    "cache_serialize",
    "cache_version",
    "cache_ignore_input_vars",
    "deprecated",
    "retries",
    "timeout",
    "pod_template_name",
    "labels",
    "annotations",
)
OF_CONTAINER = ("accelerator", "shared_memory", "container_image", "pod_template")


def asked_fields(entity: Any, metadata: TaskMetadata, overrides: Mapping[str, Any]) -> Iterator[str]:
    """Tell which fields a call of ``entity`` asks for."""
    yield from (name for name in OF_METADATA if getattr(metadata, name))
    if metadata.interruptible is not None:
        yield "interruptible"
    if getattr(entity, "environment", None):
        yield "environment"
    security = getattr(entity, "security_context", None)
    if security is not None and security.secrets:
        yield "secrets"
    for side in ("requests", "limits"):
        wanted = overrides.get("resources") or overrides.get(side) or getattr(entity_resources(entity), side, None)
        for name in RESOURCES:
            if getattr(wanted, name, None) is not None:
                yield f"{side}.{name}"
    for name in OF_CONTAINER:
        if overrides.get(name) or getattr(entity, name, None):
            yield name


RESOURCES = ("cpu", "mem", "gpu", "ephemeral_storage")


def entity_resources(entity: Any) -> Any:
    """Return an entity's requests and limits, or None if it has none."""
    return getattr(entity, "resources", None)


def check_fields(
    executor: Executor, entity: Any, metadata: TaskMetadata, overrides: Mapping[str, Any], *, lenient: bool
) -> None:
    """Refuse, or warn of, what an executor that the user named cannot keep.

    Raises:
        ExecutorError: the task asks for such a thing, and nobody said ``lenient``.
    """
    lost = [name for name in asked_fields(entity, metadata, overrides) if name not in executor.honours]
    if not lost:
        return
    told = "; ".join(f"{name} ({FIELDS[name]})" for name in lost)
    message = f"executor {executor.name!r} cannot keep what {entity.name!r} asks for: {told}"
    if not lenient:
        raise ExecutorError(f"{message}; choose another executor, or say lenient=True (--lenient) to run without")
    import warnings

    from fletching.frames import caller_level

    warnings.warn(f"{message}; it runs without", ExecutionWarning, stacklevel=caller_level())
