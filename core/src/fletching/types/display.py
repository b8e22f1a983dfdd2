"""Types and values as short text for messages: bounded, and without secrets."""

from __future__ import annotations

import types
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

__all__ = ["preview", "short_repr", "type_name"]

LIMIT = 60
"""Longest preview of a value, in characters."""


def type_name(annotation: Any) -> str:
    """Return an annotation as a user would write it: ``int``, ``list[str]``, ``Optional[Row]``."""
    if annotation is None or annotation is type(None):
        return "None"
    if annotation is Ellipsis:
        return "..."
    if isinstance(annotation, list):  # the parameters of a Callable
        return f"[{', '.join(map(type_name, annotation))}]"
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is None or not arguments:
        name = getattr(annotation, "__qualname__", None) or getattr(annotation, "__name__", None)
        if isinstance(name, str):
            return name.rpartition("<locals>.")[2]
        return repr(annotation).replace("typing.", "").replace("__main__.", "")
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    if origin is Annotated:
        return f"Annotated[{type_name(arguments[0])}, …]"
    names = [type_name(one) for one in arguments]
    if origin is types.UnionType:
        return " | ".join(names)
    if origin is Union:
        if len(names) == 2 and names[1] == "None":
            return f"Optional[{names[0]}]"
        return f"Union[{', '.join(names)}]"
    own = getattr(annotation, "_name", None)  # List, where the origin is list
    return f"{own if isinstance(own, str) else type_name(origin)}[{', '.join(names)}]"


def preview(value: Any) -> str:
    """Return ``type value``, the value cut to `LIMIT` characters, known secrets replaced, never raising."""
    if value is None:
        return "None"
    return f"{type_name(type(value))} {short_repr(value, LIMIT)}"


def short_repr(value: Any, limit: int) -> str:
    """Return the repr of a value, cut to ``limit`` characters, known secrets replaced, never raising."""
    try:
        text: str = _shortener(limit).repr(value)
    except Exception as error:  # noqa: BLE001 - a broken __repr__ must not hide the message it is part of
        text = f"<repr failed: {type(error).__name__}>"
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


@cache
def _shortener(limit: int) -> Any:
    import reprlib

    from fletching.security import redact

    class Shortener(reprlib.Repr):
        """Replaces secrets before it cuts: half a secret would not be found any more."""

        def repr_str(self, x: str, level: int) -> str:
            return super().repr_str(redact(x), level)

        def repr_instance(self, x: Any, level: int) -> str:
            text = redact(repr(x))
            return text if len(text) <= limit else f"{text[: limit // 2]}...{text[-limit // 2 + 3 :]}"

    made = Shortener()
    made.maxstring = made.maxother = made.maxlong = limit
    return made
