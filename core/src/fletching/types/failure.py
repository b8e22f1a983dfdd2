"""FlyteError: what a failure handler is told of the failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fletching.errors import ConversionError
from fletching.types.base import TypeTransformer
from fletching.types.display import preview

if TYPE_CHECKING:
    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

__all__ = ["FailureTransformer", "FlyteError", "factory"]


@dataclass(frozen=True)
class FlyteError:
    """The error of a workflow: the input ``err: FlyteError`` of the task or workflow that is its ``on_failure``."""

    message: str
    """The kind of the error and its text."""
    failed_node_id: str
    """Which node failed."""


class FailureTransformer(TypeTransformer[FlyteError]):
    """`FlyteError` as ``flyteidl.core.Error``."""

    name = "FlyteError"

    def literal_type(self) -> LiteralType:
        from flyteidl.core.types_pb2 import LiteralType, SimpleType

        return LiteralType(simple=SimpleType.ERROR)

    def carry(self, value: FlyteError, /) -> FlyteError:
        if type(value) is not FlyteError:
            raise ConversionError("FlyteError", preview(value))
        return value

    def to_literal(self, value: FlyteError, /) -> Literal:
        from fletching.types.wire import Literal

        self.carry(value)
        literal = Literal()
        literal.scalar.error.failed_node_id = value.failed_node_id
        literal.scalar.error.message = value.message
        return literal

    def to_python(self, literal: Literal, /) -> FlyteError:
        if literal.scalar.WhichOneof("value") != "error":
            from fletching.types.wire import describe

            raise ConversionError("FlyteError", describe(literal))
        error = literal.scalar.error
        return FlyteError(message=error.message, failed_node_id=error.failed_node_id)


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Make the transformer of exactly `FlyteError`."""
    return FailureTransformer(FlyteError) if annotation is FlyteError else None
