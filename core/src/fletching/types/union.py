"""Union and Optional."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.types.base import TypeTransformer
from fletching.types.containers import DictTransformer, ListTransformer
from fletching.types.display import preview, type_name
from fletching.types.engine import part_transformer
from fletching.types.simple import NoneTransformer, PrimitiveTransformer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

__all__ = ["UnionTransformer", "factory"]

UNLIKE_TEXT = (PrimitiveTransformer, NoneTransformer, ListTransformer, DictTransformer)
"""The transformers whose plain form is text for ``str`` alone."""

FORMS = {"integer": int, "float_value": float, "string_value": str, "boolean": bool}


class UnionTransformer(TypeTransformer[Any]):
    """One of several types: the one of exactly the value's class, else the first that accepts the value.

    No variant but the one that is chosen sees more than a check of the value.
    """

    name = "Typed Union"

    def __init__(self, python_type: Any, variants: tuple[TypeTransformer[Any], ...]) -> None:
        super().__init__(python_type)
        self.variants = variants
        self.inside_only = next((one.inside_only for one in variants if one.inside_only), "")
        self._classes = [(_root(one.python_type), one) for one in variants]
        self._text_is_str = all(isinstance(one, UNLIKE_TEXT) for one in variants)
        tests = [one.inline for one in variants if isinstance(one, (NoneTransformer, PrimitiveTransformer))]
        # True only for exactly these classes, so another variant cannot be the one that is meant.
        self.inline = " or ".join(f"({test})" for test in tests if test) or None

    def literal_type(self) -> LiteralType:
        from fletching.types.wire import LiteralType

        made = LiteralType()
        for variant in self.variants:
            made.union_type.variants.append(_tagged(variant))
        return made

    def carry(self, value: Any, /) -> Any:
        return self._first(lambda one: one.carry(value), self._candidates(value), lambda: preview(value))

    def to_literal(self, value: Any, /) -> Literal:
        from fletching.types.wire import Literal

        def write(variant: TypeTransformer[Any]) -> Literal:
            literal = Literal()
            literal.scalar.union.value.CopyFrom(variant.to_literal(value))
            literal.scalar.union.type.CopyFrom(_tagged(variant))
            return literal

        return self._first(write, self._candidates(value), lambda: preview(value))

    def to_python(self, literal: Literal, /) -> Any:
        from fletching.types.wire import describe

        variants: Iterable[TypeTransformer[Any]] = self.variants
        inner = literal
        if literal.scalar.HasField("union"):
            union = literal.scalar.union
            inner, tag = union.value, union.type.structure.tag
            if tag:
                same = [one for one in self.variants if one.name == tag]
                if len(same) > 1:
                    # Two dataclasses, or two lists, share a tag; the one that was written is the one of equal type.
                    same.sort(key=lambda one: _tagged(one) != union.type)
                variants = same
        elif literal.scalar.WhichOneof("value") in ("binary", "generic"):
            from fletching.types.wire import read_plain

            return read_plain(self, literal)
        form = FORMS.get(inner.scalar.primitive.WhichOneof("value") or "")
        return self._first(
            lambda one: one.to_python(inner),
            sorted(variants, key=lambda one: one.python_type is not form),
            lambda: describe(inner),
        )

    def has_plain(self) -> bool:
        return all(one.has_plain() for one in self.variants)

    def carry_plain(self, value: Any, /) -> Any:
        return self.from_plain(self.to_plain(value))

    def to_plain(self, value: Any, /) -> Any:
        return self._first(lambda one: one.to_plain(value), self._candidates(value), lambda: preview(value))

    def from_plain(self, data: Any, /) -> Any:
        # Plain data has no tag. A number, a bool or None can only be itself; text may be a date or an Enum as well,
        # and like all else goes to the first that takes it.
        kind = type(data) if self._text_is_str or not isinstance(data, str) else None
        order = sorted(self.variants, key=lambda one: one.python_type is not kind)
        return self._first(lambda one: one.from_plain(data), order, lambda: preview(data))

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [one.json_schema() for one in self.variants]}

    def _candidates(self, value: Any) -> list[TypeTransformer[Any]]:
        """Return the variants of exactly the value's class; else all, those of a base class of it first."""
        kind = type(value)
        exact = [one for root, one in self._classes if root is kind]
        if exact:
            return exact
        mro = kind.__mro__
        return [
            one
            for _, one in sorted(
                self._classes, key=lambda item: mro.index(item[0]) if item[0] in mro[:-1] else len(mro)
            )
        ]

    def _first(
        self,
        attempt: Callable[[TypeTransformer[Any]], Any],
        variants: Iterable[TypeTransformer[Any]],
        got: Callable[[], str],
    ) -> Any:
        failures = []
        for variant in variants:
            try:
                return attempt(variant)
            except ConversionError as error:
                failures.append(error)
        if len(failures) == 1:
            raise failures[0]
        # Where one variant got further into the value than the others, its complaint is the useful one.
        deepest = [error for error in failures if error.path]
        if len(deepest) == 1:
            raise deepest[0]
        hint = next((error.hint for error in failures if error.hint), "")
        raise ConversionError(type_name(self.python_type), got(), hint=hint)


def _tagged(variant: TypeTransformer[Any]) -> LiteralType:
    made = variant.literal_type()
    made.ClearField("structure")
    made.structure.tag = variant.name
    return made


def _root(python_type: Any) -> Any:
    while get_origin(python_type) is Annotated:
        python_type = get_args(python_type)[0]
    return get_origin(python_type) or python_type


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Make the transformer of a Union, in either spelling."""
    arguments = get_args(annotation)
    if not arguments:
        raise UnsupportedTypeError("Union does not say of what; write Union[int, str] or int | str")
    return UnionTransformer(annotation, tuple(part_transformer(one) for one in arguments))
