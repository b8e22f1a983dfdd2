"""One call of a graph as the protobuf of its node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from flyteidl.core.tasks_pb2 import Resources as WireResources
from flyteidl.core.workflow_pb2 import NodeMetadata as WireNodeMetadata
from flyteidl.core.workflow_pb2 import TaskNodeOverrides

from fletching.errors import SerializationError
from fletching.executable import Executable
from fletching.gates import Gate
from fletching.graph.conditional import Conditional
from fletching.graph.node import NodeMetadata
from fletching.idl.bindings import Scope, fill_bindings
from fletching.launch_plans import LaunchPlan
from fletching.python_task import PythonTask
from fletching.workflows import WorkflowBase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyteidl.core.identifier_pb2 import Identifier
    from flyteidl.core.tasks_pb2 import K8sPod
    from flyteidl.core.workflow_pb2 import Node as WireNode

    from fletching.graph.graph import Graph
    from fletching.graph.node import Node
    from fletching.idl.branch_workflow import BranchWorkflow
    from fletching.metadata import TaskMetadata
    from fletching.settings import SerializationSettings

__all__ = ["NodeWriter", "References"]

OVERRIDDEN = (WireResources.CPU, WireResources.MEMORY, WireResources.GPU, WireResources.EPHEMERAL_STORAGE)
"""The resources in the order in which a node's overrides have them; a task's container has another one."""


class References(Protocol):
    """Who is told what a node calls."""

    settings: SerializationSettings

    def reference(self, entity: Any) -> Identifier:
        """Return the identifier of what is called, and have it registered as well."""
        ...

    def branch_workflow(self, graph: Graph, name: str) -> tuple[BranchWorkflow, Identifier]:
        """Return the workflow of a branch that is more than one call; it travels with the one that has the branch."""
        ...


class NodeWriter:
    """Writes nodes; what a plugin's executable gets to write its own.

    An executable that is no task, workflow, launch plan, gate or conditional, or is a task and still not a plain task
    node, has a method ``fill_flyte_node(message, node, writer)``. It finds the id, metadata, inputs and upstream nodes
    written, and adds what it calls.
    """

    def __init__(self, references: References) -> None:
        self.settings = references.settings
        self.reference = references.reference
        """Gives the identifier of an entity, and has the entity registered as well."""
        self.branch_workflow = references.branch_workflow
        """Gives the workflow of a branch that is more than one call."""

    def fill(self, message: WireNode, node: Node, scope: Scope) -> None:
        """Write a node.

        Args:
            message: the empty message to write to.
            node: the call.
            scope: how the nodes around it are named.

        Raises:
            SerializationError: it calls something that has no wire form, or a value of it has none.
        """
        entity = node.entity
        message.id = scope.name(node)
        if isinstance(entity, Conditional):
            from fletching.idl.branches import fill_branch_node

            self._fill_metadata(message.metadata, node, NodeMetadata(name=entity.name), entity.name)
            fill_branch_node(message, node, scope, self)
            return
        if type(entity).construct_node_metadata is Executable.construct_node_metadata:
            # What that makes has the same fields as the entity's metadata, so it need not be made.
            base, name = entity.metadata, entity.short_name
        else:
            base = entity.construct_node_metadata()
            name = base.name
        self._fill_metadata(message.metadata, node, base, name, name_only=entity.metadata_is_for_parts)
        given = sorted(node.bindings.items())
        if isinstance(entity, LaunchPlan):
            given = [pair for pair in given if pair[0] not in entity.fixed_inputs]
        nodes = fill_bindings(message.inputs, given, scope, node)
        nodes.update(node.after)
        if nodes:
            message.upstream_node_ids.extend(scope.ordered(nodes))
        if node.overrides.given:
            for output, alias in node.overrides.given.get("aliases", {}).items():
                message.output_aliases.add(var=output, alias=alias)
        self._fill_target(message, node)

    def _fill_target(self, message: WireNode, node: Node) -> None:
        entity = node.entity
        own = getattr(entity, "fill_flyte_node", None)
        if own is not None:
            own(message, node, self)
        elif isinstance(entity, PythonTask):
            message.task_node.reference_id.CopyFrom(self.reference(entity))
            if node.overrides.given:
                message.task_node.overrides.CopyFrom(self.task_overrides(node, entity))
            else:
                message.task_node.overrides.SetInParent()
        elif isinstance(entity, WorkflowBase):
            message.workflow_node.sub_workflow_ref.CopyFrom(self.reference(entity))
        elif isinstance(entity, LaunchPlan):
            message.workflow_node.launchplan_ref.CopyFrom(self.reference(entity))
        elif isinstance(entity, Gate):
            from fletching.idl.gates import fill_gate_node

            fill_gate_node(message, entity)
        else:
            raise SerializationError(
                f"{node} calls {entity!r}, which has no form as a node of a Flyte backend; call a task, a workflow or "
                "a launch plan, or give its class a fill_flyte_node method"
            )

    def metadata(self, node: Node, base: NodeMetadata) -> WireNodeMetadata:
        """Return what a node says about how it is run: its entity's own metadata, and its overrides on top."""
        message = WireNodeMetadata()
        self._fill_metadata(message, node, base, base.name)
        return message

    def _fill_metadata(
        self,
        message: WireNodeMetadata,
        node: Node,
        base: NodeMetadata | TaskMetadata,
        name: str,
        name_only: bool = False,
    ) -> None:
        given, counts = node.overrides.given, node.overrides.metadata
        if name_only or not given:  # the overrides are for parts of the node, or there are none
            given, counts = {}, None
        message.name = given.get("name") or name
        timeout, retries, interruptible = base.timeout, base.retries, base.interruptible
        if counts is not None:
            timeout = counts.timeout if "timeout" in given else timeout
            retries = counts.retries if "retries" in given else retries
            interruptible = given["interruptible"] if given.get("interruptible") is not None else interruptible
            _fill_cache(message, given, counts)
        if timeout:
            message.timeout.FromTimedelta(timeout)
        message.retries.SetInParent()
        if retries:
            message.retries.retries = retries
        if interruptible is not None:
            message.interruptible = interruptible

    def task_overrides(self, node: Node, task: Any) -> TaskNodeOverrides:
        """Return what a node has otherwise than its task.

        Args:
            node: the call.
            task: what runs in the end: the entity itself, or what a map calls.
        """
        message = TaskNodeOverrides()
        given = node.overrides.given
        if not given:
            return message
        spec = node.overrides.resources
        if spec is not None:
            from fletching.resources import convert_resources_to_resource_model

            message.resources.CopyFrom(convert_resources_to_resource_model(requests=spec.requests, limits=spec.limits))
            for side in (message.resources.requests, message.resources.limits):
                side.sort(key=lambda entry: OVERRIDDEN.index(entry.name))
        if given.get("accelerator") is not None or given.get("shared_memory"):
            from fletching.resources import construct_extended_resources

            extended = construct_extended_resources(
                accelerator=given.get("accelerator"), shared_memory=given.get("shared_memory")
            )
            message.extended_resources.CopyFrom(extended)
        if given.get("container_image") is not None:
            message.container_image = self.settings.image_of(given["container_image"])
        if given.get("pod_template") is not None:
            message.pod_template.CopyFrom(self._pod(given["pod_template"], node, task))
        return message

    def _pod(self, template: Any, node: Node, task: Any) -> K8sPod:
        from fletching.auto_container import PythonAutoContainerTask

        if not isinstance(task, PythonAutoContainerTask):
            raise SerializationError(f"{node}: pod_template is for a task that runs in a container of its own")
        pod: K8sPod = template.to_k8s_pod(task._container(self.settings), image_config=self.settings.image_config)
        pod.primary_container_name = template.primary_container_name
        return pod


def _fill_cache(message: WireNodeMetadata, given: Mapping[str, Any], counts: Any) -> None:
    """Write what a node says about the cache: only what was said, as a backend takes the rest from the task."""
    if given.get("cache") is not None:
        message.cacheable = counts.cache
    if not counts.cache:
        return
    if given.get("cache") is not None or given.get("cache_version") is not None:
        message.cache_version = counts.cache_version
    if given.get("cache_serialize") is not None or given.get("cache") not in (None, True):
        message.cache_serializable = counts.cache_serialize
