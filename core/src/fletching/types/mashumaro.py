"""Dataclasses that say to mashumaro how they are written: it writes and reads them, and only where one does say so.

Needs mashumaro only when one is used. A dataclass that merely has its mixin is carried like every other, unless it
holds bytes, which JSON has as text.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, get_args, get_origin

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.types.dataclass import DataclassTransformer
from fletching.types.display import preview, type_name
from fletching.types.members import member_types
from fletching.types.plain import copy_plain, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fletching.types.dataclass import Member

__all__ = ["SelfWrittenTransformer", "says_how"]

SWITCHES = ("forbid_extra_keys", "namedtuple_as_dict", "omit_default", "omit_none", "serialize_by_alias", "sort_keys")
PARTS = ("dialect", "discriminator", "serialization_strategy")
"""What a ``Config`` may hold that changes the form. An alias alone changes nothing that is written."""

OPTIONS = ("deserialize", "serialization_strategy", "serialize")
"""What the metadata of a field may hold that changes its form."""

METHODS = ("__post_deserialize__", "__post_serialize__", "__pre_deserialize__", "__pre_serialize__")
JSON_METHODS = ("from_dict", "from_json", "to_dict", "to_json")
"""What a class with the mixin for JSON may write itself, and the Flyte SDK then calls."""


def says_how(cls: Any, hints: Mapping[str, Any]) -> str:
    """Return by what a dataclass says how it is written, for a message; empty if by nothing."""
    config = getattr(cls, "Config", None)
    for name in (*SWITCHES, *PARTS):
        value = getattr(config, name, None)
        if value is True or (name in PARTS and value):
            return f"Config.{name}"
    for field in cls.__dataclass_fields__.values():
        for name in OPTIONS:
            if field.metadata.get(name) is not None:
                return f"the {name!r} of its field {field.name!r}"
    for name in (*METHODS, *(JSON_METHODS if _has_mixin(cls) else ())):
        if _is_written(getattr(cls, name, None)):
            return f"{name}()"
    for name, hint in hints.items():
        if any(type(one).__name__ == "Discriminator" for one in _notes(hint)):
            return f"the Discriminator of its field {name!r}"
    # The SDK asks such a class for JSON, so bytes are text for it, and it cannot read others.
    return "its mixin for JSON" if _has_mixin(cls) and any(map(_holds_bytes, hints.values())) else ""


class SelfWrittenTransformer(DataclassTransformer):
    """Carries the instances of a dataclass in the form that mashumaro gives them, with aliases, hooks and all.

    An instance of a subclass arrives as that where the class has a discriminator.
    """

    cls: Any

    def __init__(self, python_type: Any, cls: Any, members: list[Member], how: str) -> None:
        super().__init__(python_type, cls, members)
        self.carry = self.crossed  # type: ignore[method-assign]  # the one that is compiled knows only the fields
        self._codec: Any = None
        if _has_mixin(cls):
            return
        try:
            from mashumaro.codecs.msgpack import MessagePackDecoder, MessagePackEncoder  # deptry: ignore[DEP003]
        except ImportError as error:
            raise UnsupportedTypeError(
                f"{type_name(python_type)} says by {how} how mashumaro is to write it, and that cannot be imported: "
                f"{error}; install mashumaro, or write the class without it"
            ) from error
        try:
            self._codec = MessagePackEncoder(python_type), MessagePackDecoder(python_type)
        except Exception as error:  # whatever it has no form for
            raise UnsupportedTypeError(
                f"{type_name(python_type)} says by {how} how mashumaro is to write it, and that refuses: {error}"
            ) from error

    def to_plain(self, value: Any, /) -> dict[str, Any]:
        if not isinstance(value, self.cls):
            value = self.adapt(value)
        try:
            written = self._write(value)
        except ConversionError:
            raise
        except Exception as error:  # whatever a hook of the user raises
            hint = f"{type(error).__name__}: {error}"
            raise ConversionError(self.expected, preview(value), hint=hint) from error
        if type(written) is not dict:
            raise ConversionError(self.expected, preview(value), hint=f"it is written as {preview(written)}, no dict")
        data: dict[str, Any] = copy_plain(written)
        return data

    def from_plain(self, data: Any, /) -> Any:
        if type(data) is not dict:
            raise ConversionError(self.expected, preview(data))
        try:
            return self._read(data)
        except Exception as error:  # also whatever a hook of the user raises
            hint = f"{type(error).__name__}: {error}"
            raise ConversionError(self.expected, preview(data), hint=hint) from error

    def crossed(self, value: Any, /) -> Any:
        """Return what the other side sees: only mashumaro knows which of it is left."""
        return self.from_plain(self.to_plain(value))

    def json_schema(self) -> dict[str, Any]:
        schema = super().json_schema()
        config: Any = getattr(self.cls, "Config", None)
        strategies = getattr(config, "serialization_strategy", None) or {}
        for name, kind, field in self.members:
            if name in schema["properties"] and (
                field.metadata.get("serialize") not in (None, "omit")
                or field.metadata.get("serialization_strategy") is not None
                or _is_key(kind.python_type, strategies)
            ):
                schema["properties"][name] = {}
        if getattr(config, "serialize_by_alias", None) is True:
            names = self._aliases(config)
            schema["properties"] = {names.get(name, name): one for name, one in schema["properties"].items()}
            if "required" in schema:
                schema["required"] = [names.get(name, name) for name in schema["required"]]
        return schema

    def _write(self, value: Any) -> Any:
        import json

        return unpack(self._codec[0].encode(value)) if self._codec else json.loads(value.to_json())

    def _read(self, data: dict[str, Any]) -> Any:
        import json

        return self._codec[1].decode(pack(data)) if self._codec else self.cls.from_json(json.dumps(data))

    def _aliases(self, config: Any) -> dict[str, str]:
        from typing import get_type_hints

        found: dict[str, Any] = dict(getattr(config, "aliases", None) or {})
        for name, hint in get_type_hints(self.cls, include_extras=True).items():
            for note in _notes(hint):
                if type(note).__name__ == "Alias":
                    found[name] = note.name
        found |= {name: field.metadata["alias"] for name, _, field in self.members if field.metadata.get("alias")}
        return {name: one if isinstance(one, str) else one[0] for name, one in found.items()}


def _has_mixin(cls: Any) -> bool:
    """Tell whether a class has the mixin for JSON, which is what the Flyte SDK asks as well."""
    return any(base.__module__ == "mashumaro.mixins.json" for base in cls.__mro__)


def _is_written(method: Any) -> bool:
    """Tell whether a method is the user's own: not one of mashumaro's, nor one that it generated."""
    code = getattr(method, "__code__", None)
    module = str(getattr(method, "__module__", ""))
    return code is not None and code.co_filename != "<string>" and not module.startswith("mashumaro.")


def _notes(hint: Any) -> Iterator[Any]:
    """Yield what the annotations within a hint say beside the type, at any depth."""
    yield from getattr(hint, "__metadata__", ())
    for inner in get_args(hint):
        yield from _notes(inner)


def _holds_bytes(hint: Any) -> bool:
    """Tell whether bytes are somewhere within the values of an annotation, also in those of other dataclasses."""
    kind: Any = get_origin(hint) or hint
    if kind in (bytes, bytearray) or any(map(_holds_bytes, get_args(hint))):
        return True
    return dataclasses.is_dataclass(kind) and any(map(_holds_bytes, member_types(hint).values()))


def _is_key(kind: Any, strategies: Mapping[Any, Any]) -> bool:
    try:
        return kind in strategies
    except TypeError:  # it has no hash
        return False
