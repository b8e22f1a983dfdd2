"""What dataclasses, ``TypedDict`` and pydantic models share: their JSON schema, and the wire type that holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyteidl.core.types_pb2 import LiteralType

__all__ = ["WireObject", "json_form", "model_schema", "object_schema", "schema_type"]


class WireObject:
    """What the classes have in common that are made of a schema. Any object of the same form is taken for theirs."""


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


def schema_type(schema: Mapping[str, Any], fields: Mapping[str, LiteralType] | None = None) -> LiteralType:
    """Return the wire type of an object: its schema and, if given, the type of each field."""
    from fletching.types.wire import struct_type

    made = struct_type()
    made.metadata.update(schema)
    for name, kind in (fields or {}).items():
        made.structure.dataclass_type[name].CopyFrom(kind)
    return made
