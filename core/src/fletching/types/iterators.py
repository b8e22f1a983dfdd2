"""Iterator: a collection whose items are converted one by one, while they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_args, get_origin

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.types.base import TypeTransformer
from fletching.types.containers import each
from fletching.types.display import preview, type_name
from fletching.types.engine import part_transformer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

__all__ = ["Items", "IteratorTransformer", "factory", "holds_iterator", "replayed"]

T = TypeVar("T")


class Items(Iterator[T], Generic[T]):
    """An iterator that knows how many items there were at its start."""

    def __init__(self, source: Sequence[Any], convert: Callable[[Any], T]) -> None:
        self._size = len(source)
        self._rest = map(convert, source)

    def __len__(self) -> int:
        return self._size

    def __next__(self) -> T:
        return next(self._rest)


class IteratorTransformer(TypeTransformer[Iterator[T]]):
    """``Iterator[T]``. Carrying or writing one consumes it, as nothing else can tell what it holds."""

    name = "Typed Iterator"

    def __init__(self, python_type: Any, item: TypeTransformer[T]) -> None:
        super().__init__(python_type)
        self.item = item
        self.inside_only = item.inside_only

    def literal_type(self) -> LiteralType:
        from fletching.types.wire import LiteralType

        return LiteralType(collection_type=self.item.literal_type())

    def carry(self, value: Iterator[T], /) -> Iterator[T]:
        carried = each(self.item.carry, self._checked(value))
        return Items(carried, lambda item: item)

    def to_literal(self, value: Iterator[T], /) -> Literal:
        from fletching.types.wire import Literal

        literal = Literal()
        literal.collection.SetInParent()
        add = literal.collection.literals.add
        each(lambda item: self.item.fill(add(), item), self._checked(value))
        return literal

    def to_python(self, literal: Literal, /) -> Iterator[T]:
        if literal.WhichOneof("value") != "collection":
            from fletching.types.wire import describe

            raise ConversionError(type_name(self.python_type), describe(literal))
        from fletching.types.offload import read_literal

        return Items(literal.collection.literals, lambda item: read_literal(self.item, item))

    def _checked(self, value: Any) -> Iterable[T]:
        if not isinstance(value, Iterable) or isinstance(value, (str, bytes)):
            raise ConversionError(type_name(self.python_type), preview(value))
        return value


def holds_iterator(annotation: Any) -> bool:
    """Tell whether values of an annotation are, or contain, what can be read only once."""
    annotation = getattr(annotation, "__supertype__", getattr(annotation, "__value__", annotation))
    origin = get_origin(annotation)
    return (origin or annotation) is Iterator or any(map(holds_iterator, get_args(annotation)))


def replayed(value: Any) -> Any:
    """Return a value with a list for each iterator in it, which a transformer reads the same way, and again."""
    if isinstance(value, Iterator) or type(value) is list:
        return [replayed(item) for item in value]
    return {key: replayed(item) for key, item in value.items()} if type(value) is dict else value


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Make the transformer of exactly Iterator, in either spelling."""
    if (get_origin(annotation) or annotation) is not Iterator:
        return None
    arguments = get_args(annotation)
    if not arguments:
        raise UnsupportedTypeError("Iterator does not say what it yields; write Iterator[T], for example Iterator[int]")
    from fletching.types.json_lines import JSON, JsonLinesTransformer

    if arguments[0] == JSON:
        return JsonLinesTransformer(annotation)
    return IteratorTransformer(annotation, part_transformer(arguments[0]))
