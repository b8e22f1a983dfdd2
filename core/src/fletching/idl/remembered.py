"""What is the same whenever an entity is written: kept beside the entity, as long as nothing it was made of changed."""

from __future__ import annotations

import operator
import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

from flyteidl.admin.task_pb2 import TaskSpec

from fletching.documentation import Description, Documentation
from fletching.executable import Executable
from fletching.python_task import PythonTask
from fletching.types.engine import generation
from fletching.types.idl import typed_interface

if TYPE_CHECKING:
    from flyteidl.admin.description_entity_pb2 import DescriptionEntity
    from flyteidl.admin.workflow_pb2 import WorkflowSpec
    from flyteidl.core.interface_pb2 import TypedInterface

__all__ = ["fill_description", "wire_interface", "wire_parts"]


class _Kept(NamedTuple):
    """A message, what it was made of, and for whom."""

    owner: weakref.ref[Any]
    source: tuple[Any, ...]
    message: Any


_interfaces: dict[int, _Kept] = {}
_parts: dict[int, _Kept] = {}


def wire_interface(entity: Executable) -> TypedInterface:
    """Return an entity's interface; the message is shared: copy it, and never change it."""
    if type(entity).interface is not Executable.interface:
        return entity.interface
    interface = entity.python_interface
    # A type that is registered later has another transformer.
    source = (interface, generation())
    known = _known(_interfaces, entity, source)
    return _keep(_interfaces, entity, source, typed_interface(interface)) if known is None else known


def wire_parts(task: PythonTask[Any]) -> TaskSpec:
    """Return what no settings change of a task's wire form: its metadata, its interface and its documentation.

    The message is shared: copy it, and never change it.
    """
    kind = type(task)
    if kind.interface is not Executable.interface or kind.docs is not PythonTask.docs:
        return _parts_of(task)
    source = (task.metadata, task.python_interface, task._docs, generation())
    known = _known(_parts, task, source)
    return _keep(_parts, task, source, _parts_of(task)) if known is None else known


def _parts_of(task: PythonTask[Any]) -> TaskSpec:
    spec = TaskSpec()
    spec.template.metadata.CopyFrom(task.metadata.to_taskmetadata_model())
    spec.template.interface.CopyFrom(wire_interface(task))
    fill_description(spec, task.docs, of_function=hasattr(task, "task_function"))
    return spec


_WORDLESS: DescriptionEntity = Documentation(long_description=Description()).to_flyte_idl()


def fill_description(spec: TaskSpec | WorkflowSpec, docs: Documentation | None, *, of_function: bool) -> None:
    """Write the documentation of a task or a workflow; a function that has none has an empty one."""
    if docs is not None:
        spec.description.CopyFrom(docs.to_flyte_idl())
    elif of_function:
        spec.description.CopyFrom(_WORDLESS)


def _known(kept: dict[int, _Kept], entity: Any, source: tuple[Any, ...]) -> Any:
    known = kept.get(id(entity))
    if known is not None and known.owner() is entity and all(map(operator.is_, known.source, source)):
        return known.message
    return None


def _keep(kept: dict[int, _Kept], entity: Any, source: tuple[Any, ...], message: Any) -> Any:
    key = id(entity)
    kept[key] = _Kept(weakref.ref(entity, lambda _: kept.pop(key, None)), source, message)
    return message
