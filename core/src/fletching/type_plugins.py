"""The old way of writing a type's transformer, as for the Flyte SDK: a thin face over the type engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fletching.errors import ConversionError, PluginContractError
from fletching.types import engine
from fletching.types.base import TypeTransformer
from fletching.types.display import preview, type_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

    from fletching.flyte_context import FlyteContext

__all__ = ["FlyteTypeTransformer", "TypeEngine"]

T = TypeVar("T")


class FlyteTypeTransformer(ABC, Generic[T]):
    """A transformer with the methods of the Flyte SDK. A new one is better a `fletching.extend.TypeTransformer`."""

    def __init__(self, name: str, t: type[T], enable_type_assertions: bool = True) -> None:
        self._name, self._type, self._checks = name, t, enable_type_assertions

    @property
    def name(self) -> str:
        """What a union writes for the type."""
        return self._name

    @property
    def python_type(self) -> type[T]:
        """The class whose values it carries."""
        return self._type

    @property
    def type_assertions_enabled(self) -> bool:
        """Whether a value's class is checked before the value is written."""
        return self._checks

    def assert_type(self, t: type[T], v: T) -> None:
        """Raise `ConversionError` if a value is none of the class."""
        root = getattr(t, "__origin__", t)
        if isinstance(root, type) and not isinstance(v, root):
            raise ConversionError(type_name(t), preview(v))

    @abstractmethod
    def get_literal_type(self, t: type[T]) -> LiteralType:
        """Return the wire type, ``flyteidl.core.LiteralType``."""

    @abstractmethod
    def to_literal(self, ctx: FlyteContext, python_val: T, python_type: type[T], expected: LiteralType) -> Literal:
        """Return a value in its wire form, ``flyteidl.core.Literal``."""

    @abstractmethod
    def to_python_value(self, ctx: FlyteContext, lv: Literal, expected_python_type: type[T]) -> T:
        """Return the value of a wire form."""

    def guess_python_type(self, literal_type: LiteralType) -> type[T]:
        """Return the class that a wire type stands for; a ``ValueError`` if it is none of this one's."""
        raise ValueError(f"transformer {self._name!r} does not guess the class of {literal_type}")


class Adapted(TypeTransformer[T]):
    """Does what a transformer with the old methods does."""

    def __init__(self, annotation: Any, old: FlyteTypeTransformer[T]) -> None:
        super().__init__(annotation)
        self.name, self._old = old.name, old

    def literal_type(self) -> LiteralType:
        from flyteidl.core import types_pb2

        made = types_pb2.LiteralType()
        made.CopyFrom(
            self._message("get_literal_type", types_pb2.LiteralType, self._old.get_literal_type(self.python_type))
        )
        return made

    def to_literal(self, value: T, /) -> Literal:
        from flyteidl.core import literals_pb2

        if self._old.type_assertions_enabled:
            self._old.assert_type(self.python_type, value)
        made = self._old.to_literal(_context(), value, self.python_type, self.literal_type())
        found: Literal = self._message("to_literal", literals_pb2.Literal, made)
        return found

    def to_python(self, literal: Literal, /) -> T:
        return self._old.to_python_value(_context(), literal, self.python_type)

    def carry(self, value: T, /) -> T:
        return self.to_python(self.to_literal(value))

    def _message(self, method: str, wanted: type, made: Any) -> Any:
        if not isinstance(made, wanted):
            place = f"{type(self._old).__name__}.{method}"
            raise PluginContractError(f"{place} gave {preview(made)}, expected a {wanted.__name__} of flyteidl.core")
        return made


class TypeEngine:
    """Registers transformers and answers what they would do, by the names of the Flyte SDK."""

    @classmethod
    def register(cls, transformer: FlyteTypeTransformer[Any], additional_types: Iterable[type] | None = None) -> None:
        """Let a transformer carry the values of its class, and of more classes; a ``ValueError`` if one has another."""
        for python_type in (transformer.python_type, *(additional_types or ())):
            cls.register_additional_type(transformer, python_type)

    @classmethod
    def register_additional_type(cls, transformer: FlyteTypeTransformer[T], additional_type: type[T]) -> None:
        """Let a transformer carry the values of one more class."""
        if not isinstance(transformer, FlyteTypeTransformer):
            raise PluginContractError(
                f"TypeEngine.register takes an instance of a transformer, got {preview(transformer)}"
            )
        engine.register(additional_type, lambda annotation, extras: Adapted(annotation, transformer))

    @classmethod
    def get_transformer(cls, python_type: Any) -> TypeTransformer[Any]:
        """Return what carries the values of a type; it has the methods of `fletching.extend.TypeTransformer`."""
        return engine.part_transformer(python_type)

    @classmethod
    def to_literal_type(cls, python_type: Any) -> LiteralType:
        """Return the wire type of a type."""
        return engine.transformer(python_type).literal_type()

    @classmethod
    def to_literal(cls, ctx: Any, python_val: Any, python_type: Any, expected: Any = None) -> Literal:
        """Return a value in its wire form; what is written beside it goes where ``ctx`` says."""
        with _places(ctx):
            return engine.transformer(python_type).to_literal(python_val)

    @classmethod
    def to_python_value(cls, ctx: Any, lv: Literal, expected_python_type: Any) -> Any:
        """Return the value of a wire form, also of one that is stored elsewhere."""
        from fletching.types.offload import read_literal

        return read_literal(engine.transformer(expected_python_type), lv)

    @classmethod
    def guess_python_type(cls, flyte_type: LiteralType) -> Any:
        """Return a type that a wire type stands for."""
        from fletching.types.guess import guess_python_type

        return guess_python_type(flyte_type)


def _context() -> FlyteContext:
    from fletching.flyte_context import FlyteContextManager

    return FlyteContextManager.current_context()


def _places(ctx: Any) -> AbstractContextManager[None]:
    from fletching.flyte_context import FlyteContext

    return ctx.file_access.outputs_placed() if isinstance(ctx, FlyteContext) else nullcontext()
