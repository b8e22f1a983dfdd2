"""The old way of writing a type's transformer, as for the Flyte SDK: a thin face over the type engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from fletching.errors import ConfigError, ConversionError, PluginContractError, close_match
from fletching.types import engine
from fletching.types.base import TypeTransformer
from fletching.types.display import preview, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    from flyteidl.core.interface_pb2 import Variable, VariableMap
    from flyteidl.core.literals_pb2 import Literal, LiteralMap
    from flyteidl.core.types_pb2 import LiteralType

    from fletching.flyte_context import FlyteContext

__all__ = ["AsyncTypeTransformer", "FlyteTypeTransformer", "SimpleTransformer", "TypeEngine"]

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


class AsyncTypeTransformer(FlyteTypeTransformer[T]):
    """A transformer with the methods of the Flyte SDK that await; it is run to its end wherever a value crosses."""

    @abstractmethod
    async def async_to_literal(
        self, ctx: FlyteContext, python_val: T, python_type: type[T], expected: LiteralType
    ) -> Literal:
        """Return a value in its wire form, ``flyteidl.core.Literal``."""

    @abstractmethod
    async def async_to_python_value(self, ctx: FlyteContext, lv: Literal, expected_python_type: type[T]) -> T:
        """Return the value of a wire form."""

    def to_literal(self, ctx: FlyteContext, python_val: T, python_type: type[T], expected: LiteralType) -> Literal:
        from fletching.run.loop import run_on_loop

        return run_on_loop(self.async_to_literal(ctx, python_val, python_type, expected))

    def to_python_value(self, ctx: FlyteContext, lv: Literal, expected_python_type: type[T]) -> T:
        from fletching.run.loop import run_on_loop

        return run_on_loop(self.async_to_python_value(ctx, lv, expected_python_type))


class SimpleTransformer(FlyteTypeTransformer[T]):
    """A transformer made of a wire type and two functions."""

    def __init__(
        self,
        name: str,
        t: type[T],
        lt: LiteralType,
        to_literal_transformer: Callable[[T], Literal],
        from_literal_transformer: Callable[[Literal], T],
    ) -> None:
        super().__init__(name, t)
        self._literal_type, self._to, self._from = lt, to_literal_transformer, from_literal_transformer

    def get_literal_type(self, t: type[T] | None = None) -> LiteralType:
        return self._literal_type

    def to_literal(self, ctx: FlyteContext, python_val: T, python_type: type[T], expected: LiteralType) -> Literal:
        return self._to(python_val)

    def to_python_value(self, ctx: FlyteContext, lv: Literal, expected_python_type: type[T]) -> T:
        return self._from(lv)

    def guess_python_type(self, literal_type: LiteralType) -> type[T]:
        return self.python_type if literal_type == self._literal_type else super().guess_python_type(literal_type)


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

    @classmethod
    def guess_python_types(cls, flyte_variable_dict: Mapping[str, Variable]) -> dict[str, Any]:
        """Return a type by name for the variables of an interface's wire form."""
        return {name: cls.guess_python_type(variable.type) for name, variable in flyte_variable_dict.items()}

    @classmethod
    def dict_to_literal_map(
        cls, ctx: Any, d: Mapping[str, Any], type_hints: Mapping[str, Any] | None = None
    ) -> LiteralMap:
        """Return values in their wire form by name; each as what ``type_hints`` says, or else as its own class."""
        from fletching.types.idl import to_literal_map

        with _places(ctx):
            return to_literal_map({name: type(value) for name, value in d.items()} | dict(type_hints or {}), d)

    @classmethod
    def literal_map_to_kwargs(
        cls,
        ctx: Any,
        lm: LiteralMap,
        python_types: Mapping[str, Any] | None = None,
        literal_types: Mapping[str, Variable] | None = None,
    ) -> dict[str, Any]:
        """Return the values of wire forms by name, read as the types given, or as those that the variables stand for.

        Raises:
            ConfigError: no types are given, or none for one of the names.
        """
        from fletching.types.idl import from_literal_map

        types = cls.guess_python_types(literal_types) if literal_types else python_types
        if types is None:
            raise ConfigError("literal_map_to_kwargs: give python_types or literal_types")
        for name in sorted(lm.literals):  # a message's map has no order
            if name not in types:
                raise ConfigError(f"literal_map_to_kwargs: no type is given for {name!r}{close_match(name, types)}")
        return from_literal_map(types, lm)

    @classmethod
    def named_tuple_to_variable_map(cls, t: Any) -> VariableMap:
        """Return the fields of a named tuple class as the variables of a wire form, described by their positions."""
        from typing import get_type_hints

        from flyteidl.core.interface_pb2 import Variable, VariableMap

        return VariableMap(
            variables={
                name: Variable(type=cls.to_literal_type(kind), description=str(position))
                for position, (name, kind) in enumerate(get_type_hints(t, include_extras=True).items())
            }
        )


def _context() -> FlyteContext:
    from fletching.flyte_context import FlyteContextManager

    return FlyteContextManager.current_context()


def _places(ctx: Any) -> AbstractContextManager[None]:
    from fletching.flyte_context import FlyteContext

    return ctx.file_access.outputs_placed() if isinstance(ctx, FlyteContext) else nullcontext()
