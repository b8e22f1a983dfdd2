"""How much of a machine a task needs: requests, limits, and their wire forms."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from fletching.errors import ResourceError, UnknownOptionError, close_match
from fletching.frozen import set_field

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flyteidl.core import tasks_pb2

    from fletching.accelerators import BaseAccelerator

__all__ = [
    "GPU_RESOURCE",
    "ResourceSpec",
    "Resources",
    "check_shared_memory",
    "construct_extended_resources",
    "convert_resources_to_resource_model",
    "pod_spec_from_resources",
]

GPU_RESOURCE = "nvidia.com/gpu"
"""The Kubernetes resource that a count of GPUs means unless something else is said."""

KINDS = {"cpu": "cpu", "mem": "mem", "gpu": "gpu", "ephemeral_storage": "mem"}
"""Which quantities a field takes."""


@dataclass(frozen=True)
class Resources:
    """CPU, memory, GPUs and scratch disk.

    Each is a Kubernetes quantity. In ``@task(resources=...)`` one value is both request and limit, and a pair is
    ``(request, limit)``; ``requests=`` and ``limits=`` take single values.

        Resources(cpu="500m", mem="2Gi")
        Resources(cpu=(1, 2), gpu=1)
    """

    cpu: str | float | list[str | float] | tuple[str | float, str | float] | None = None
    """Cores: ``2``, ``0.5``, ``"500m"``."""
    mem: str | int | list[str | int] | tuple[str | int, str | int] | None = None
    """Bytes: ``"2Gi"``."""
    gpu: str | int | list[str | int] | tuple[str | int, str | int] | None = None
    """Whole devices."""
    ephemeral_storage: str | int | list[str | int] | tuple[str | int, str | int] | None = None
    """Bytes of local disk."""

    def __post_init__(self) -> None:
        for field in KINDS:
            value: Any = getattr(self, field)
            if value is None:
                continue
            if not isinstance(value, (list, tuple)):
                check_value(field, value)
                continue
            if len(value) != 2:
                raise ResourceError(
                    f"Resources: {field} is {value!r}, expected one value or a pair of request and limit"
                )
            for item in value:
                check_value(field, item)
            check_order(field, *value)
            set_field(self, field, tuple(value))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, the inverse of `from_dict`."""
        values = ((field, getattr(self, field)) for field in KINDS)
        return {field: list(value) if isinstance(value, tuple) else value for field, value in values}

    @classmethod
    def from_dict(cls, d: Mapping[str, Any], dialect: Any = None) -> Resources:  # the seed names them so
        """Return the resources of `to_dict`'s data.

        Args:
            d: field to value.
            dialect: not used.
        """
        for name in d:
            if name not in KINDS:
                known = ", ".join(KINDS)
                raise UnknownOptionError(
                    f"Resources has no field {name!r}{close_match(str(name), KINDS)}; known: {known}"
                )
        return cls(**d)

    def to_json(self, encoder: Callable[[Any], Any] | None = None, **to_dict_kwargs: Any) -> Any:
        """Return the resources as JSON text, or as whatever ``encoder`` makes of `to_dict`'s data."""
        import json

        return (encoder or json.dumps)(self.to_dict(**to_dict_kwargs))

    @classmethod
    def from_json(
        cls, data: str | bytes | bytearray, decoder: Callable[[Any], Any] | None = None, **from_dict_kwargs: Any
    ) -> Resources:
        """Return the resources of `to_json`'s text."""
        import json

        return cls.from_dict((decoder or json.loads)(data), **from_dict_kwargs)


@dataclass(frozen=True)
class ResourceSpec:
    """What is requested and what is the limit."""

    requests: Resources
    limits: Resources

    def __post_init__(self) -> None:
        for side in ("requests", "limits"):
            given = getattr(self, side)
            if given is None:
                set_field(self, side, Resources())
                continue
            if not isinstance(given, Resources):
                raise ResourceError(f"{side} is {given!r}, expected a Resources")
            require_single(side, given)
        for field in KINDS:
            request, limit = getattr(self.requests, field), getattr(self.limits, field)
            if request is not None and limit is not None:
                check_order(field, request, limit)

    @classmethod
    def from_multiple_resource(cls, resource: Resources) -> ResourceSpec:
        """Return the spec that ``resources=`` means: a pair is request and limit, one value is both."""
        pairs: dict[str, Any] = {field: getattr(resource, field) for field in KINDS}
        pairs = {field: value if isinstance(value, tuple) else (value, value) for field, value in pairs.items()}
        return cls(
            Resources(**{field: pair[0] for field, pair in pairs.items()}),
            Resources(**{field: pair[1] for field, pair in pairs.items()}),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, the inverse of `from_dict`."""
        return {"requests": self.requests.to_dict(), "limits": self.limits.to_dict()}

    @classmethod
    def from_dict(cls, d: Mapping[str, Any]) -> ResourceSpec:
        """Return the spec of `to_dict`'s data."""
        return cls(Resources.from_dict(d.get("requests") or {}), Resources.from_dict(d.get("limits") or {}))


def check_value(field: str, value: object) -> None:
    allowed = (str, int, float) if field == "cpu" else (str, int)
    if isinstance(value, bool) or not isinstance(value, allowed):
        names = "a str, int or float" if field == "cpu" else "a str or int"
        raise ResourceError(f"Resources: {field} is {value!r}, expected {names}, or a pair of them")
    from fletching.quantities import quantity_problem

    problem = quantity_problem(plain(value), KINDS[field])
    if problem:
        raise ResourceError(f"Resources: {field} is {value!r}, {problem}")


def plain(value: object) -> str:
    """Return a quantity as text; Kubernetes reads 1e-05 and 0.5 as Python writes them."""
    return value if isinstance(value, str) else str(value)


def check_order(field: str, request: object, limit: object) -> None:
    from fletching.quantities import parse_quantity

    if parse_quantity(plain(request)) > parse_quantity(plain(limit)):
        raise ResourceError(f"Resources: {field} requests {request!r}, more than its limit {limit!r}")


def require_single(side: str, resources: Resources) -> None:
    for field in fields(resources):
        value = getattr(resources, field.name)
        if isinstance(value, tuple):
            raise ResourceError(
                f"{side}: {field.name} is {value!r}, expected one value; a pair of both goes into resources="
            )


def convert_resources_to_resource_model(
    requests: Resources | None = None, limits: Resources | None = None
) -> tasks_pb2.Resources:
    """Return the wire form for a container, ``flyteidl.core.Resources``."""
    from flyteidl.core import tasks_pb2

    names = tasks_pb2.Resources
    order = {"ephemeral_storage": names.EPHEMERAL_STORAGE, "cpu": names.CPU, "gpu": names.GPU, "mem": names.MEMORY}
    sides = {}
    for side, given in (("requests", requests), ("limits", limits)):
        if given is not None and not isinstance(given, Resources):
            raise ResourceError(f"{side} is {given!r}, expected a Resources or None")
        resources = given or Resources()
        require_single(side, resources)
        sides[side] = [
            names.ResourceEntry(name=name, value=plain(getattr(resources, field)))
            for field, name in order.items()
            if getattr(resources, field)
        ]
    return names(**sides)


def check_shared_memory(shared_memory: bool | str | None) -> bool | str | None:
    """Return ``shared_memory`` if it is True, False, None or a size; raise `ResourceError` otherwise."""
    if shared_memory is None or isinstance(shared_memory, bool):
        return shared_memory
    if not isinstance(shared_memory, str):
        raise ResourceError(f"shared_memory is {shared_memory!r}, expected True or a size like '2Gi'")
    from fletching.quantities import quantity_problem

    problem = quantity_problem(shared_memory, "mem")
    if problem:
        raise ResourceError(f"shared_memory is {shared_memory!r}, {problem}")
    return shared_memory


def construct_extended_resources(
    *, accelerator: BaseAccelerator[Any] | None = None, shared_memory: bool | str | None = None
) -> tasks_pb2.ExtendedResources | None:
    """Return the wire form of accelerator and shared memory, or None if neither is asked for."""
    check_shared_memory(shared_memory)
    if accelerator is None and not shared_memory:
        return None
    from flyteidl.core import tasks_pb2

    message = tasks_pb2.ExtendedResources()
    if accelerator is not None:
        message.gpu_accelerator.CopyFrom(accelerator.to_flyte_idl())
    if shared_memory:
        message.shared_memory.mount_name = "flyte-shared-memory"
        message.shared_memory.mount_path = "/dev/shm"  # noqa: S108 - the place in the container
        if isinstance(shared_memory, str):
            message.shared_memory.size_limit = shared_memory
    return message


def pod_spec_from_resources(
    primary_container_name: str | None = None,
    requests: Resources | None = None,
    limits: Resources | None = None,
    k8s_gpu_resource_key: str = GPU_RESOURCE,
) -> dict[str, Any]:
    """Return a pod spec as plain data with one container that asks for these resources.

    A side that is missing is a copy of the other.
    """
    spec = ResourceSpec(requests or limits or Resources(), limits or requests or Resources())
    keys = {"cpu": "cpu", "mem": "memory", "gpu": k8s_gpu_resource_key, "ephemeral_storage": "ephemeral-storage"}
    sides = {
        side: {key: plain(value) for field, key in keys.items() if (value := getattr(resources, field))}
        for side, resources in (("requests", spec.requests), ("limits", spec.limits))
    }
    return {"containers": [{"name": primary_container_name, "resources": sides}]}
