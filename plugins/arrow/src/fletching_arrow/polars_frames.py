"""``polars.DataFrame`` and ``polars.LazyFrame``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching_arrow.frames import FrameTransformer

if TYPE_CHECKING:
    from fletching.extend import TypeTransformer

__all__ = ["LazyFrameTransformer", "PolarsTransformer", "factory"]


class PolarsTransformer(FrameTransformer[pl.DataFrame]):
    """Carries ``polars.DataFrame``. Its memory may be a NumPy array's, and polars cannot tell: it is copied."""

    frame_type = pl.DataFrame

    def to_arrow(self, frame: pl.DataFrame) -> pa.Table:
        """Return a table over the frame's memory."""
        return arrow_of(frame)

    def from_arrow(self, table: pa.Table) -> pl.DataFrame:
        """Return a frame over the table's memory."""
        return frame_of(table)


class LazyFrameTransformer(FrameTransformer[pl.LazyFrame]):
    """Carries what the query of a ``polars.LazyFrame`` gives; it runs when the frame crosses."""

    frame_type = pl.LazyFrame

    def to_arrow(self, frame: pl.LazyFrame) -> pa.Table:
        """Run the query."""
        return arrow_of(frame.collect())

    def from_arrow(self, table: pa.Table) -> pl.LazyFrame:
        """Return a query that starts from the table."""
        return frame_of(table).lazy()


def arrow_of(frame: pl.DataFrame) -> pa.Table:
    """Return a table over the frame's memory; refuse columns of Python objects."""
    for name, dtype in frame.schema.items():
        if _holds_objects(dtype):
            # polars would export their addresses.
            raise ConversionError("a column that Arrow can hold", f"a column of {dtype}").at(f"[{name!r}]")
        if "\0" in name:
            raise ConversionError("a column name without a null character", repr(name))
    try:
        # The oldest level: every reader of Parquet knows its types.
        return frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    except pa.ArrowException as error:
        raise ConversionError("a polars.DataFrame that Arrow can hold", str(error).strip().rstrip(".")) from error


def frame_of(table: pa.Table) -> pl.DataFrame:
    """Return a frame over the table's memory."""
    if not table.num_columns:
        return pl.DataFrame()
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


def _holds_objects(dtype: Any) -> bool:
    if dtype == pl.Object:
        return True
    if isinstance(dtype, pl.Struct):
        return any(_holds_objects(field.dtype) for field in dtype.fields)
    return isinstance(dtype, (pl.List, pl.Array)) and _holds_objects(dtype.inner)


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Return the transformer of a class of polars."""
    if annotation is pl.DataFrame:
        return PolarsTransformer(annotation, extras)
    if annotation is pl.LazyFrame:
        return LazyFrameTransformer(annotation, extras)
    if annotation is pl.Series:
        raise UnsupportedTypeError(
            "polars.Series cannot be an input or output: a table crosses and a column alone does not; "
            "annotate polars.DataFrame and pass series.to_frame(), or list[T] and series.to_list()"
        )
    return None
