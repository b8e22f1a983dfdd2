"""map_task and array_node: the two words that make a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.extend import PythonTask, ReferenceEntity
from fletching_map.binding import unwrapped
from fletching_map.node import ArrayNode
from fletching_map.task import ArrayNodeMapTask

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fletching.extend import TaskMetadata

__all__ = ["array_node", "map_task"]


def map_task(
    target: Any,
    concurrency: int | None = None,
    min_successes: int | None = None,
    min_success_ratio: float | None = 1.0,
    run_all_sub_nodes: bool = False,
    bound_inputs: Iterable[str] | None = None,
    bound_inputs_values: Mapping[str, Any] | None = None,
    metadata: TaskMetadata | None = None,
    **options: Any,
) -> ArrayNodeMapTask | ArrayNode:
    """Return what runs ``target`` for every element of its inputs and gives the list of the outputs, in order.

    Args:
        target: a task of any type, a workflow, a launch plan, a reference, another map, or ``functools.partial`` of
            one of these, which binds inputs: each element gets a bound value whole.
        concurrency: the most elements at the same time; None and 0 leave it to the scheduler.
        min_successes: how many elements have to succeed; those that fail give None.
        min_success_ratio: which part of the elements has to succeed, from 0 to 1, instead of a number.
        run_all_sub_nodes: go on with the other elements when the map can only fail.
        bound_inputs: inputs that each element gets whole, given by the call.
        bound_inputs_values: values for them.
        metadata: retries, timeout and cache of each element, instead of the target's own.
        options: ``docs``, for a task.

    Raises:
        ConfigError: an option is wrong, or there is nothing to map over.
        InterfaceError: the target has more than one output.
    """
    entity, _ = unwrapped(target)
    is_task = isinstance(entity, PythonTask) and not isinstance(entity, (ArrayNodeMapTask, ReferenceEntity))
    kind: Any = ArrayNodeMapTask if is_task else ArrayNode
    made: ArrayNodeMapTask | ArrayNode = kind(
        target,
        concurrency=concurrency,
        min_successes=min_successes,
        min_success_ratio=min_success_ratio,
        run_all_sub_nodes=run_all_sub_nodes,
        bound_inputs=bound_inputs,
        bound_inputs_values=bound_inputs_values,
        metadata=metadata,
        **options,
    )
    return made


def array_node(
    target: Any,
    concurrency: int | None = None,
    min_successes: int | None = None,
    min_success_ratio: float | None = 1.0,
    run_all_sub_nodes: bool = False,
    bound_inputs: Iterable[str] | None = None,
    bound_inputs_values: Mapping[str, Any] | None = None,
    *,
    metadata: TaskMetadata | None = None,
) -> ArrayNode:
    """Return the same as `map_task`, without a task of its own on a backend: for workflows and launch plans.

    Raises:
        ConfigError: an option is wrong, or there is nothing to map over.
        InterfaceError: the target has more than one output.
    """
    return ArrayNode(
        target,
        concurrency,
        min_successes,
        min_success_ratio,
        run_all_sub_nodes,
        bound_inputs,
        bound_inputs_values,
        metadata=metadata,
    )
