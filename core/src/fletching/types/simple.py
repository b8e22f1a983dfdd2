"""int, float, bool, str and None."""

from __future__ import annotations

import marshal
from itertools import compress, islice
from operator import attrgetter, not_
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from fletching.errors import ConversionError
from fletching.types.base import TypeTransformer
from fletching.types.display import preview, type_name
from fletching.types.plain import check_text, plain_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

__all__ = [
    "BoolTransformer",
    "FloatTransformer",
    "IntTransformer",
    "NoneTransformer",
    "PrimitiveTransformer",
    "ScalarTransformer",
    "StrTransformer",
    "factory",
]

T = TypeVar("T")

LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1


class ScalarTransformer(TypeTransformer[T]):
    """A type of immutable values, each in one scalar literal, that may be the key of a dict in plain form."""

    simple: ClassVar[str]
    """The name of its ``SimpleType``."""
    schema: ClassVar[dict[str, Any]]

    def literal_type(self) -> LiteralType:
        from fletching.types.wire import LiteralType, SimpleType

        return LiteralType(simple=SimpleType.Value(self.simple))

    def to_literal(self, value: T, /) -> Literal:
        from fletching.types.wire import Literal

        literal = Literal()
        self.fill(literal, value)
        return literal

    def to_plain(self, value: T, /) -> Any:
        return self.carry(value)

    def json_schema(self) -> dict[str, Any]:
        return dict(self.schema)

    def refusal(self, value: object) -> ConversionError:
        """Return the error for a value of another type."""
        hint = "call its .item()" if type(value).__module__ == "numpy" and hasattr(value, "item") else ""
        return ConversionError(type_name(self.python_type), preview(value), hint=hint)


class PrimitiveTransformer(ScalarTransformer[T]):
    """A scalar that Python and protobuf hold alike."""

    field: ClassVar[str]
    """The field of ``core.Primitive``."""

    def fill(self, literal: Literal, value: T, /) -> None:
        setattr(literal.scalar.primitive, self.field, self.carry(value))

    def to_python(self, literal: Literal, /) -> T:
        primitive = literal.scalar.primitive
        form = primitive.WhichOneof("value")
        if form is None:
            from fletching.types.wire import read_plain

            found: T = read_plain(self, literal)
            return found
        if form == self.field:
            value: T = getattr(primitive, form)
            return value
        if form in ("integer", "float_value"):
            return self.from_plain(getattr(primitive, form))
        from fletching.types.wire import describe

        raise ConversionError(type_name(self.python_type), describe(literal))

    def from_plain(self, data: Any, /) -> T:
        return self.carry(data)

    def carry_all(self, values: Sequence[T], /) -> list[T] | None:
        if list(map(type, values)).count(self.python_type) == len(values):
            return list(values)
        return None

    def fill_all(self, slots: Iterable[Literal], values: Sequence[T], /) -> bool:
        field = self.field
        primitives = map(attrgetter("scalar.primitive"), islice(slots, len(values)))
        for primitive, value in zip(primitives, values, strict=True):
            setattr(primitive, field, value)
        return True

    def read_all(self, literals: Collection[Literal], /) -> list[T] | None:
        field = self.field
        values: list[T] = list(map(attrgetter(f"scalar.primitive.{field}"), literals))
        # A field that is not set reads as its default, which is false; only what reads so has to be looked at again.
        if not all(values):
            # Going through a message again costs more than reading a number; a sequence gives the few there are.
            pick = getattr(literals, "__getitem__", None)
            doubtful: Iterable[Literal]
            if pick is None:
                doubtful = compress(literals, map(not_, values))
            else:
                doubtful = map(pick, [at for at, value in enumerate(values) if not value])
            if not all(literal.scalar.primitive.HasField(field) for literal in doubtful):
                return None
        return values


class IntTransformer(PrimitiveTransformer[int]):
    """Integers of 64 bits; a bool is none."""

    name = "int"
    inline = f"type({{v}}) is int and {LOWEST} <= {{v}} <= {HIGHEST}"
    simple, field, schema = "INTEGER", "integer", {"type": "integer"}

    def carry(self, value: int, /) -> int:
        if type(value) is not int:
            # By its true class: a mock, and others, only say that they are an int.
            if isinstance(value, bool) or not issubclass(type(value), int):
                raise self.refusal(value)
            value = int.__int__(value)
        if not LOWEST <= value <= HIGHEST:
            raise ConversionError("int of at most 64 bits", preview(value), hint="pass it as a str")
        return value

    def from_plain(self, data: Any, /) -> int:
        # JSON knows one kind of number: older writers send 3 as 3.0.
        return self.carry(int(data) if type(data) is float and data.is_integer() else data)

    def carry_all(self, values: Sequence[int], /) -> list[int] | None:
        whole = list(values)
        if _all_small(whole):
            return whole
        copied = super().carry_all(whole)
        if not copied:
            return copied
        if len(copied) < 32:  # fewer do not pay for the import
            return copied if min(copied) >= LOWEST and max(copied) <= HIGHEST else None
        from array import array

        try:
            array("q", copied)
        except OverflowError:
            return None
        return copied


def _all_small(values: list[int]) -> bool:
    """Tell whether all are exact ints of 32 bits; half the time of looking at each one's type and size.

    In version 2 of its format marshal writes such an int, and nothing else that long, as ``i`` and four bytes. If a
    Python writes something else, the answer is no.
    """
    if not values or type(values[0]) is not int or not -(1 << 31) <= values[0] < 1 << 31:
        return False
    try:
        data = marshal.dumps(values, 2)
    except ValueError:
        return False
    return len(data) == 5 * len(values) + 5 and data[5::5].count(b"i") == len(values)


class FloatTransformer(PrimitiveTransformer[float]):
    """Floats, and ints that a float can hold."""

    name = "float"
    inline = "type({v}) is float"
    simple, field, schema = "FLOAT", "float_value", {"type": "number"}

    def carry(self, value: float, /) -> float:
        if type(value) is float:
            return value
        if issubclass(type(value), float):
            return float.__float__(value)
        if isinstance(value, bool) or not issubclass(type(value), int):
            raise self.refusal(value)
        # PEP 484 lets an int stand for a float; one that a float cannot hold would arrive as another number.
        try:
            converted = float(value)
        except OverflowError:
            converted = 0.0
        if converted != value:
            raise ConversionError("float", preview(value), hint="no float equals this int")
        return converted


class BoolTransformer(PrimitiveTransformer[bool]):
    """True and False; no number is one."""

    name = "bool"
    inline = "type({v}) is bool"
    simple, field, schema = "BOOLEAN", "boolean", {"type": "boolean"}

    def carry(self, value: bool, /) -> bool:
        if type(value) is not bool:
            raise self.refusal(value)
        return value


class StrTransformer(PrimitiveTransformer[str]):
    """Text that has a UTF-8 form."""

    name = "str"
    inline = "type({v}) is str and {v}.isascii()"
    simple, field, schema = "STRING", "string_value", {"type": "string"}

    def carry(self, value: str, /) -> str:
        if type(value) is str:
            if not value.isascii():
                check_text(value)
            return value
        if issubclass(type(value), str):
            return plain_text(value)
        raise self.refusal(value)

    def carry_all(self, values: Sequence[str], /) -> list[str] | None:
        copied = super().carry_all(values)
        if copied is not None:
            try:
                "".join(copied).encode()
            except UnicodeEncodeError:
                return None
        return copied


class NoneTransformer(ScalarTransformer[None]):
    """None."""

    name = "none"
    inline = "{v} is None"
    simple, schema = "NONE", {"type": "null"}

    def carry(self, value: None, /) -> None:
        if value is not None:
            raise self.refusal(value)

    def fill(self, literal: Literal, value: None, /) -> None:
        self.carry(value)
        literal.scalar.none_type.SetInParent()

    def to_python(self, literal: Literal, /) -> None:
        if not literal.scalar.HasField("none_type"):
            from fletching.types.wire import read_plain

            read_plain(self, literal)

    def from_plain(self, data: Any, /) -> None:
        self.carry(data)


_MADE: dict[Any, type[ScalarTransformer[Any]]] = {
    int: IntTransformer,
    float: FloatTransformer,
    bool: BoolTransformer,
    str: StrTransformer,
    type(None): NoneTransformer,
}


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Make the transformer of exactly these classes: a subclass would come back as its base."""
    made = _MADE.get(annotation)
    return made(annotation) if made is not None else None
