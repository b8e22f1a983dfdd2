"""list and dict."""

from __future__ import annotations

from itertools import repeat, starmap
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.types.base import TypeTransformer
from fletching.types.display import preview, type_name
from fletching.types.engine import field_transformer, part_transformer
from fletching.types.plain import key_step, plain_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

__all__ = ["DictTransformer", "ListTransformer", "each", "factory"]

T = TypeVar("T")
R = TypeVar("R")


class ListTransformer(TypeTransformer[list[T]]):
    """Lists of values of one type: a collection of literals."""

    name = "Typed List"

    def __init__(self, python_type: Any, element: TypeTransformer[T]) -> None:
        super().__init__(python_type)
        self.element = element
        self.inside_only = element.inside_only

    def literal_type(self) -> LiteralType:
        from fletching.types.wire import LiteralType

        return LiteralType(collection_type=self.element.literal_type())

    def carry(self, value: list[T], /) -> list[T]:
        self._check(value)
        carried = self.element.carry_all(value)
        return each(self.element.carry, value) if carried is None else carried

    def to_literal(self, value: list[T], /) -> Literal:
        from fletching.types.wire import Literal

        literal = Literal()
        self.fill(literal, value)
        return literal

    def fill(self, literal: Literal, value: list[T], /) -> None:
        self._check(value)
        literal.collection.SetInParent()
        add = literal.collection.literals.add
        element = self.element
        carried = element.carry_all(value)
        if carried is None or not element.fill_all(starmap(add, repeat(())), carried):
            each(lambda item: element.fill(add(), item), value)

    def to_python(self, literal: Literal, /) -> list[T]:
        if literal.WhichOneof("value") != "collection":
            from fletching.types.wire import read_plain

            found: list[T] = read_plain(self, literal)
            return found
        literals = literal.collection.literals
        values = self.element.read_all(literals)
        return each(self.element.to_python, literals) if values is None else values

    def has_plain(self) -> bool:
        return self.element.has_plain()

    def carry_plain(self, value: list[T], /) -> list[T]:
        if type(self.element).carry_plain is TypeTransformer.carry_plain:
            return self.carry(value)  # the plain form keeps the same, and all at once is quicker
        self._check(value)
        return each(self.element.carry_plain, value)

    def to_plain(self, value: list[T], /) -> list[Any]:
        self._check(value)
        return each(self.element.to_plain, value)

    def from_plain(self, data: Any, /) -> list[T]:
        self._check(data)
        return each(self.element.from_plain, data)

    def json_schema(self) -> dict[str, Any]:
        items = self.element.json_schema()
        return {"type": "array", "items": items} if items else {"type": "array"}

    def _check(self, value: object) -> None:
        if not issubclass(type(value), list):
            hint = "pass list(...) of it" if isinstance(value, (tuple, set, frozenset, range)) else ""
            raise ConversionError(type_name(self.python_type), preview(value), hint=hint)


class DictTransformer(TypeTransformer[dict[str, T]]):
    """Dicts from text to values of one type: a map of literals."""

    name = "Typed Dict"

    def __init__(self, python_type: Any, element: TypeTransformer[T]) -> None:
        super().__init__(python_type)
        self.element = element
        self.inside_only = element.inside_only

    def literal_type(self) -> LiteralType:
        from fletching.types.wire import LiteralType

        return LiteralType(map_value_type=self.element.literal_type())

    def carry(self, value: dict[str, T], /) -> dict[str, T]:
        keys = self._keys(value)
        carried = self.element.carry_all(list(value.values()))
        return dict(zip(keys, self._each(self.element.carry, value) if carried is None else carried, strict=True))

    def to_literal(self, value: dict[str, T], /) -> Literal:
        from fletching.types.wire import Literal

        literal = Literal()
        self.fill(literal, value)
        return literal

    def fill(self, literal: Literal, value: dict[str, T], /) -> None:
        keys = self._keys(value)
        literal.map.SetInParent()
        slots = map(literal.map.literals.__getitem__, keys)
        element = self.element
        carried = element.carry_all(list(value.values()))
        if carried is None or not element.fill_all(slots, carried):
            self._each(lambda item: element.fill(next(slots), item), value)

    def to_python(self, literal: Literal, /) -> dict[str, T]:
        if literal.WhichOneof("value") != "map":
            from fletching.types.wire import read_plain

            found: dict[str, T] = read_plain(self, literal)
            return found
        literals = literal.map.literals
        values = self.element.read_all(literals.values())
        if values is None:
            values = self._each(self.element.to_python, literals)
        return dict(zip(literals, values, strict=True))

    def has_plain(self) -> bool:
        return self.element.has_plain()

    def carry_plain(self, value: dict[str, T], /) -> dict[str, T]:
        if type(self.element).carry_plain is TypeTransformer.carry_plain:
            return self.carry(value)
        return dict(zip(self._keys(value), self._each(self.element.carry_plain, value), strict=True))

    def to_plain(self, value: dict[str, T], /) -> dict[str, Any]:
        return dict(zip(self._keys(value), self._each(self.element.to_plain, value), strict=True))

    def from_plain(self, data: Any, /) -> dict[str, T]:
        return dict(zip(self._keys(data), self._each(self.element.from_plain, data), strict=True))

    def json_schema(self) -> dict[str, Any]:
        values = self.element.json_schema()
        schema: dict[str, Any] = {"type": "object", "propertyNames": {"type": "string"}}
        return {**schema, "additionalProperties": values} if values else schema

    def _keys(self, value: object) -> list[str]:
        """Return the keys as exact text; refuse what is no dict of text."""
        if not isinstance(value, dict):
            raise ConversionError(type_name(self.python_type), preview(value))
        keys = list(value)
        if list(map(type, keys)).count(str) == len(keys) and "".join(keys).isascii():
            return keys
        for position, key in enumerate(keys):
            if not isinstance(key, str):
                raise ConversionError("a str as key", preview(key), hint="declare the dict with the type of its keys")
            keys[position] = plain_text(key)
        return keys

    def _each(self, convert: Callable[[Any], R], value: Mapping[str, Any]) -> list[R]:
        return each(convert, value.values(), lambda position: key_step(list(value)[position]))


def each(
    convert: Callable[[T], R], values: Iterable[T], step: Callable[[int], str] = lambda position: f"[{position}]"
) -> list[R]:
    """Return the converted values; an error gets the place of the one that failed, which ``step`` words."""
    converted: list[R] = []
    add = converted.append
    try:
        for value in values:
            add(convert(value))
    except ConversionError as error:
        error.at(step(len(converted)))
        raise
    return converted


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Make the transformer of a list, or of a dict with or without types."""
    root = get_origin(annotation) or annotation
    arguments: Sequence[Any] = get_args(annotation)
    if root is list:
        if not arguments:
            raise UnsupportedTypeError("list does not say what it holds; write list[T], for example list[int]")
        return ListTransformer(annotation, part_transformer(arguments[0]))
    if root is not dict:
        return None
    from fletching.types.msgpack_dict import MsgpackDictTransformer, PicklingDictTransformer, UntypedDictTransformer
    from fletching.types.simple import StrTransformer

    if not arguments:
        pickles = any(isinstance(one, dict) and one.get("allow_pickle") for one in extras)
        return PicklingDictTransformer(annotation) if pickles else UntypedDictTransformer(annotation)
    key = field_transformer(arguments[0])
    if isinstance(key, StrTransformer):
        return DictTransformer(annotation, part_transformer(arguments[1]))
    return MsgpackDictTransformer(annotation, key, field_transformer(arguments[1]))
