"""A workflow as what a Flyte backend registers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyteidl.admin.workflow_pb2 import WorkflowSpec

from fletching.errors import SerializationError
from fletching.graph.bindings import Constant, Reference
from fletching.graph.conditional import Conditional
from fletching.graph.node import Node
from fletching.idl.bindings import Scope, fill_bindings
from fletching.idl.branch_workflow import BranchWorkflow
from fletching.idl.nodes import NodeWriter
from fletching.idl.remembered import fill_description, wire_interface
from fletching.imperative_workflow import ImperativeWorkflow
from fletching.reference_entity import ReferenceEntity
from fletching.workflows import WorkflowBase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flyteidl.core.identifier_pb2 import Identifier
    from flyteidl.core.workflow_pb2 import Node as WireNode
    from flyteidl.core.workflow_pb2 import WorkflowTemplate

    from fletching.idl.serialize import Registry

__all__ = ["sub_workflows", "workflow_spec"]

FAILURE_NODE = "efn"
"""The id of the call of a failure handler where a workflow is put together by hand; no other node may have it."""


def workflow_spec(workflow: WorkflowBase, identifier: Identifier, registry: Registry) -> WorkflowSpec:
    """Return what is registered for a workflow: its template, those of the workflows it calls, and its documentation.

    Args:
        workflow: its graph is built if it is not yet.
        identifier: its own.
        registry: is told what it calls.

    Raises:
        SerializationError: something in it has no wire form.
    """
    graph = workflow.graph
    writer = NodeWriter(registry)
    scope = Scope.of(graph.nodes, graph.inputs.builder.prefix)
    if isinstance(workflow, BranchWorkflow):
        scope = scope._replace(outside=workflow.outside)
    spec = WorkflowSpec()
    template: WorkflowTemplate = spec.template
    template.id.CopyFrom(identifier)
    template.metadata.SetInParent()
    template.metadata.on_failure = workflow.failure_policy.value
    template.metadata_defaults.SetInParent()
    template.metadata_defaults.interruptible = workflow.workflow_metadata_defaults.interruptible
    template.interface.CopyFrom(wire_interface(workflow))
    for node in graph.nodes:
        if node.id == FAILURE_NODE:
            raise SerializationError(
                f"workflow {workflow.name!r}: a Flyte backend keeps the id {FAILURE_NODE!r} for itself, and node_name "
                f"gave it to {node}; take another"
            )
        writer.fill(template.nodes.add(), node, scope)
    fill_bindings(template.outputs, graph.outputs.items(), scope, f"outputs of workflow {workflow.name!r}")
    called = list(graph.called())
    if workflow.on_failure is not None:
        _fill_failure_node(template.failure_node, workflow, writer)
        called.append(workflow.on_failure)
    spec.sub_workflows.extend(sub_workflows(called, registry))
    fill_description(spec, workflow.docs, of_function=hasattr(workflow, "workflow_function"))
    return spec


def sub_workflows(called: Iterable[Any], registry: Registry) -> list[WorkflowTemplate]:
    """Return the templates of the workflows among what is called and of those that they call, each once, by name."""
    found: dict[str, WorkflowTemplate] = {}
    for entity in called:
        for template in _templates(entity, registry):
            found[template.id.name] = template
    return [found[name] for name in sorted(found)]


def _templates(entity: Any, registry: Registry) -> Iterator[WorkflowTemplate]:
    if isinstance(entity, ReferenceEntity):
        yield from entity.workflow_templates
        return
    specs: list[WorkflowSpec] = []
    if isinstance(entity, WorkflowBase):
        specs.append(registry.entry(entity).message)
    elif isinstance(entity, Conditional):
        specs.extend(registry.branch_specs(entity))
    for spec in specs:
        yield spec.template
        yield from spec.sub_workflows


def _fill_failure_node(message: WireNode, workflow: WorkflowBase, writer: NodeWriter) -> None:
    """Write the call of the handler: it gets the inputs of the workflow by name, and None for what it takes besides."""
    handler, inputs = workflow.on_failure, workflow.graph.inputs
    theirs = handler.python_interface
    bindings: dict[str, Any] = {}
    for name, kind in theirs.inputs.items():
        if name in inputs.kinds:
            bindings[name] = Reference(inputs, name, (), None)
        else:
            bindings[name] = Constant(theirs.defaults.get(name), kind)
    name = FAILURE_NODE if isinstance(workflow, ImperativeWorkflow) else "fn0"
    node = Node(inputs.builder, name, handler, bindings)
    writer.fill(message, node, Scope.of([node]))
