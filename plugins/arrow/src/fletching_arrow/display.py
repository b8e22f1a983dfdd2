"""Frames in messages: their size, never their content."""

from __future__ import annotations

from typing import Any

from fletching.extend import preview, type_name

__all__ = ["FAMILIES", "describe", "frame_name"]

FAMILIES = ("numpy", "pandas", "polars", "pyarrow")
"""Libraries whose values are named with their library, and shown by their size."""


def frame_name(kind: Any) -> str:
    """Return a class as a user writes it: ``pandas.DataFrame``, ``pyarrow.Table``."""
    family = getattr(kind, "__module__", "").partition(".")[0]
    return f"{family}.{kind.__name__}" if family in FAMILIES else type_name(kind)


def describe(value: Any) -> str:
    """Return a value for a message: ``pandas.DataFrame of 3 rows and 2 columns``, or a preview if it is no frame."""
    name = frame_name(type(value))
    shape = getattr(value, "shape", None)
    if "." not in name or not isinstance(shape, tuple) or not shape:
        return preview(value)
    if name.startswith("numpy."):
        return f"{name} of {value.dtype} with shape {shape}"
    if len(shape) != 2:
        return name
    return f"{name} of {shape[0]} rows and {shape[1]} columns"
