"""What is the same whenever an entity is written: kept beside the entity, as long as nothing it was made of changed."""

from __future__ import annotations

import operator
import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

from fletching.executable import Executable
from fletching.types.engine import generation
from fletching.types.idl import typed_interface

if TYPE_CHECKING:
    from flyteidl.core.interface_pb2 import TypedInterface
    from flyteidl.core.tasks_pb2 import TaskMetadata as WireTaskMetadata

    from fletching.metadata import TaskMetadata

__all__ = ["wire_interface", "wire_metadata"]


class _Kept(NamedTuple):
    """A message, what it was made of, and for whom."""

    owner: weakref.ref[Any]
    source: tuple[Any, ...]
    message: Any


_interfaces: dict[int, _Kept] = {}
_metadata: dict[int, _Kept] = {}


def wire_interface(entity: Executable) -> TypedInterface:
    """Return an entity's interface; the message is shared: copy it, and never change it."""
    if type(entity).interface is not Executable.interface:
        return entity.interface
    interface = entity.python_interface
    # A type that is registered later has another transformer.
    return _kept(_interfaces, entity, (interface, generation()), lambda: typed_interface(interface))


def wire_metadata(entity: Executable) -> WireTaskMetadata:
    """Return an entity's metadata; the message is shared: copy it, and never change it."""
    metadata: TaskMetadata = entity.metadata
    return _kept(_metadata, entity, (metadata,), metadata.to_taskmetadata_model)


def _kept(kept: dict[int, _Kept], entity: Any, source: tuple[Any, ...], make: Any) -> Any:
    key = id(entity)
    known = kept.get(key)
    if known is not None and known.owner() is entity and _same(known.source, source):
        return known.message
    message = make()
    kept[key] = _Kept(weakref.ref(entity, lambda _: kept.pop(key, None)), source, message)
    return message


def _same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return len(one) == len(other) and all(map(operator.is_, one, other))
