"""Arrow tables, pandas and polars frames, numpy arrays and `StructuredDataset` as inputs and outputs of tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fletching_arrow.dataset import OpenDataset, StructuredDataset
    from fletching_arrow.frames import FrameTransformer

__all__ = ["FrameTransformer", "OpenDataset", "StructuredDataset"]

_HOMES = {"FrameTransformer": "frames", "OpenDataset": "dataset", "StructuredDataset": "dataset"}


def __getattr__(name: str) -> Any:
    # Neither pyarrow nor pandas is loaded before a signature or a program mentions it.
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
