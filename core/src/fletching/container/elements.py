"""The share of one container in a map task: one element of each input that is mapped over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from fletching.errors import ConversionError, ResolverError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyteidl.core.literals_pb2 import LiteralMap

    from fletching.python_task import PythonTask

__all__ = ["element_of", "index_of_element", "target_of"]

OFFSET = "BATCH_JOB_ARRAY_INDEX_OFFSET"
INDEX_NAME = "BATCH_JOB_ARRAY_INDEX_VAR_NAME"


class MapTask(Protocol):
    """What the resolver of a map task gives: enough to run one element of it."""

    target: PythonTask[Any]
    """What runs for each element."""
    bound_inputs: frozenset[str]
    """The inputs that each element gets whole."""


def target_of(task: Any) -> Any:
    """Return what runs for each element of a map task.

    Raises:
        ResolverError: it is none.
    """
    if not hasattr(task, "bound_inputs") or not hasattr(task, "target"):
        raise ResolverError(f"{task!r} is no map task; fletch-execute runs it")
    return task.target


def index_of_element(environment: Mapping[str, str]) -> int:
    """Return which element this container is for.

    Raises:
        ConversionError: the platform does not say it in numbers.
    """
    named = environment.get(INDEX_NAME, "")
    found = 0
    for name in (OFFSET, named):
        text = environment.get(name, "0") if name else "0"
        if not text.strip().isdecimal():
            raise ConversionError(f"a number in the environment variable {name}", repr(text))
        found += int(text)
    return found


def element_of(task: MapTask, inputs: LiteralMap, index: int) -> LiteralMap:
    """Return the inputs of one element; only what it needs of a list is converted later.

    Raises:
        ConversionError: an input that is mapped over is no list, or too short.
    """
    from flyteidl.core.literals_pb2 import LiteralMap

    made = LiteralMap()
    for name, literal in inputs.literals.items():
        if name in task.bound_inputs:
            made.literals[name].CopyFrom(literal)
            continue
        if literal.HasField("offloaded_metadata"):
            from fletching.types.offload import fetched

            literal = fetched(literal)
        if literal.WhichOneof("value") != "collection":
            from fletching.types.wire import describe

            raise ConversionError("a list to map over", describe(literal)).within(
                task.target.short_name, f"argument {name!r}"
            )
        items = literal.collection.literals
        if index >= len(items):
            raise ConversionError(f"a list with an element {index}", f"one of {len(items)}").within(
                task.target.short_name, f"argument {name!r}"
            )
        made.literals[name].CopyFrom(items[index])
    return made
