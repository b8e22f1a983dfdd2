"""The image of a task as a value: what is in it, what it is called, and the recipe it is built from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fletching_image.builders import ImageBuilder as ImageBuilder
    from fletching_image.copying import CopyFileDetection as CopyFileDetection
    from fletching_image.spec import ImageSpec as ImageSpec

_HOMES = {"CopyFileDetection": "copying", "ImageBuilder": "builders", "ImageSpec": "spec"}
"""Name -> module below this package that holds it. Nothing is imported before it is asked for."""

__all__ = [  # noqa: PLE0604 - the names are resolved by __getattr__
    *sorted(_HOMES)
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
