"""Union and Optional."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, is_typeddict

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.types.base import LENIENT, TypeTransformer
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
        roots, names = [root for root, _ in self._classes], [one.name for one in variants]
        # Where a class or a tag belongs to one variant alone there is nothing to try.
        self._by_class = {root: one for root, one in self._classes if roots.count(root) == 1 and Any not in roots}
        self._by_tag = {one.name: one for one in variants if names.count(one.name) == 1}
        self._types: list[LiteralType] = []
        if len(self._by_tag) < len(variants) and not self.inside_only:
            self.inside_only = self._alike()
        self._text_is_str = all(isinstance(one, UNLIKE_TEXT) for one in variants)
        tests = [one.inline for one in variants if isinstance(one, (NoneTransformer, PrimitiveTransformer))]
        # True only for exactly these classes, so another variant cannot be the one that is meant.
        self.inline = " or ".join(f"({test})" for test in tests if test) or None

    def literal_type(self) -> LiteralType:
        from fletching.types.wire import LiteralType

        made = LiteralType()
        made.union_type.variants.extend(self._tagged())
        return made

    def carry(self, value: Any, /) -> Any:
        only = self._by_class.get(type(value))
        if only is not None:
            return only.carry(value)
        return self._first(lambda one: one.carry(value), self._candidates(value), lambda: preview(value))

    def to_literal(self, value: Any, /) -> Literal:
        from fletching.types.wire import Literal

        literal = Literal()
        self.fill(literal, value)
        return literal

    def fill(self, literal: Literal, value: Any, /) -> None:
        union = literal.scalar.union

        def write(variant: TypeTransformer[Any]) -> None:
            union.value.Clear()
            variant.fill(union.value, value)
            union.type.CopyFrom(self._tagged()[self.variants.index(variant)])

        self._first(write, self._candidates(value), lambda: preview(value))

    def to_python(self, literal: Literal, /) -> Any:
        from fletching.types.wire import describe

        variants: Iterable[TypeTransformer[Any]] = self.variants
        inner = literal
        if literal.scalar.HasField("union"):
            union = literal.scalar.union
            inner, tag = union.value, union.type.structure.tag
            only = self._by_tag.get(tag)
            if only is not None:
                return only.to_python(inner)
            if tag:
                # Two dataclasses, or two lists, share a tag; the one that was written is the one of equal type.
                pairs = zip(self.variants, self._tagged(), strict=True)
                same = [(one, made != union.type) for one, made in pairs if one.name == tag]
                variants = [one for one, _ in sorted(same, key=lambda pair: pair[1])]
        elif literal.scalar.WhichOneof("value") in ("binary", "generic"):
            from fletching.types.wire import read_larger

            return read_larger(self, literal)
        form = FORMS.get(inner.scalar.primitive.WhichOneof("value") or "")
        order = sorted(variants, key=lambda one: one.python_type is not form)
        if inner.scalar.WhichOneof("value") in ("binary", "generic"):
            from fletching.types.wire import read_plain

            with suppress(ConversionError):  # the variant that has all of the fields, before one that has some
                return self._first(lambda one: read_plain(one, inner), order, lambda: describe(inner))
        return self._first(lambda one: one.to_python(inner), order, lambda: describe(inner))

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
        if LENIENT.get():
            token = LENIENT.set(False)
            try:
                with suppress(ConversionError):  # as in to_python
                    return self._first(lambda one: one.from_plain(data), order, lambda: preview(data))
            finally:
                LENIENT.reset(token)
        return self._first(lambda one: one.from_plain(data), order, lambda: preview(data))

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [one.json_schema() for one in self.variants]}

    def _tagged(self) -> list[LiteralType]:
        """Return the wire types of the variants with their tags, in order; they are copied and never changed."""
        if not self._types:
            made = [one.literal_type() for one in self.variants]
            for one, variant in zip(made, self.variants, strict=True):
                one.ClearField("structure")
                one.structure.tag = variant.name
            self._types = made
        return self._types

    def _alike(self) -> str:
        """Say which two variants a reader could not tell apart, if there are such."""
        types = self._tagged()
        for second, variant in enumerate(self.variants):
            first = types.index(types[second])
            if first != second:
                names = [type_name(self.variants[first].python_type), type_name(variant.python_type)]
                return f"{' and '.join(names)} look alike on the wire; keep one of them, or put one into a dataclass"
        return ""

    def _candidates(self, value: Any) -> list[TypeTransformer[Any]]:
        """Return the variants of exactly the value's class; else all, those of a base class of it first."""
        kind = type(value)
        exact = [one for root, one in self._classes if root is kind or root is Any]
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


def _root(python_type: Any) -> Any:
    while get_origin(python_type) is Annotated:
        python_type = get_args(python_type)[0]
    root = get_origin(python_type) or python_type
    return dict if is_typeddict(root) else root  # the class of its values


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Make the transformer of a Union, in either spelling."""
    arguments = get_args(annotation)
    if not arguments:
        raise UnsupportedTypeError("Union does not say of what; write A | B, for example int | str")
    variants: list[TypeTransformer[Any]] = []
    for made in map(part_transformer, arguments):
        # A NewType and what it is made of are one variant.
        if not any(type(made) is type(one) and made.python_type is one.python_type for one in variants):
            variants.append(made)
    return UnionTransformer(annotation, tuple(variants))
