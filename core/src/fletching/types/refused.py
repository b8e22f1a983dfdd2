"""What to say about a type that nothing handles."""

from __future__ import annotations

import sys
import typing
from typing import Any

from fletching.errors import PluginError, UnsupportedTypeError
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
    "object": "name the type of the value",
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
    missing = _missing_plugin(root)
    if missing:
        return UnsupportedTypeError(f"no transformer handles {name}: {missing}")
    hint = INSTEAD.get(f"{root.__module__}.{root.__qualname__}".removeprefix("builtins."))
    if hint is None:
        base = next((cls for cls in root.__mro__ if cls in (str, int, float, list, dict)), None)
        if base is not None:
            hint = f"annotate with {base.__name__}, which is what would arrive"
        else:
            hint = "" if root.__module__.partition(".")[0] in sys.stdlib_module_names else "make it a dataclass"
    way_out = f"let it be pickled: Pickled[{name}], with Pickled from fletching"
    return UnsupportedTypeError(f"no transformer handles {name}; {f'{hint}, or ' if hint else ''}{way_out}")


def _missing_plugin(root: type) -> str:
    """Say what to install, or what is switched off, if a plugin exists for the class."""
    from fletching import official
    from fletching.plugins import manager

    for cls in root.__mro__:
        name = f"{cls.__module__}.{cls.__qualname__}"
        while name:
            if official.by_entry("types", name) is not None or manager().blocked.names(name):
                try:
                    manager().load("types", name)
                except PluginError as error:
                    return str(error)
            name = name.rpartition(".")[0]
    return ""
