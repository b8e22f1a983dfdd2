"""What the transformers share about Flyte's messages.

It imports protobuf, which a local call must not load: import it where a literal is made or read.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from flyteidl.core.literals_pb2 import Literal
from flyteidl.core.types_pb2 import LiteralType, SimpleType

from fletching.errors import ConversionError
from fletching.types.base import LENIENT
from fletching.types.display import preview, type_name
from fletching.types.plain import pack, unpack

if TYPE_CHECKING:
    from google.protobuf.struct_pb2 import Struct, Value

    from fletching.types.base import TypeTransformer

__all__ = [
    "MSGPACK",
    "Literal",
    "LiteralType",
    "SimpleType",
    "describe",
    "plain_literal",
    "read_larger",
    "read_plain",
    "struct_data",
    "struct_type",
    "value_data",
]

OLD_FORMAT = "FLYTE_USE_OLD_DC_FORMAT"
"""The environment variable by which a platform says that its other programs are too old for MessagePack."""

MSGPACK = "msgpack"
"""The tag of binary literals, and the serialization format that a STRUCT type is annotated with."""


def struct_type() -> LiteralType:
    """Return the wire type of a dict, a dataclass or a model: a STRUCT whose values are MessagePack."""
    made = LiteralType(simple=SimpleType.STRUCT)
    note = made.annotation.annotations.fields["cache-key-metadata"].struct_value
    note.fields["serialization-format"].string_value = MSGPACK
    return made


def plain_literal(data: Any, literal: Literal | None = None) -> Literal:
    """Write plain data into ``literal`` as MessagePack and return it; as JSON where `OLD_FORMAT` asks for that."""
    literal = Literal() if literal is None else literal
    if os.environ.get(OLD_FORMAT, "").lower() in ("1", "t", "true") and isinstance(data, dict):
        from fletching.types.schema import json_form

        literal.scalar.generic.SetInParent()
        literal.scalar.generic.update(json_form(data))
        return literal
    literal.scalar.binary.value = pack(data)
    literal.scalar.binary.tag = MSGPACK
    return literal


def read_plain(transformer: TypeTransformer[Any], literal: Literal) -> Any:
    """Return a value from MessagePack, or from the JSON of older writers; refuse every other literal.

    A backend resolves ``promise.field[0]`` to a piece of MessagePack, so a value of any type may come like this.
    """
    kind = literal.scalar.WhichOneof("value") if transformer.has_plain() else None
    if kind == "binary":
        binary = literal.scalar.binary
        if binary.tag == MSGPACK:
            return transformer.from_plain(unpack(binary.value))
    elif kind == "generic":
        return transformer.from_plain(struct_data(literal.scalar.generic))
    raise ConversionError(type_name(transformer.python_type), describe(literal))


def read_larger(transformer: TypeTransformer[Any], literal: Literal) -> Any:
    """Return what `read_plain` does, also of a class with more fields than the one that is asked for."""
    token = LENIENT.set(True)
    try:
        return read_plain(transformer, literal)
    finally:
        LENIENT.reset(token)


def struct_data(struct: Struct) -> dict[str, Any]:
    """Return the plain data of the JSON that older writers use; its numbers are all floats, also infinite ones."""
    return {name: value_data(value) for name, value in struct.fields.items()}


def value_data(value: Value) -> Any:
    """Return the plain data of one JSON value."""
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return struct_data(value.struct_value)
    if kind == "list_value":
        return [value_data(item) for item in value.list_value.values]
    return None if kind in ("null_value", None) else getattr(value, kind)


def describe(literal: Literal) -> str:
    """Return what a literal holds, for a message: ``str 'x'``, ``a collection of 3``, ``a blob``."""
    kind = literal.WhichOneof("value")
    if kind == "collection":
        return f"a collection of {len(literal.collection.literals)}"
    if kind == "map":
        return f"a map of {len(literal.map.literals)}"
    if kind == "offloaded_metadata":
        return f"a literal that is stored at {preview(literal.offloaded_metadata.uri)}"
    if kind is None:
        return "an empty literal"
    form = literal.scalar.WhichOneof("value")
    if form == "none_type":
        return "None"
    if form == "binary":
        return f"binary data tagged {literal.scalar.binary.tag!r}"
    if form == "primitive":
        value = literal.scalar.primitive.WhichOneof("value")
        if value in ("datetime", "duration"):
            return f"a {value}"
        if value is not None:
            return preview(getattr(literal.scalar.primitive, value))
    return f"a {form or 'scalar without value'}".replace("_", " ")
