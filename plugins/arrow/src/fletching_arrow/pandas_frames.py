"""``pandas.DataFrame``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching_arrow.frames import FrameTransformer

if TYPE_CHECKING:
    from fletching.extend import TypeTransformer

__all__ = ["PandasTransformer", "factory"]


class PandasTransformer(FrameTransformer[pd.DataFrame]):
    """Carries ``pandas.DataFrame``: its index, its dtypes and its ``attrs`` too."""

    frame_type = pd.DataFrame

    def to_arrow(self, frame: pd.DataFrame) -> pa.Table:
        """Return a table with the frame's index and attributes in its schema."""
        try:
            # pyarrow writes them into the schema too, and only warns where it cannot.
            json.dumps(frame.attrs)
            return pa.Table.from_pandas(frame)
        except (pa.ArrowException, TypeError, ValueError, NotImplementedError, AttributeError) as error:
            reason = " ".join(str(part) for part in error.args) or type(error).__name__
            raise ConversionError("a pandas.DataFrame that Arrow can hold", reason) from error

    def from_arrow(self, table: pa.Table) -> pd.DataFrame:
        """Return a frame with the index, dtypes and attributes that the schema tells."""
        return table.to_pandas()

    def carry(self, value: pd.DataFrame, /) -> pd.DataFrame:
        """Return a copy. A frame of plain numbers, times and strings is copied as it is, any other through Arrow."""
        # Not a lazy copy: one who built the frame on an array without copying could still write to both.
        if type(value) is pd.DataFrame and self.format != "csv" and not self.options.names and _plain(value):
            return value.copy()
        return super().carry(value)


def _plain(frame: pd.DataFrame) -> bool:
    """Tell whether a trip through Arrow and Parquet gives the frame back exactly."""
    index, names = frame.index, frame.columns
    if type(index) is not pd.RangeIndex or index.name is not None or frame.attrs or not len(names):
        return False
    if names.dtype != "str" or names.name is not None or not names.is_unique or names.hasnans:
        return False
    return all(_kept(dtype) for dtype in frame.dtypes)


def _kept(dtype: Any) -> bool:
    kind, size = getattr(dtype, "kind", ""), getattr(dtype, "itemsize", 0)
    if type(dtype).__module__.partition(".")[0] != "numpy":
        return False
    if kind == "M":
        return str(dtype) in ("datetime64[us]", "datetime64[ns]", "datetime64[ms]")
    return kind in "biu" or (kind == "f" and size in (4, 8))


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Return the transformer of a class of pandas."""
    if annotation is pd.Series:
        raise UnsupportedTypeError(
            "pandas.Series cannot be an input or output: a table crosses and a column alone does not; "
            "annotate pandas.DataFrame and pass series.to_frame(), or list[T] and series.tolist()"
        )
    return PandasTransformer(annotation, extras) if annotation is pd.DataFrame else None
