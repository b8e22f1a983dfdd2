"""What dataclasses, ``TypedDict`` and pydantic models share: their JSON schema, and the wire type that holds it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flyteidl.core.types_pb2 import LiteralType

    from fletching.types.base import TypeTransformer

__all__ = [
    "WireObject",
    "describing_fields",
    "field_types",
    "json_form",
    "model_schema",
    "object_schema",
    "schema_type",
]


describing_fields: ContextVar[bool] = ContextVar("describing_fields", default=False)
"""Whether wire types are those of fields, where other SDKs leave out some that they have no inputs of."""


class WireObject:
    """What the classes have in common that are made of a schema. Any object of the same form is taken for theirs.

    Nobody wrote such a class, so what a program can ask of its values is here.
    """

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as they are on the wire: dicts, lists, numbers and text all the way down."""
        from fletching.types.engine import field_transformer

        made: dict[str, Any] = field_transformer(type(self)).to_plain(self)
        return made

    def to_json(self, **options: Any) -> str:
        """Return `to_dict` as JSON; ``options`` are those of ``json.dumps``."""
        import json

        return json.dumps(json_form(self.to_dict()), **options)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the instance of what `to_dict` gave; raise `ConversionError` for anything else."""
        from fletching.types.engine import field_transformer

        made: Self = field_transformer(cls).from_plain(dict(data))
        return made

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Return the instance of what `to_json` gave; raise `ConversionError` for anything else."""
        import json

        return cls.from_dict(json.loads(text))


def object_schema(title: str, properties: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
    """Return the schema of a JSON object that has these properties and no others."""
    schema: dict[str, Any] = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    if title:
        schema["title"] = title
    if required:
        schema["required"] = required
    return schema


def model_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of an object in pydantic's words: each property with a title, others not forbidden."""
    made = {key: value for key, value in schema.items() if key != "additionalProperties"}
    made["properties"] = {
        name: {**_without(one, "propertyNames"), "title": name.replace("_", " ").title()}
        for name, one in schema["properties"].items()
    }
    return made


def _without(schema: Any, key: str) -> Any:
    if isinstance(schema, list):
        return [_without(one, key) for one in schema]
    if isinstance(schema, dict):
        return {name: _without(one, key) for name, one in schema.items() if name != key}
    return schema


def json_form(data: Any) -> Any:
    """Return plain data as JSON can hold it, for a default in a schema: bytes in base64, keys as text."""
    if isinstance(data, bytes):
        import base64

        return base64.encodebytes(data).decode()
    if isinstance(data, list):
        return [json_form(item) for item in data]
    if isinstance(data, dict):
        return {_json_key(key): json_form(item) for key, item in data.items()}
    return data


def _json_key(key: Any) -> str:
    if isinstance(key, str | bytes):
        text: str = json_form(key)
        return text
    import json

    return json.dumps(key)


def field_types(kinds: Iterable[tuple[str, TypeTransformer[Any]]]) -> dict[str, LiteralType]:
    """Return the wire types of an object's fields; those that exist only inside objects are in the schema alone."""
    from fletching.errors import UnsupportedTypeError

    token = describing_fields.set(True)
    try:
        found = {}
        for name, kind in kinds:
            try:
                found[name] = kind.literal_type()
            except UnsupportedTypeError:
                continue
        return found
    finally:
        describing_fields.reset(token)


def schema_type(schema: Mapping[str, Any], fields: Mapping[str, LiteralType] | None = None) -> LiteralType:
    """Return the wire type of an object: its schema and, if given, the type of each field."""
    from fletching.types.wire import struct_type

    made = struct_type()
    made.metadata.update(schema)
    if fields is not None:
        made.structure.SetInParent()
    for name, kind in (fields or {}).items():
        made.structure.dataclass_type[name].CopyFrom(kind)
    return made
