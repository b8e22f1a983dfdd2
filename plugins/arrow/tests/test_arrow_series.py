"""A column alone is refused, with what to do instead."""

from __future__ import annotations

from typing import Any

import pandas as pd
import polars as pl
import pytest

from fletching.errors import UnsupportedTypeError
from fletching.extend import transformer


@pytest.mark.parametrize(("annotation", "listed"), [(pd.Series, "tolist"), (pl.Series, "to_list")])
def test_a_series_is_refused(annotation: Any, listed: str) -> None:
    library = annotation.__module__.partition(".")[0]
    with pytest.raises(UnsupportedTypeError) as caught:
        transformer(annotation)
    assert str(caught.value) == (
        f"{library}.Series cannot be an input or output: a table crosses and a column alone does not; "
        f"annotate {library}.DataFrame and pass series.to_frame(), or list[T] and series.{listed}()"
    )
