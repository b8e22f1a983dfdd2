"""Conditionals as branch nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyteidl.core.condition_pb2 import BooleanExpression, ComparisonExpression, ConjunctionExpression, Operand

from fletching.errors import ConversionError, SerializationError
from fletching.graph.bindings import Reference
from fletching.graph.conditions import Comparison, Conjunction
from fletching.graph.promise import Promise
from fletching.idl.bindings import Scope, fill_bindings

if TYPE_CHECKING:
    from flyteidl.core.workflow_pb2 import Node as WireNode

    from fletching.graph.conditional import Branch, Conditional
    from fletching.graph.conditions import Condition
    from fletching.graph.graph import Graph
    from fletching.graph.node import Node
    from fletching.idl.nodes import NodeWriter

__all__ = ["fill_branch_node"]

OPERATORS = {
    "==": ComparisonExpression.EQ,
    "!=": ComparisonExpression.NEQ,
    ">": ComparisonExpression.GT,
    ">=": ComparisonExpression.GTE,
    "<": ComparisonExpression.LT,
    "<=": ComparisonExpression.LTE,
}
CONJUNCTIONS = {"&": ConjunctionExpression.AND, "|": ConjunctionExpression.OR}


def fill_branch_node(message: WireNode, node: Node, scope: Scope, writer: NodeWriter) -> None:
    """Write a conditional into the message of its node. Its inputs are the operands of its conditions, and only these.

    Raises:
        SerializationError: a branch calls nothing, which a backend does not take.
    """
    entity: Conditional = node.entity
    operands: dict[str, Promise] = {}
    block = message.branch_node.if_else
    for at, branch in enumerate(entity.branches):
        if branch.condition is None:
            if branch.graph is None:
                block.error.failed_node_id = entity.name
                block.error.message = branch.failure
            else:
                _fill_branch(block.else_node, entity, branch, at, node, scope, writer)
            continue
        case = block.case if at == 0 else block.other.add()
        _fill_condition(case.condition, branch.condition, scope, operands)
        _fill_branch(case.then_node, entity, branch, at, node, scope, writer)
    nodes = set(node.after)
    for name in sorted(operands):
        nodes |= fill_bindings(message.inputs, [(name, _binding(operands[name]))], scope, node)
    message.upstream_node_ids.extend(scope.ordered(nodes))


def _binding(promise: Promise) -> Reference:
    node, var, path = promise.ref
    return Reference(node, var, path, None)


def _fill_branch(
    message: WireNode, entity: Conditional, branch: Branch, at: int, node: Node, scope: Scope, writer: NodeWriter
) -> None:
    graph = branch.graph
    assert graph is not None, "a branch that fails has no node"
    if not graph.nodes:
        raise SerializationError(
            f"branch {at + 1} of conditional {entity.name!r} calls nothing, and a branch on a Flyte backend is a call; "
            "call a task that gives the value"
        )
    inner = graph.nodes[0]
    if len(graph.nodes) > 1 or not _is_what_it_calls(graph, inner):
        _fill_as_workflow(message, f"{node.builder.name}.{entity.name}-{at + 1}", at, graph, scope, writer)
        return
    given = inner.overrides.given.get("node_name")
    name = inner.id if given else f"{scope.prefix}n{at}"
    writer.fill(message, inner, scope.within(inner, name))


def _is_what_it_calls(graph: Graph, inner: Node) -> bool:
    """Whether a branch gives what its one call gives, under the same names."""
    return all(
        isinstance(each, Reference) and each.node is inner and each.var == name and not each.path
        for name, each in graph.outputs.items()
    )


def _fill_as_workflow(message: WireNode, name: str, at: int, graph: Graph, scope: Scope, writer: NodeWriter) -> None:
    """Write a branch as a call of a workflow that does what it does."""
    message.id = f"{scope.prefix}n{at}"
    message.metadata.name = name.rpartition(".")[2]
    message.metadata.retries.SetInParent()
    workflow, identifier = writer.branch_workflow(graph, name)
    given: list[tuple[str, Reference]] = []
    for var, wire in workflow.inputs.items():
        given.append((wire, Reference(graph.inputs, var, (), None)))
    message.upstream_node_ids.extend(scope.ordered(fill_bindings(message.inputs, sorted(given), scope, name)))
    message.workflow_node.sub_workflow_ref.CopyFrom(identifier)


def _fill_condition(
    message: BooleanExpression, condition: Condition, scope: Scope, operands: dict[str, Promise]
) -> None:
    if isinstance(condition, Conjunction):
        message.conjunction.operator = CONJUNCTIONS[condition.operator]
        _fill_condition(message.conjunction.left_expression, condition.left, scope, operands)
        _fill_condition(message.conjunction.right_expression, condition.right, scope, operands)
        return
    assert isinstance(condition, Comparison), "there are two kinds of conditions"
    message.comparison.operator = OPERATORS[condition.operator]
    _fill_operand(message.comparison.left_value, condition.left, scope, operands)
    _fill_operand(message.comparison.right_value, condition.right, scope, operands)


def _fill_operand(message: Operand, value: Any, scope: Scope, operands: dict[str, Promise]) -> None:
    if isinstance(value, Promise):
        node, var, path = value.ref
        node, var = scope.origin(node, var)
        name = f"{scope.name(node)}.{var}"
        while name in operands and operands[name].ref != value.ref:
            name += "".join(f".{step}" for step in path) or "'"  # another part of the same output
        operands[name] = value
        message.var = name
        return
    from fletching.types.engine import transformer
    from fletching.types.wire import Literal

    literal = Literal()
    try:
        transformer(type(value)).fill(literal, value)
    except ConversionError as error:
        raise SerializationError(f"a condition compares with {value!r}, which cannot be written: {error}") from error
    if literal.scalar.HasField("primitive"):
        message.primitive.CopyFrom(literal.scalar.primitive)
    else:
        message.scalar.CopyFrom(literal.scalar)
