"""``TypedDict``: a dict whose keys have types, MessagePack on the wire."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Any, get_args, get_origin

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.types.base import TypeTransformer
from fletching.types.display import preview, type_name
from fletching.types.members import check_keys, member_transformer, member_types
from fletching.types.plain import key_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

__all__ = ["TypedDictTransformer", "factory"]

READ_ONLY = getattr(typing, "ReadOnly", None)
QUALIFIERS = {typing.Required, typing.NotRequired} | ({READ_ONLY} if READ_ONLY else set())
"""What may stand around a member's type."""


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Return the transformer of a ``TypedDict``, or of a generic one with its arguments."""
    cls = get_origin(annotation) or annotation
    if not typing.is_typeddict(cls):
        return None
    kinds, required = {}, []
    for name, hint in member_types(annotation).items():
        if not isinstance(name, str):
            raise UnsupportedTypeError(f"{type_name(annotation)} has the key {name!r}; keys are text")
        # Where annotations are text, Python does not see the qualifiers, only whether the class is total.
        is_required = name in cls.__required_keys__
        while get_origin(hint) in QUALIFIERS:
            if get_origin(hint) is not READ_ONLY:
                is_required = get_origin(hint) is typing.Required
            hint = get_args(hint)[0]
        kinds[name] = member_transformer(annotation, name, hint)
        if is_required:
            required.append(name)
    return TypedDictTransformer(annotation, kinds, required)


class TypedDictTransformer(TypeTransformer[dict[str, Any]]):
    """Carries dicts that have the keys of one ``TypedDict`` and no others."""

    name = "Typed Dict"

    def __init__(self, python_type: Any, kinds: dict[str, TypeTransformer[Any]], required: list[str]) -> None:
        super().__init__(python_type)
        self.kinds = kinds
        self.required = required

    def literal_type(self) -> LiteralType:
        from fletching.types.schema import schema_type

        return schema_type(self.json_schema())

    def to_literal(self, value: dict[str, Any], /) -> Literal:
        from fletching.types.wire import plain_literal

        return plain_literal(self.to_plain(value))

    def fill(self, literal: Literal, value: dict[str, Any], /) -> None:
        from fletching.types.wire import plain_literal

        plain_literal(self.to_plain(value), literal)

    def to_python(self, literal: Literal, /) -> dict[str, Any]:
        from fletching.types.wire import read_plain

        found: dict[str, Any] = read_plain(self, literal)
        return found

    def carry(self, value: dict[str, Any], /) -> dict[str, Any]:
        return self._each(value, lambda kind: kind.carry_plain)

    def to_plain(self, value: dict[str, Any], /) -> dict[str, Any]:
        return self._each(value, lambda kind: kind.to_plain)

    def from_plain(self, data: Any, /) -> dict[str, Any]:
        return self._each(data, lambda kind: kind.from_plain)

    def json_schema(self) -> dict[str, Any]:
        from fletching.types.schema import object_schema

        return object_schema("", {name: kind.json_schema() for name, kind in self.kinds.items()}, self.required)

    def _each(self, value: Any, method: Callable[[TypeTransformer[Any]], Callable[[Any], Any]]) -> dict[str, Any]:
        expected = type_name(self.python_type)
        if not isinstance(value, dict):
            raise ConversionError(expected, preview(value))
        check_keys(expected, value, self.kinds, self.required)
        made = {}
        for name, item in value.items():
            try:
                made[str(name)] = method(self.kinds[name])(item)
            except ConversionError as error:
                error.at(key_step(name))
                raise
        return made
