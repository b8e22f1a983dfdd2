"""What one node of a graph may have otherwise than its task: checked here, applied when it runs or is serialized."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError, GraphError, UnknownOptionError, add_note, close_match

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fletching.metadata import TaskMetadata
    from fletching.resources import ResourceSpec

__all__ = ["NO_OVERRIDES", "Overrides", "overridden"]

KEYS = (
    "accelerator",
    "aliases",
    "cache",
    "cache_serialize",
    "cache_version",
    "container_image",
    "interruptible",
    "limits",
    "name",
    "node_name",
    "pod_template",
    "requests",
    "resources",
    "retries",
    "shared_memory",
    "task_config",
    "timeout",
)


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """The overrides of one node. What is not in `given` comes from the task."""

    given: Mapping[str, Any] = field(default_factory=dict)
    """As the user wrote them, by keyword."""
    metadata: TaskMetadata | None = None
    """The metadata that counts for this node, or None for the task's own."""
    resources: ResourceSpec | None = None
    """Requests and limits that count for this node, or None for the task's own."""


NO_OVERRIDES = Overrides()


def overridden(before: Overrides, entity: Any, node: str, given: Mapping[str, Any]) -> Overrides:
    """Return a node's overrides with more of them.

    Args:
        before: what it has already.
        entity: what the node calls.
        node: the node, for messages.
        given: the new ones by keyword.

    Raises:
        UnknownOptionError: a key that nobody knows.
        GraphError: a promise was given, which is no value yet.
        ConfigError: a value is wrong.
    """
    from fletching.graph.promise import Ordered

    for key, value in given.items():
        if key not in KEYS:
            raise UnknownOptionError(
                f"with_overrides of {node}: unknown key {key!r}{close_match(key, KEYS)}; the keys are {', '.join(KEYS)}"
            )
        if isinstance(value, Ordered):
            raise GraphError(
                f"with_overrides of {node}: {key} is the promise {value!r}, which has no value while the workflow is "
                "built; give a value, or set it inside a @dynamic task"
            )
    whole = {**before.given, **given}
    try:
        _check(entity, whole)
        return Overrides(given=whole, metadata=_metadata(entity, whole), resources=_resources(whole))
    except ConfigError as error:
        add_note(error, f"in with_overrides of {node}")
        raise


def _check(entity: Any, given: Mapping[str, Any]) -> None:
    for key in ("name", "node_name"):
        value = given.get(key)
        if value is not None and (not isinstance(value, str) or not value):
            raise ConfigError(f"{key} must be a non-empty str, got {value!r}")
    aliases = given.get("aliases", {})
    outputs = entity.python_interface.outputs
    if not isinstance(aliases, dict) or not all(isinstance(each, str) for pair in aliases.items() for each in pair):
        raise ConfigError(f"aliases must be a dict of output name to alias, got {aliases!r}")
    for output in aliases:
        if output not in outputs:
            raise ConfigError(f"aliases names {output!r}, which is no output{close_match(output, outputs)}")
    if (image := given.get("container_image")) is not None:
        named = callable(getattr(image, "image_name", None))
        if not isinstance(image, str) and not named:
            raise ConfigError(f"container_image must be an image name or an ImageSpec, got {image!r}")
    if given.get("accelerator") is not None:
        from fletching.accelerators import BaseAccelerator

        if not isinstance(given["accelerator"], BaseAccelerator):
            raise ConfigError(f"accelerator must be a BaseAccelerator, got {given['accelerator']!r}")
    if given.get("shared_memory") is not None:
        from fletching.resources import check_shared_memory

        check_shared_memory(given["shared_memory"])
    if given.get("pod_template") is not None:
        from fletching.pods import PodTemplate

        if not isinstance(given["pod_template"], PodTemplate):
            raise ConfigError(f"pod_template must be a PodTemplate, got {given['pod_template']!r}")
    if "task_config" in given:
        _check_config(entity, given["task_config"])


def _check_config(entity: Any, config: Any) -> None:
    own = getattr(entity, "task_config", None)
    if own is None:
        raise ConfigError(f"{entity.name!r} has no task_config to override")
    if type(config) is not type(own):
        raise ConfigError(f"task_config must be a {type(own).__name__}, as the task's own is, got {config!r}")


def _metadata(entity: Any, given: Mapping[str, Any]) -> TaskMetadata | None:
    """Return the node's own metadata, which checks itself, or None if nothing of it is overridden."""
    fields = {"interruptible": given["interruptible"]} if "interruptible" in given else {}
    for key in ("retries", "timeout"):
        if key in given:
            fields[key] = 0 if given[key] is None else given[key]
    if "cache" in given or "cache_version" in given or "cache_serialize" in given:
        fields |= _cache_fields(entity, given)
    return replace(entity.metadata, **fields) if fields else None


def _cache_fields(entity: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    from fletching.cache import Cache, VersionParameters

    cache = given.get("cache", True)
    if cache is False:
        return {"cache": False, "cache_version": "", "cache_serialize": False, "cache_ignore_input_vars": ()}
    metadata = entity.metadata
    if isinstance(cache, Cache):
        function = getattr(entity, "task_function", None)
        if function is None and cache.version is None:
            raise ConfigError(f"{entity.name!r} has no function to take a version from; give Cache(version=...)")
        version = cache.version or cache.get_version(VersionParameters(func=function))  # type: ignore[arg-type]
        return {
            "cache": True,
            "cache_version": version,
            "cache_serialize": cache.serialize,
            "cache_ignore_input_vars": cache.get_ignored_inputs() or metadata.cache_ignore_input_vars,
        }
    if cache is not True:
        raise ConfigError(f"cache must be True, False or a Cache, got {cache!r}")
    version = given.get("cache_version", metadata.cache_version)
    if not version:
        raise ConfigError(
            f"cache=True for {entity.name!r}, which has no cache version of its own; "
            'give cache_version="..." or cache=Cache(version="...") as well'
        )
    return {
        "cache": True,
        "cache_version": version,
        "cache_serialize": given.get("cache_serialize", metadata.cache_serialize),
    }


def _resources(given: Mapping[str, Any]) -> ResourceSpec | None:
    named = {key: given.get(key) for key in ("requests", "limits", "resources")}
    if all(value is None for value in named.values()):
        return None
    from fletching.resources import Resources, ResourceSpec

    for key, value in named.items():
        if value is not None and not isinstance(value, Resources):
            raise ConfigError(f"{key} must be a Resources, got {value!r}")
    if named["resources"] is None:
        return ResourceSpec(requests=named["requests"] or Resources(), limits=named["limits"] or Resources())
    if named["requests"] is not None or named["limits"] is not None:
        raise ConfigError("resources sets requests and limits together; give it or them, not both")
    return ResourceSpec.from_multiple_resource(named["resources"])
