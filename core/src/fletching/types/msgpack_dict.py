"""dict without types, and dict with keys other than text: MessagePack on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.types.base import TypeTransformer
from fletching.types.display import preview, type_name
from fletching.types.plain import copy_plain, key_step
from fletching.types.simple import ScalarTransformer

if TYPE_CHECKING:
    from collections.abc import Callable

    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

__all__ = ["MsgpackDictTransformer", "PackedTransformer", "PicklingDictTransformer", "UntypedDictTransformer"]

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


class PackedTransformer(TypeTransformer[T]):
    """A type whose values cross a boundary in their plain form. A subclass writes `to_plain` and `from_plain`."""

    def literal_type(self) -> LiteralType:
        from fletching.types.wire import struct_type

        return struct_type()

    def carry(self, value: T, /) -> T:
        return self.from_plain(self.to_plain(value))

    def to_literal(self, value: T, /) -> Literal:
        from fletching.types.wire import Literal

        literal = Literal()
        self.fill(literal, value)
        return literal

    def fill(self, literal: Literal, value: T, /) -> None:
        from fletching.types.wire import plain_literal

        if not plain_literal(self.to_plain(value), literal).scalar.HasField("binary"):
            literal.metadata["format"] = "json"  # older readers tell it from a pickle by this

    def to_python(self, literal: Literal, /) -> T:
        from fletching.types.wire import read_plain

        found: T = read_plain(self, literal)
        return found


class UntypedDictTransformer(PackedTransformer[dict[Any, Any]]):
    """``dict``: any plain data. Tuples in it arrive as lists."""

    name = "Typed Dict"

    def carry(self, value: dict[Any, Any], /) -> dict[Any, Any]:
        return self.to_plain(value)

    def to_python(self, literal: Literal, /) -> dict[Any, Any]:
        if literal.metadata.get("format") == "pickle":
            raise ConversionError(
                "dict",
                "a pickled dict",
                hint="annotate Annotated[dict, kwtypes(allow_pickle=True)] to read it; "
                "that executes code of whoever wrote it",
            )
        return super().to_python(literal)

    def to_plain(self, value: dict[Any, Any], /) -> dict[Any, Any]:
        if not isinstance(value, dict):
            raise ConversionError("dict", preview(value))
        copied: dict[Any, Any] = copy_plain(value)
        return copied

    def from_plain(self, data: Any, /) -> dict[Any, Any]:
        return self.to_plain(data)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "object"}


class PicklingDictTransformer(UntypedDictTransformer):
    """``Annotated[dict, kwtypes(allow_pickle=True)]``: plain data if it is that, else a pickle."""

    def __init__(self, python_type: Any) -> None:
        super().__init__(python_type)
        from fletching.types.pickled import Pickled, PickledTransformer

        self._pickled = PickledTransformer(Pickled[dict[Any, Any]])

    def carry(self, value: dict[Any, Any], /) -> dict[Any, Any]:
        try:
            return super().carry(value)
        except ConversionError:
            carried: dict[Any, Any] = self._pickled.carry(value)
            return carried

    def fill(self, literal: Literal, value: dict[Any, Any], /) -> None:
        try:
            super().fill(literal, value)
        except ConversionError:
            literal.scalar.generic["pickle_file"] = self._pickled.to_literal(value).scalar.blob.uri
            literal.metadata["format"] = "pickle"

    def to_python(self, literal: Literal, /) -> dict[Any, Any]:
        if literal.metadata.get("format") != "pickle":
            return super().to_python(literal)
        from fletching.types.pickled import pickle_at

        place = literal.scalar.generic.fields["pickle_file"].string_value
        read: dict[Any, Any] = self._pickled.to_python(pickle_at(place))
        return read


class MsgpackDictTransformer(PackedTransformer[dict[K, V]]):
    """``dict[int, V]`` and others whose keys are no text."""

    name = "Typed Dict"

    def __init__(self, python_type: Any, key: TypeTransformer[K], value: TypeTransformer[V]) -> None:
        super().__init__(python_type)
        if not isinstance(key, ScalarTransformer):
            raise UnsupportedTypeError(
                f"{type_name(python_type)} cannot have keys of type {type_name(key.python_type)}; "
                "use str, int, float, bool, an Enum, a Literal, datetime, date or timedelta, or a list of dataclasses"
            )
        self.key = key
        self.value = value
        self._from_json = key.json_schema().get("type") in ("integer", "number", "boolean")

    def carry(self, value: dict[K, V], /) -> dict[K, V]:
        return self._items(value, self.key.carry_plain, self.value.carry_plain)

    def to_plain(self, value: dict[K, V], /) -> dict[Any, Any]:
        return self._items(value, self.key.to_plain, self.value.to_plain)

    def from_plain(self, data: Any, /) -> dict[K, V]:
        if self._from_json and isinstance(data, dict):
            data = {self._written(key): item for key, item in data.items()}
        return self._items(data, self.key.from_plain, self.value.from_plain)

    def json_schema(self) -> dict[str, Any]:
        values = self.value.json_schema()
        schema: dict[str, Any] = {"type": "object", "propertyNames": self.key.json_schema()}
        return {**schema, "additionalProperties": values} if values else schema

    def _written(self, key: Any) -> Any:
        """Return the number that a key was before JSON, which knows only text as key, had it."""
        if isinstance(key, str):
            import json

            try:
                return json.loads(key)
            except ValueError:
                return key
        return key

    def _items(self, value: Any, key: Callable[[Any], Any], item: Callable[[Any], Any]) -> dict[Any, Any]:
        if not isinstance(value, dict):
            raise ConversionError(type_name(self.python_type), preview(value))
        made: dict[Any, Any] = {}
        for name, inner in value.items():
            try:
                new = key(name)
            except ConversionError as error:
                error.expected += " as key"
                raise
            try:
                made[new] = item(inner)
            except ConversionError as error:
                error.at(key_step(name))
                raise
        return made
