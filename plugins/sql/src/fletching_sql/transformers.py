"""How an `Identifier` and a `RowCount` cross a task boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from fletching.errors import ConfigError, ConversionError
from fletching.extend import TypeTransformer, preview, transformer
from fletching_sql.identifiers import Allowed, Identifier
from fletching_sql.rowcount import RowCount

if TYPE_CHECKING:
    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

__all__ = ["IdentifierTransformer", "RowCountTransformer", "factory"]


class Wrapped(TypeTransformer[Any]):
    """A checked form of a built-in scalar, on the wire what that scalar is."""

    base: ClassVar[type]

    def __init__(self, python_type: Any) -> None:
        super().__init__(python_type)
        self.plain: TypeTransformer[Any] = transformer(self.base)

    def checked(self, value: Any) -> Any:
        """Return the value as the type; raise `ConversionError` if it is none."""
        raise NotImplementedError

    def literal_type(self) -> LiteralType:
        return self.plain.literal_type()

    def to_literal(self, value: Any, /) -> Literal:
        return self.plain.to_literal(self.base(self.checked(value)))

    def to_python(self, literal: Literal, /) -> Any:
        return self.checked(self.plain.to_python(literal))

    def carry(self, value: Any, /) -> Any:
        return self.checked(self.plain.carry(self.base(self.checked(value))))

    def to_plain(self, value: Any, /) -> Any:
        return self.plain.to_plain(self.base(self.checked(value)))

    def from_plain(self, data: Any, /) -> Any:
        return self.checked(self.plain.from_plain(data))

    def json_schema(self) -> dict[str, Any]:
        return self.plain.json_schema()


class IdentifierTransformer(Wrapped):
    """`Identifier`; a plain str is taken too and checked the same."""

    name = "str"
    base = str

    def __init__(self, python_type: Any, allowed: tuple[Allowed, ...]) -> None:
        super().__init__(python_type)
        self.allowed = allowed

    def checked(self, value: Any) -> Any:
        if not isinstance(value, str):
            raise ConversionError("Identifier", preview(value))
        try:
            name = Identifier(value)
            for one in self.allowed:
                one.check(name)
        except ConfigError as error:
            raise ConversionError("Identifier", preview(str(value)), hint=str(error)) from None
        return name


class RowCountTransformer(Wrapped):
    """`RowCount`."""

    name = "int"
    base = int

    def checked(self, value: Any) -> Any:
        if not isinstance(value, int) or isinstance(value, bool):
            raise ConversionError("RowCount", preview(value))
        return RowCount(value)


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Return the transformer of one of this package's types, or None."""
    if annotation is Identifier:
        return IdentifierTransformer(annotation, tuple(extra for extra in extras if isinstance(extra, Allowed)))
    return RowCountTransformer(annotation) if annotation is RowCount else None
