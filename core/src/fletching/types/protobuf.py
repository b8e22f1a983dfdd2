"""Protobuf messages: their JSON form in a struct, a ``ListValue`` as a collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.types.base import TypeTransformer
from fletching.types.display import preview, type_name

if TYPE_CHECKING:
    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType
    from google.protobuf.message import Message

__all__ = ["ListValueTransformer", "MessageTransformer", "factory"]

VALUES = frozenset(
    {"Any", "BoolValue", "BytesValue", "DoubleValue", "Duration", "FieldMask", "FloatValue", "Int32Value"}
)
VALUES |= {"Int64Value", "StringValue", "Timestamp", "UInt32Value", "UInt64Value", "Value"}
"""Messages of ``google.protobuf`` whose JSON is no object, or depends on what the reader has imported."""


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Return the transformer of a generated message class."""
    descriptor = getattr(annotation, "DESCRIPTOR", None)
    if not isinstance(annotation, type) or descriptor is None:
        return None
    if descriptor.full_name == "google.protobuf.ListValue":
        return ListValueTransformer(annotation)
    package, _, name = descriptor.full_name.rpartition(".")
    if package == "google.protobuf" and name in VALUES:
        raise UnsupportedTypeError(
            f"{type_name(annotation)} has no struct form; use the Python type instead, or a message with a field of it"
        )
    return MessageTransformer(annotation)


class MessageTransformer(TypeTransformer[Any]):
    """Carries the messages of one class by protobuf's own JSON mapping; fields it does not know are dropped."""

    name = "Protobuf-Transformer"
    shape: ClassVar[type] = dict
    """What the JSON form of a message is."""

    def __init__(self, python_type: Any) -> None:
        super().__init__(python_type)
        self.message: Any = python_type

    def literal_type(self) -> LiteralType:
        from flyteidl.core.types_pb2 import LiteralType, SimpleType

        made = LiteralType(simple=SimpleType.STRUCT)
        made.metadata["pb_type"] = f"{self.message.__module__}.{self.message.__name__}"
        return made

    def to_literal(self, value: Message, /) -> Literal:
        from flyteidl.core.literals_pb2 import Literal

        literal = Literal()
        struct = literal.scalar.generic
        struct.SetInParent()
        struct.update(self.to_plain(value))
        return literal

    def to_python(self, literal: Literal, /) -> Message:
        from fletching.types.wire import read_plain

        found: Message = read_plain(self, literal)
        return found

    def carry(self, value: Message, /) -> Message:
        # Not a copy: the JSON mapping drops what the reader's class does not know, and refuses some values.
        return self.from_plain(self.to_plain(value))

    def to_plain(self, value: Message, /) -> Any:
        from google.protobuf.json_format import MessageToDict

        self.check(value)
        try:
            return MessageToDict(value)
        except Exception as error:
            raise ConversionError(type_name(self.message), preview(value), hint=str(error)) from error

    def from_plain(self, data: Any, /) -> Message:
        from google.protobuf.json_format import ParseDict

        if not isinstance(data, self.shape):
            raise ConversionError(type_name(self.message), preview(data))
        try:
            made: Message = ParseDict(data, self.message())  # type: ignore[arg-type]  # a list for a ListValue
        except Exception as error:
            raise ConversionError(type_name(self.message), preview(data), hint=str(error)) from error
        return made

    def json_schema(self) -> dict[str, Any]:
        return {"type": "object"}

    def check(self, value: Any) -> None:
        """Refuse what is no message of the class."""
        if not isinstance(value, self.message):
            raise ConversionError(type_name(self.message), preview(value))


class ListValueTransformer(MessageTransformer):
    """Carries ``google.protobuf.ListValue``, whose items are literals of their own."""

    shape = list

    def to_literal(self, value: Message, /) -> Literal:
        from flyteidl.core.literals_pb2 import Literal

        literal = Literal()
        _write(literal, self.to_plain(value))
        return literal

    def to_python(self, literal: Literal, /) -> Message:
        if literal.WhichOneof("value") != "collection":
            return super().to_python(literal)
        return self.from_plain(_read(literal, type_name(self.message)))

    def json_schema(self) -> dict[str, Any]:
        return {"type": "array"}


def _write(literal: Literal, data: Any) -> None:
    """Write one JSON value into an empty literal."""
    scalar = literal.scalar
    if isinstance(data, list):
        literal.collection.SetInParent()
        for item in data:
            _write(literal.collection.literals.add(), item)
    elif isinstance(data, dict):
        scalar.generic.SetInParent()
        scalar.generic.update(data)
    elif data is None:
        scalar.none_type.SetInParent()
    elif isinstance(data, bool):
        scalar.primitive.boolean = data
    elif isinstance(data, str):
        scalar.primitive.string_value = data
    else:
        scalar.primitive.float_value = data


def _read(literal: Literal, expected: str) -> Any:
    """Return the JSON value of a literal."""
    if literal.WhichOneof("value") == "collection":
        return [_read(item, expected) for item in literal.collection.literals]
    kind = literal.scalar.WhichOneof("value")
    if kind == "generic":
        from google.protobuf.json_format import MessageToDict

        return MessageToDict(literal.scalar.generic)
    if kind == "none_type":
        return None
    form = literal.scalar.primitive.WhichOneof("value")
    if form in ("integer", "float_value", "boolean", "string_value"):
        return getattr(literal.scalar.primitive, form)
    from fletching.types.wire import describe

    raise ConversionError(expected, describe(literal))
