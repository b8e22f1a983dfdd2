"""Conditionals as branch nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flyteidl.core.condition_pb2 import BooleanExpression, ComparisonExpression, ConjunctionExpression, Operand

from fletching.errors import ConversionError, SerializationError
from fletching.graph.bindings import Reference
from fletching.graph.conditions import Comparison, Conjunction
from fletching.graph.promise import Promise
from fletching.idl.bindings import Scope, fill_bindings, origin

if TYPE_CHECKING:
    from flyteidl.core.workflow_pb2 import Node as WireNode

    from fletching.graph.conditional import Branch, Conditional
    from fletching.graph.conditions import Condition
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
        SerializationError: a branch is more than one call, which a backend does not take.
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
    where = f"branch {at + 1} of conditional {entity.name!r}"
    if len(graph.nodes) != 1:
        made = ", ".join(each.entity.short_name for each in graph.nodes) or "none"
        raise SerializationError(
            f"{where} makes {len(graph.nodes)} calls ({made}), and a branch on a Flyte backend is one call; "
            "put them into a workflow, and call that"
        )
    inner = graph.nodes[0]
    for name, binding in graph.outputs.items():
        if not (isinstance(binding, Reference) and binding.node is inner and binding.var == name and not binding.path):
            raise SerializationError(
                f"{where} gives {binding!r} as {name!r}, and a branch on a Flyte backend gives what its one call "
                "gives, under the same name; put it into a workflow, and call that"
            )
    given = inner.overrides.given.get("node_name")
    name = inner.id if given else f"{scope.prefix}n{at}"
    writer.fill(message, inner, scope.within(inner, name))


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
        node, var = origin(node, var)
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
