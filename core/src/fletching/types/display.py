"""Types and values as short text for messages: bounded, and without secrets."""

from __future__ import annotations

import types
from typing import Any, get_origin

__all__ = ["preview", "type_name"]

LIMIT = 60
"""Longest preview of a value, in characters."""


def type_name(annotation: Any) -> str:
    """Return an annotation as a user would write it: ``int``, ``list[str]``, ``Optional[Row]``."""
    if annotation is None or annotation is type(None):
        return "None"
    if isinstance(annotation, type) and get_origin(annotation) is None and not isinstance(annotation, types.GenericAlias):
        return annotation.__qualname__.rpartition("<locals>.")[2]
    return repr(annotation).replace("typing.", "").replace("__main__.", "")


def preview(value: Any) -> str:
    """Return ``type value``, the value cut to `LIMIT` characters, known secrets replaced, never raising."""
    import reprlib

    from fletching.security import redact

    short = reprlib.Repr()
    short.maxstring = short.maxother = short.maxlong = LIMIT
    try:
        text = short.repr(value)
    except Exception as error:  # a broken __repr__ must not hide the message it is part of
        text = f"<repr failed: {type(error).__name__}>"
    if value is None:
        return "None"
    text = redact(text)
    if len(text) > LIMIT:
        text = text[: LIMIT - 1] + "…"
    return f"{type_name(type(value))} {text}"
