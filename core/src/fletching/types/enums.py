"""Enum and Literal."""

from __future__ import annotations

from enum import Enum, EnumMeta
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.types.display import preview, type_name
from fletching.types.plain import check_text
from fletching.types.schema import describing_fields
from fletching.types.simple import PrimitiveTransformer, ScalarTransformer

if TYPE_CHECKING:
    from flyteidl.core.literals_pb2 import Literal as LiteralMessage
    from flyteidl.core.types_pb2 import LiteralType

    from fletching.types.base import TypeTransformer

__all__ = ["EnumTransformer", "LiteralTransformer", "factory"]

E = TypeVar("E", bound=Enum)


class EnumTransformer(ScalarTransformer[E]):
    """Enums whose members' values are of one scalar type. On the wire a member is its value.

    A value is accepted in place of its member, as it comes from a command line or another language.
    """

    name = "DefaultEnumTransformer"

    def __init__(self, python_type: type[E], value: PrimitiveTransformer[Any]) -> None:
        super().__init__(python_type)
        self.value = value
        if value.name not in ("str", "int"):
            self.inside_only = "the values of an Enum are text or integers; give its members such values"

    def literal_type(self) -> LiteralType:
        if self.value.name != "str":
            if describing_fields.get():
                raise self.no_wire_form()
            return self.value.literal_type()
        from fletching.types.wire import LiteralType

        made = LiteralType()
        made.enum_type.values.extend(member.value for member in self.python_type)
        return made

    def carry(self, value: E, /) -> E:
        return value if type(value) is self.python_type else self._member(value)

    def fill(self, literal: LiteralMessage, value: E, /) -> None:
        self.value.fill(literal, self.carry(value).value)

    def to_python(self, literal: LiteralMessage, /) -> E:
        if literal.scalar.HasField("primitive"):
            return self._member(self.value.to_python(literal))
        from fletching.types.wire import read_plain

        found: E = read_plain(self, literal)
        return found

    def to_plain(self, value: E, /) -> Any:
        return self.value.to_plain(self.carry(value).value)

    def from_plain(self, data: Any, /) -> E:
        return self._member(self.value.from_plain(data))

    def json_schema(self) -> dict[str, Any]:
        return {"enum": [member.value for member in self.python_type]}

    def _member(self, value: Any) -> E:
        if type(value) is self.value.python_type:
            try:
                found: E = self.python_type(value)
                return found
            except ValueError:
                pass
        values = [member.value for member in self.python_type]
        shown = ", ".join(map(repr, values[:8])) + (", …" if len(values) > 8 else "")
        raise ConversionError(f"{type_name(self.python_type)} (one of {shown})", preview(value))


class LiteralTransformer(ScalarTransformer[Any]):
    """``Literal["a", "b"]``: exactly these values."""

    name = "LiteralTypeTransformer"

    def __init__(self, python_type: Any, value: PrimitiveTransformer[Any], values: tuple[Any, ...]) -> None:
        super().__init__(python_type)
        self.value = value
        self.values = values

    def literal_type(self) -> LiteralType:
        made = self.value.literal_type()
        made.annotation.annotations.update({"literal_values": list(self.values)})
        return made

    def carry(self, value: Any, /) -> Any:
        kind = self.value.python_type
        is_subclass = isinstance(value, kind) and type(value) not in (kind, bool)
        exact = self.value.carry(value) if is_subclass else value
        # True == 1, and an Enum may be equal to anything: the type has to be the same too.
        if type(exact) is not kind or exact not in self.values:
            raise ConversionError(type_name(self.python_type), preview(value))
        return exact

    def fill(self, literal: LiteralMessage, value: Any, /) -> None:
        self.value.fill(literal, self.carry(value))

    def to_python(self, literal: LiteralMessage, /) -> Any:
        return self.carry(self.value.to_python(literal))

    def from_plain(self, data: Any, /) -> Any:
        return self.carry(self.value.from_plain(data))

    def json_schema(self) -> dict[str, Any]:
        return {"enum": list(self.values)}


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Make the transformer of an Enum class or of a Literal."""
    from fletching.types.engine import transformer

    if get_origin(annotation) is Literal:
        values = get_args(annotation)
        kinds = {type(value) for value in values}
        kind = kinds.pop()
        if kinds or kind not in (str, int, bool):
            raise UnsupportedTypeError(
                f"{type_name(annotation)} mixes types, or has values that are not str, int or bool; "
                "use Optional[Literal[...]] for None, and an Enum for the rest"
            )
        literals: Any = transformer(kind)
        for value in values:
            literals.carry(value)
        return LiteralTransformer(annotation, literals, values)
    if annotation is Enum or not isinstance(annotation, EnumMeta):
        return None
    members: list[Enum] = list(annotation)
    kinds = {type(member.value) for member in members}
    if len(kinds) != 1 or not kinds <= {str, int, float, bool}:
        raise UnsupportedTypeError(
            f"{type_name(annotation)} has no members, or members whose values are not all of one type; "
            "give each member a str as value, or each an int"
        )
    values_as: Any = transformer(kinds.pop())
    for member in members:
        if isinstance(member.value, str):
            check_text(member.value)
    return EnumTransformer(annotation, values_as)
