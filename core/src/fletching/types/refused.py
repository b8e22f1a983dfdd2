"""What to say about a type that nothing handles."""

from __future__ import annotations

import typing
from typing import Any

from fletching.errors import UnsupportedTypeError
from fletching.types.display import type_name

__all__ = ["unsupported"]

INSTEAD = {
    "bytearray": "use bytes",
    "collections.OrderedDict": "use dict[str, T]",
    "collections.abc.AsyncIterator": "collect the items and use list[T]",
    "collections.abc.Generator": "use Iterator[T] or list[T]",
    "collections.abc.Iterable": "use list[T]",
    "collections.abc.Mapping": "use dict[str, T]",
    "collections.abc.MutableMapping": "use dict[str, T]",
    "collections.abc.MutableSequence": "use list[T]",
    "collections.abc.Sequence": "use list[T]",
    "collections.abc.Set": "use list[T]",
    "collections.defaultdict": "use dict[str, T]",
    "collections.deque": "use list[T]",
    "complex": "use two floats",
    "datetime.time": "use datetime, timedelta, or str",
    "range": "use list[int]",
}


def unsupported(annotation: Any) -> UnsupportedTypeError:
    """Return the error for an annotation without transformer, with the best substitute there is."""
    name = type_name(annotation)
    if isinstance(annotation, (str, typing.ForwardRef)):
        return UnsupportedTypeError(f"{name} was not resolved; import it in the module of the function")
    if isinstance(annotation, typing.TypeVar):
        return UnsupportedTypeError(f"{name} is a type variable, and a value has one type; name that type")
    root = typing.get_origin(annotation) or annotation
    if not isinstance(root, type):
        return UnsupportedTypeError(f"{name} is no type that a value can be checked against; annotate with a class")
    hint = INSTEAD.get(f"{root.__module__}.{root.__qualname__}".removeprefix("builtins."))
    if hint is None:
        base = next((cls for cls in root.__mro__ if cls in (str, int, float, list, dict, tuple)), None)
        hint = "make it a dataclass" if base is None else f"annotate with {base.__name__}, which is what would arrive"
    return UnsupportedTypeError(
        f"no transformer handles {name}; {hint}, or let it be pickled: Pickled[{name}], with Pickled from fletching"
    )
