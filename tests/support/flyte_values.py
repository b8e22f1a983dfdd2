"""Literals of bindings and truth of conditions, as a backend works them out."""

from __future__ import annotations

import operator
from typing import Any

from flyteidl.core.condition_pb2 import ComparisonExpression, ConjunctionExpression
from flyteidl.core.literals_pb2 import Literal, LiteralMap

__all__ = ["holds", "literal_of"]

COMPARE = {
    ComparisonExpression.EQ: operator.eq,
    ComparisonExpression.NEQ: operator.ne,
    ComparisonExpression.GT: operator.gt,
    ComparisonExpression.GTE: operator.ge,
    ComparisonExpression.LT: operator.lt,
    ComparisonExpression.LTE: operator.le,
}


def literal_of(data: Any, known: dict[str, LiteralMap]) -> Literal:
    """Return the literal that a binding stands for."""
    form = data.WhichOneof("value")
    made = Literal()
    if form == "scalar":
        made.scalar.CopyFrom(data.scalar)
    elif form == "collection":
        made.collection.literals.extend(literal_of(each, known) for each in data.collection.bindings)
        made.collection.SetInParent()
    elif form == "map":
        made.map.SetInParent()
        for key, each in data.map.bindings.items():
            made.map.literals[key].CopyFrom(literal_of(each, known))
    else:
        made.CopyFrom(known[data.promise.node_id].literals[data.promise.var])
        for step in data.promise.attr_path:
            if made.WhichOneof("value") == "collection":
                made = made.collection.literals[step.int_value]
            else:
                made = made.map.literals[step.string_value]
    return made


def holds(condition: Any, inputs: LiteralMap) -> bool:
    """Tell whether a condition is true."""
    if condition.WhichOneof("expr") == "conjunction":
        one = holds(condition.conjunction.left_expression, inputs)
        other = holds(condition.conjunction.right_expression, inputs)
        both = condition.conjunction.operator == ConjunctionExpression.AND
        return (one and other) if both else (one or other)
    comparison = condition.comparison
    left, right = (_operand(each, inputs) for each in (comparison.left_value, comparison.right_value))
    return bool(COMPARE[comparison.operator](left, right))


def _operand(operand: Any, inputs: LiteralMap) -> Any:
    which = operand.WhichOneof("val")
    if which == "var":
        scalar = inputs.literals[operand.var].scalar
    elif which == "scalar":
        scalar = operand.scalar
    else:
        return getattr(operand.primitive, operand.primitive.WhichOneof("value"))
    if scalar.WhichOneof("value") == "none_type":
        return None
    return getattr(scalar.primitive, scalar.primitive.WhichOneof("value"))
