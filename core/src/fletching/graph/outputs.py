"""What the function that built a graph returned, as bindings of the graph's outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.errors import GraphError, MissingOutputError
from fletching.graph.bindings import bind, holds_promise
from fletching.graph.node import Node
from fletching.graph.promise import VoidPromise
from fletching.interface import accepts_none

if TYPE_CHECKING:
    from fletching.graph.bindings import Binding
    from fletching.graph.builder import GraphBuilder
    from fletching.interface import Interface

__all__ = ["bind_outputs"]


def bind_outputs(
    builder: GraphBuilder, interface: Interface, result: Any, *, what: str, plain_too: bool
) -> dict[str, Binding]:
    """Return the binding of each output.

    Args:
        builder: the graph that is being built.
        interface: whose outputs they are.
        result: what the function returned.
        what: whose function it was, for messages.
        plain_too: whether plain values may be outputs: a dynamic task has some, a workflow has not.

    Raises:
        GraphError: it returned other things than it declares.
    """
    declared = list(interface.outputs)
    if builder.open_section is not None:
        raise GraphError(builder.open_section.unfinished())
    if not declared:
        if result is not None and not isinstance(result, (VoidPromise, Node)):
            raise GraphError(
                f"{what} returns {_told(result)} and declares no output; annotate what it returns, or return nothing"
            )
        return {}
    if result is None and plain_too and len(declared) == 1 and accepts_none(interface.outputs[declared[0]]):
        return {declared[0]: bind(builder, what, interface.outputs[declared[0]], None)}
    return {
        name: _one(builder, interface.outputs[name], value, f"output {name!r} of {what}", plain_too=plain_too)
        for name, value in _named(interface, declared, result, what).items()
    }


def _named(interface: Interface, declared: list[str], result: Any, what: str) -> dict[str, Any]:
    if isinstance(result, Node):
        outputs = result.outputs
        result = tuple(outputs.values()) if len(outputs) != 1 else next(iter(outputs.values()))
    if result is None or isinstance(result, VoidPromise):
        raise MissingOutputError(
            f"{what} declares {', '.join(declared)} and returns nothing; return the outputs of its calls, "
            "or annotate it with -> None"
        )
    if len(declared) == 1:
        if isinstance(result, tuple):
            if len(result) != 1:
                raise GraphError(f"{what} declares 1 output and returns {len(result)}: {_told(result)}")
            result = result[0]
        return {declared[0]: result}
    if not isinstance(result, (tuple, list)):
        raise GraphError(f"{what} declares {len(declared)} outputs ({', '.join(declared)}) and returns {_told(result)}")
    if len(result) != len(declared):
        raise GraphError(
            f"{what} declares {len(declared)} outputs ({', '.join(declared)}) and returns {len(result)}: "
            f"{_told(result)}"
        )
    return dict(zip(declared, result, strict=True))


def _one(builder: GraphBuilder, annotation: Any, value: Any, where: str, *, plain_too: bool) -> Binding:
    if not plain_too and not isinstance(value, Node) and not holds_promise(value):
        raise GraphError(
            f"{where} is {_told(value)}, which no call of the workflow gave; return what a task, a subworkflow or an "
            "input of the workflow gives"
        )
    return bind(builder, where, annotation, value)


def _told(value: Any) -> str:
    from fletching.types.display import preview

    return repr(value) if holds_promise(value) else preview(value)
