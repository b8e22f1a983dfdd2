"""``get_serializable``: `serialize` for one entity, in the call form of the Flyte SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.idl.serialize import serialize
from fletching.reference_entity import ReferenceEntity

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from fletching.plan_options import Options
    from fletching.settings import SerializationSettings

__all__ = ["get_serializable"]


def get_serializable(
    entity_mapping: MutableMapping[Any, Any],
    settings: SerializationSettings,
    entity: Any,
    options: Options | None = None,
) -> Any:
    """Return what is registered for an entity: a ``TaskSpec``, ``WorkflowSpec`` or ``LaunchPlan`` protobuf.

    Args:
        entity_mapping: gets it, and before it what it calls: entity to message, in the order of registration.
        settings: where and how they will run.
        entity: a task, a workflow or a launch plan; of a reference the identifier is returned.
        options: what holds for launch plans, whatever their own options say.

    Raises:
        SerializationError: something has no wire form.
        ConfigError: a task needs an image and has none.
    """
    if isinstance(entity, ReferenceEntity):
        return entity_mapping.setdefault(entity, entity.id)
    for each in serialize([entity], settings, options=options).entities:
        entity_mapping.setdefault(each.entity, each.message)
    return entity_mapping[entity]
