"""A map in a workflow as the array node of a Flyte backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyteidl.core.workflow_pb2 import ArrayNode

from fletching import LaunchPlan
from fletching.errors import SerializationError
from fletching.extend import NodeMetadata, ReferenceEntity, WorkflowBase, default_plan, dns_name
from fletching_map.task import ArrayNodeMapTask

if TYPE_CHECKING:
    from flyteidl.core.workflow_pb2 import Node as WireNode

    from fletching.extend import NodeWriter
    from fletching_map.config import MapConfig
    from fletching_map.node import Mapped

__all__ = ["fill_array_node"]


def fill_array_node(message: WireNode, node: Any, writer: NodeWriter) -> None:
    """Write what a map calls for each element into the message of its node, whose inputs are written.

    Raises:
        SerializationError: it is a map of something that a backend cannot map.
    """
    mapped: Mapped = node.entity
    element = message.array_node.node
    if isinstance(mapped, ArrayNodeMapTask):
        element.id = mapped.name
        element.metadata.CopyFrom(writer.metadata(node, mapped.construct_sub_node_metadata()))
        element.task_node.reference_id.CopyFrom(writer.reference(mapped))
        element.task_node.overrides.CopyFrom(writer.task_overrides(node, mapped.element()))
    elif isinstance(mapped.target, (LaunchPlan, WorkflowBase)):
        plan = mapped.target if isinstance(mapped.target, LaunchPlan) else default_plan(mapped.target)
        element.id = dns_name(plan.name)
        element.metadata.CopyFrom(writer.metadata(node, NodeMetadata(name=plan.name)))
        element.workflow_node.launchplan_ref.CopyFrom(writer.reference(plan))
        message.metadata.CopyFrom(element.metadata)
    elif isinstance(mapped.target, ReferenceEntity):
        target = mapped.target
        element.id = dns_name(target.name)
        element.metadata.CopyFrom(writer.metadata(node, NodeMetadata(name=target.name)))
        target.fill_flyte_node(element, node, writer)
        message.metadata.CopyFrom(element.metadata)
        if target.node_kind == "task":
            message.array_node.data_mode = ArrayNode.INDIVIDUAL_INPUT_FILES
    else:
        raise SerializationError(
            f"{node}: a Flyte backend maps tasks, workflows and launch plans, and this is a map of "
            f"{mapped.target.short_name!r}; use map_task for a task, and put a map into a workflow"
        )
    element.inputs.extend(message.inputs)
    _fill_options(message, mapped, mapped.config)


def _fill_options(message: WireNode, mapped: Mapped, config: MapConfig) -> None:
    array = message.array_node
    if config.concurrency is not None:
        array.parallelism = config.concurrency
    if config.min_successes is not None:
        array.min_successes = config.min_successes
    elif config.min_success_ratio is not None:
        array.min_success_ratio = config.min_success_ratio
    array.execution_mode = mapped.execution_mode.value
    # Whether a backend sees the interface of what is called, or that of the map.
    array.is_original_sub_node_interface.value = not isinstance(mapped, ArrayNodeMapTask)
    array.bound_inputs.extend(sorted(mapped.bound_inputs))
    array.run_all_sub_nodes = config.run_all_sub_nodes
