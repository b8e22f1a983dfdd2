"""Dataclasses made of a JSON schema: what objects come as whose own class is not at hand."""

from __future__ import annotations

import dataclasses
import typing
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.types.guess import guess_python_type
from fletching.types.schema import WireObject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from flyteidl.core.types_pb2 import LiteralType

__all__ = ["object_class"]

FORMATS = {
    "base64": "builtins.bytes",
    "binary": "builtins.bytes",
    "date": "datetime.date",
    "date-time": "datetime.datetime",
    "decimal": "decimal.Decimal",
    "path": "pathlib.Path",
    "time-delta": "datetime.timedelta",
    "uuid": "uuid.UUID",
}
"""What a schema calls a format of text or of a number, and the class for it."""

SIMPLE = {"boolean": bool, "integer": int, "null": type(None), "number": float, "string": str}

PLACES = {"FlyteDirectory": {"path"}, "FlyteFile": {"path", "metadata"}}
"""The titles of schemas that describe where something lies, and the properties that they have."""


def object_class(schema: Mapping[str, Any], fields: Mapping[str, LiteralType]) -> Any:
    """Return the type of an object.

    Args:
        schema: its JSON schema, as mashumaro, pydantic or marshmallow writes one; it may be empty.
        fields: the wire types of its fields, as far as they are known.
    """
    import json

    kinds = tuple((name, kind.SerializeToString(deterministic=True)) for name, kind in sorted(fields.items()))
    return _object_class(json.dumps(schema, sort_keys=True), kinds)


@lru_cache(maxsize=1024)
def _object_class(text: str, kinds: tuple[tuple[str, bytes], ...]) -> Any:
    import json

    from flyteidl.core.types_pb2 import LiteralType

    fields = {name: LiteralType.FromString(data) for name, data in kinds}
    schema: dict[str, Any] = json.loads(text)
    if not schema:
        return _made("Struct", {name: (guess_python_type(kind), {}) for name, kind in fields.items()})
    return _Reader(schema).object_type(schema, fields)


class _Reader:
    """Reads one schema, whose parts may refer to each other."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._open: list[str] = []

    def object_type(self, schema: Mapping[str, Any], fields: Mapping[str, LiteralType]) -> Any:
        """Return the class of an object with these properties, or the type of a dict."""
        if "$ref" in schema:
            return self._referred(schema["$ref"], lambda found: self.object_type(found, fields))
        properties = _some(schema, "properties", dict)
        title = _some(schema, "title", str) or (self._open[-1] if self._open else "Struct")
        if not properties:
            return self._dict(schema)
        if title in PLACES and properties.keys() <= PLACES[title]:
            from fletching.types import files

            return getattr(files, title)
        if title == "StructuredDataset" and "uri" in properties:
            from flyteidl.core.types_pb2 import LiteralType, StructuredDatasetType

            return guess_python_type(LiteralType(structured_dataset_type=StructuredDatasetType()))
        required = _some(schema, "required", list)
        members = {}
        for name, one in properties.items():
            has_default = isinstance(one, dict) and name not in required
            members[name] = (self._member(one, fields.get(name)), one if has_default else {})
        return _made(title, members)

    def _member(self, schema: Any, kind: LiteralType | None) -> Any:
        found = self._type(schema)
        form = "" if kind is None else kind.WhichOneof("type")
        # Of an enum a schema says less. What is pickled as an input of its own is plain data within an object.
        if kind is not None and (form == "enum_type" or (found is Any and kind.blob.format != "PythonPickle")):
            return guess_python_type(kind)
        return found

    def _type(self, schema: Any) -> Any:
        """Return the type of a value, Any where the schema says too little."""
        if not isinstance(schema, dict):
            return Any
        if "$ref" in schema:
            return self._referred(schema["$ref"], lambda found: self._type(found))
        for several in ("anyOf", "oneOf", "allOf"):
            if _some(schema, several, list):
                return _one_of(self._type(one) for one in schema[several])
        values = _some(schema, "enum", list) or ([schema["const"]] if "const" in schema else [])
        if values:
            return self._choice(values)
        kind = schema.get("type")
        if isinstance(kind, list) and kind:
            return _one_of(self._type({**schema, "type": one}) for one in kind)
        if kind == "array":
            return self._array(schema)
        if kind == "object":
            return self.object_type(schema, {})
        return self._formatted(schema) or SIMPLE.get(str(kind), Any)

    def _formatted(self, schema: Mapping[str, Any]) -> Any:
        path = FORMATS.get(str(schema.get("format") or schema.get("contentEncoding")))
        if path is None:
            return None
        from importlib import import_module

        module, _, name = path.rpartition(".")
        return getattr(import_module(module), name)

    def _choice(self, values: list[Any]) -> Any:
        if len({type(one) for one in values}) > 1 or not isinstance(values[0], str | int | float | bool):
            return Any
        # A struct has no integers.
        exact = tuple(int(one) if isinstance(one, float) and one.is_integer() else one for one in values)
        return Any if isinstance(exact[0], float) else typing.Literal[exact]

    def _array(self, schema: Mapping[str, Any]) -> Any:
        made: Any
        items = schema.get("prefixItems")
        if isinstance(items, list):
            made = tuple
            return made[tuple(self._type(one) for one in items)]
        made = set if schema.get("uniqueItems") else list
        return made[self._type(schema.get("items", {}))]

    def _dict(self, schema: Mapping[str, Any]) -> Any:
        values = schema.get("additionalProperties")
        if not isinstance(values, dict):
            return dict
        key = self._type(schema.get("propertyNames", {"type": "string"}))
        made: Any = dict
        return made[str if key is Any else key, self._type(values)]

    def _referred(self, reference: Any, read: Callable[[Any], Any]) -> Any:
        """Return what ``read`` makes of a part of the schema; dict for one that is being read: it contains itself."""
        name = str(reference).rpartition("/")[2]
        if name in self._open:
            return dict
        found: Any = self._root
        for step in str(reference).lstrip("#/").split("/"):
            found = found.get(step) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            return Any
        self._open.append(name)
        try:
            return read(found)
        finally:
            self._open.pop()


def _some(schema: Mapping[str, Any], name: str, kind: type) -> Any:
    """Return a part of a schema, or an empty one if it has none of the form that it should have."""
    found = schema.get(name)
    return found if isinstance(found, kind) else kind()


def _one_of(kinds: Iterable[Any]) -> Any:
    variants = tuple(kinds)
    return Any if Any in variants else typing.Union[variants]  # noqa: UP007 - a tuple made at run time


def _made(title: str, members: Mapping[str, tuple[Any, Any]]) -> Any:
    """Return a dataclass of members, each with the part of the schema that says its default, empty if it needs one."""
    if not all(name.isidentifier() and not _is_keyword(name) for name in members):
        return dict  # no attribute can be called like that
    declared: list[tuple[str, Any, Any]] = []
    for name, (kind, schema) in members.items():
        if "default" not in schema:
            declared.append((name, kind, dataclasses.field()))
        elif schema["default"] is None:
            declared.append((name, kind, dataclasses.field(default=None)))
        else:
            declared.append((name, kind, dataclasses.field(default_factory=partial(_default, kind, schema["default"]))))
    name = title if title.isidentifier() and not _is_keyword(title) else "Struct"
    made = dataclasses.make_dataclass(
        name, declared, bases=(WireObject,), kw_only=True, namespace={"__module__": __name__}
    )
    made.__doc__ = f"{title}, as its wire type describes it"
    return made


def _default(kind: Any, data: Any) -> Any:
    from fletching.types.engine import field_transformer

    try:
        return field_transformer(kind).from_plain(data)
    except (ConversionError, UnsupportedTypeError):
        return data


def _is_keyword(name: str) -> bool:
    from keyword import iskeyword

    return iskeyword(name)
