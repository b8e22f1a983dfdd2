"""What a dynamic task leaves for the backend: the graph its function built, or its outputs if it called nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyteidl.core.dynamic_job_pb2 import DynamicJobSpec
from flyteidl.core.literals_pb2 import LiteralMap

from fletching.errors import ConversionError, SerializationError
from fletching.graph.bindings import Constant
from fletching.idl.bindings import Scope, constant_literal, fill_bindings
from fletching.idl.nodes import NodeWriter
from fletching.idl.serialize import Registry
from fletching.idl.workflow import sub_workflows
from fletching.reference import ResourceType

if TYPE_CHECKING:
    from flyteidl.core.tasks_pb2 import TaskTemplate

    from fletching.graph.graph import Graph
    from fletching.reference_entity import ReferenceEntity
    from fletching.settings import SerializationSettings

__all__ = ["dynamic_job"]


def dynamic_job(graph: Graph, settings: SerializationSettings) -> DynamicJobSpec | LiteralMap:
    """Return the job that a graph is, with everything it calls; the outputs themselves if it calls nothing.

    Args:
        graph: what ``compile_into_workflow`` of a dynamic task returned.
        settings: those that the task was registered with.

    Raises:
        SerializationError: something in it has no wire form.
    """
    where = f"outputs of {graph.name!r}"
    if not graph.nodes:
        return _constants(graph, where)
    registry = Registry(settings)
    writer = NodeWriter(registry)
    scope = Scope.of(graph.nodes, graph.inputs.builder.prefix)
    job = DynamicJobSpec(min_successes=len(graph.nodes))
    for node in graph.nodes:
        writer.fill(job.nodes.add(), node, scope)
    fill_bindings(job.outputs, graph.outputs.items(), scope, where)
    job.subworkflows.extend(sub_workflows(graph.called(), registry))
    job.tasks.extend(entry.message.template for entry in registry.entries if entry.kind == "task")
    known = {task.id.SerializeToString() for task in job.tasks}
    for entity in registry.referred.values():
        for task in _templates(entity, graph.name):
            if task.id.SerializeToString() not in known:
                known.add(task.id.SerializeToString())
                job.tasks.append(task)
    return job


def _templates(entity: ReferenceEntity, where: str) -> tuple[TaskTemplate, ...]:
    """Return the tasks of what is registered already: in the job of a dynamic task a backend looks none up."""
    found = entity.task_templates
    if not found and entity.reference.resource_type is ResourceType.TASK:
        raise SerializationError(
            f"{where!r} calls a reference to the task {entity.name!r}, and for the calls of a dynamic task a Flyte "
            "backend needs the task itself; fetch it, or refer to a launch plan of a workflow that calls it"
        )
    return found


def _constants(graph: Graph, where: str) -> LiteralMap:
    made = LiteralMap()
    for name, binding in graph.outputs.items():
        constant: Any = binding
        assert isinstance(constant, Constant), "without a call there is nothing to wait for"
        try:
            made.literals[name].CopyFrom(constant_literal(constant))
        except ConversionError as error:
            raise SerializationError(f"{where}: {name!r} cannot be written: {error}") from error
    return made
