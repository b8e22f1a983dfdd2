"""Types that have no wire form of their own and may stand inside a dataclass: tuples, sets, Decimal, UUID, Any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin, get_type_hints

from fletching.errors import ConversionError
from fletching.types.containers import each
from fletching.types.display import preview, type_name
from fletching.types.engine import field_transformer
from fletching.types.msgpack_dict import PackedTransformer
from fletching.types.pickled import pickle_type
from fletching.types.plain import copy_plain
from fletching.types.simple import ScalarTransformer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

    from fletching.types.base import TypeTransformer

__all__ = ["AnyTransformer", "SetTransformer", "TextTransformer", "TupleTransformer", "factory"]

T = TypeVar("T")


class InsideTransformer(PackedTransformer[T]):
    """A type that is refused as an input or output, whose plain form is all there is."""

    name = "FlytePickle"

    def literal_type(self) -> LiteralType:
        # Where an object's wire type tells of its fields, other SDKs say this of the field; its value is no pickle.
        return pickle_type(str(self.python_type))

    def carry_plain(self, value: T, /) -> T:
        return self.from_plain(self.to_plain(value))


class AnyTransformer(InsideTransformer[Any]):
    """Any plain data."""

    inside_only = (
        "Any says nothing about the value; name its type, write dict for JSON-like data, or Pickled[Any] to pickle it"
    )

    def to_plain(self, value: Any, /) -> Any:
        return copy_plain(value)

    def from_plain(self, data: Any, /) -> Any:
        return copy_plain(data)

    def json_schema(self) -> dict[str, Any]:
        return {}


class TupleTransformer(InsideTransformer[tuple[Any, ...]]):
    """``tuple[A, B]``, ``tuple[A, ...]`` and NamedTuple classes: a list in plain form."""

    inside_only = (
        "a tuple has no wire form; use list[T] if its items are alike, a dataclass if they are not, "
        "or return it as several outputs"
    )

    def __init__(self, python_type: Any, items: Sequence[TypeTransformer[Any]], repeated: bool) -> None:
        super().__init__(python_type)
        self.items = items
        self.repeated = repeated

    def literal_type(self) -> LiteralType:
        raise self.no_wire_form()

    def to_plain(self, value: tuple[Any, ...], /) -> list[Any]:
        if not isinstance(value, tuple) or not (self.repeated or len(value) == len(self.items)):
            raise ConversionError(type_name(self.python_type), preview(value))
        return self._each("to_plain", value)

    def from_plain(self, data: Any, /) -> tuple[Any, ...]:
        if not isinstance(data, list) or not (self.repeated or len(data) == len(self.items)):
            raise ConversionError(type_name(self.python_type), preview(data))
        values = self._each("from_plain", data)
        root = get_origin(self.python_type) or self.python_type
        return tuple(values) if root is tuple else root(*values)

    def _each(self, method: str, values: Sequence[Any]) -> list[Any]:
        if self.repeated:
            return each(getattr(self.items[0], method), values)
        return each(lambda pair: getattr(pair[0], method)(pair[1]), zip(self.items, values, strict=True))

    def json_schema(self) -> dict[str, Any]:
        if self.repeated:
            return {"type": "array", "items": self.items[0].json_schema()}
        size = len(self.items)
        items = [one.json_schema() for one in self.items]
        return {"type": "array", "prefixItems": items, "maxItems": size, "minItems": size}


class SetTransformer(InsideTransformer[Any]):
    """``set[T]`` and ``frozenset[T]``: a list in plain form, sorted where its items have an order."""

    inside_only = "a set has no wire form; use list[T]"

    def __init__(self, python_type: Any, item: TypeTransformer[Any]) -> None:
        super().__init__(python_type)
        self.item = item
        self._class = get_origin(python_type) or python_type

    def to_plain(self, value: Any, /) -> list[Any]:
        if not isinstance(value, self._class):
            raise ConversionError(type_name(self.python_type), preview(value))
        items = each(self.item.to_plain, value, lambda position: "")
        try:
            return sorted(items)
        except TypeError:
            return items

    def from_plain(self, data: Any, /) -> Any:
        if not isinstance(data, list):
            raise ConversionError(type_name(self.python_type), preview(data))
        try:
            return self._class(each(self.item.from_plain, data))
        except TypeError as error:  # an item that cannot be hashed
            raise ConversionError(type_name(self.python_type), preview(data), hint=str(error)) from error

    def json_schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.item.json_schema(), "uniqueItems": True}


class TextTransformer(ScalarTransformer[T]):
    """A class whose values are made from their text: Decimal, UUID."""

    def __init__(self, python_type: type[T], form: str) -> None:
        super().__init__(python_type)
        self.inside_only = f"{type_name(python_type)} has no wire form; pass its str(), or put it into a dataclass"
        self.schema = {"type": "string", "format": form}  # type: ignore[misc]  # one class for several types

    name = "FlytePickle"

    def literal_type(self) -> LiteralType:
        return pickle_type(str(self.python_type))

    def carry(self, value: T, /) -> T:
        return self.from_plain(self.to_plain(value))

    def to_python(self, literal: Literal, /) -> T:
        from fletching.types.wire import read_plain

        found: T = read_plain(self, literal)
        return found

    def to_plain(self, value: T, /) -> str:
        if type(value) is not self.python_type:
            raise self.refusal(value)
        return str(value)

    def from_plain(self, data: Any, /) -> T:
        if isinstance(data, str):
            try:
                made: T = self.python_type(data)
                return made
            except (ValueError, ArithmeticError):
                pass
        raise ConversionError(type_name(self.python_type), preview(data))


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Make the transformer of one of these types."""
    root = get_origin(annotation) or annotation
    arguments: Sequence[Any] = get_args(annotation)
    if annotation is Any:
        return AnyTransformer(annotation)
    if root in (set, frozenset):
        return SetTransformer(annotation, field_transformer(arguments[0] if arguments else Any))
    if f"{root.__module__}.{root.__qualname__}" in ("decimal.Decimal", "uuid.UUID"):
        return TextTransformer(annotation, root.__name__.lower())
    fields = getattr(root, "_fields", None)
    if issubclass(root, tuple) and fields is not None:
        hints = get_type_hints(root, include_extras=True)
        items = [field_transformer(hints.get(name, Any)) for name in fields]
        return TupleTransformer(annotation, items, repeated=False)
    if root is not tuple:
        return None
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return TupleTransformer(annotation, [field_transformer(arguments[0])], repeated=True)
    if not arguments and annotation != tuple[()]:
        return TupleTransformer(annotation, [field_transformer(Any)], repeated=True)
    return TupleTransformer(annotation, [field_transformer(one) for one in arguments], repeated=False)
