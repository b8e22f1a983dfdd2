"""Bytes: what flytekit wrote is read here, and what is written here is what flytekit writes.

The golden files are made by golden/arrow_goldens.py. With ``FLYTEKIT_PYTHON`` set to the Python of a flytekit 1.16
environment, that flytekit also reads what this package writes.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgpack
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from flyteidl.core.literals_pb2 import Literal

from fletching.errors import ConversionError
from fletching.types.annotations import kwtypes
from fletching.types.engine import transformer
from fletching_arrow import StructuredDataset


@dataclass
class Contacts:
    tel: str
    mail: str


@dataclass
class Info:
    age: int
    contacts: Contacts


GOLDEN = Path(__file__).parent / "golden"
FRAME = pd.DataFrame(
    {"a": [1, 2, 3], "s": ["x", None, "z"], "f": [0.5, float("nan"), 2.0]}, index=pd.Index([7, 8, 9], name="key")
)
TABLE = pa.table({"a": [1, 2, None], "s": ["x", "y", None]})
SCHEMA = pa.schema([("a", pa.int64()), ("s", pa.string())])
PEOPLE = pd.DataFrame(
    {
        "name": ["ada", "bob"],
        "info": [
            {"age": 36, "contacts": {"tel": "1", "mail": "a@b"}},
            {"age": 7, "contacts": {"tel": "2", "mail": None}},
        ],
        "shoe": [38.5, 29.0],
    }
)
NESTED = kwtypes(name=str, info={"age": int, "contacts": {"tel": str, "mail": str}})

CASES: dict[str, tuple[Any, Any]] = {
    "pandas": (FRAME, pd.DataFrame),
    "pandas_columns": (FRAME, Annotated[pd.DataFrame, kwtypes(a=int, s=str)]),
    "arrow": (TABLE, pa.Table),
    "arrow_schema": (TABLE, Annotated[pa.Table, SCHEMA]),
    "dataset": (StructuredDataset(dataframe=FRAME), StructuredDataset),
    "dataset_columns": (StructuredDataset(dataframe=FRAME), Annotated[StructuredDataset, kwtypes(a=int)]),
    "pandas_nested": (PEOPLE, Annotated[pd.DataFrame, NESTED]),
    "dataset_dataclass": (StructuredDataset(dataframe=PEOPLE), Annotated[StructuredDataset, kwtypes(info=Info)]),
    "numpy": (np.arange(6, dtype="int32").reshape(2, 3), np.ndarray),
}
CROSSING = {
    "pandas_columns": ["a", "s"],
    "dataset_columns": ["a"],
    "pandas_nested": ["name", "info"],
    "dataset_dataclass": ["info"],
}


def place(literal: Literal) -> Any:
    """Return the part of a literal that has the URI."""
    scalar = literal.scalar
    return scalar.blob if scalar.WhichOneof("value") == "blob" else scalar.structured_dataset


@pytest.mark.parametrize("name", CASES)
def test_types_and_literals_are_flytekits_bytes(name: str) -> None:
    value, annotation = CASES[name]
    way = transformer(annotation)
    assert way.literal_type().SerializeToString(deterministic=True) == (GOLDEN / name / "type.pb").read_bytes()
    golden = Literal.FromString((GOLDEN / name / "literal.pb").read_bytes())
    ours = way.to_literal(value)
    place(ours).uri = place(golden).uri
    assert ours.SerializeToString(deterministic=True) == golden.SerializeToString(deterministic=True)


@pytest.mark.parametrize("name", CASES)
def test_what_flytekit_wrote_is_read(name: str) -> None:
    value, annotation = CASES[name]
    literal = Literal.FromString((GOLDEN / name / "literal.pb").read_bytes())
    place(literal).uri = place(literal).uri.replace("@", str(GOLDEN / name))
    got = transformer(annotation).to_python(literal)
    if isinstance(value, StructuredDataset):
        got, value = got.open(pd.DataFrame).all(), value.dataframe
    if isinstance(value, pd.DataFrame):
        pd.testing.assert_frame_equal(got, value[list(got.columns)])
        assert list(got.columns) == CROSSING.get(name, ["a", "s", "f"])
    elif isinstance(value, np.ndarray):
        np.testing.assert_array_equal(got, value)
    else:
        assert got.equals(value)


def test_the_columns_of_a_literal_restrict_a_reader_that_names_none() -> None:
    literal = Literal.FromString((GOLDEN / "dataset_columns" / "literal.pb").read_bytes())
    place(literal).uri = place(literal).uri.replace("@", str(GOLDEN / "dataset_columns"))
    assert list(transformer(pd.DataFrame).to_python(literal).columns) == ["a"]
    assert transformer(Annotated[pd.DataFrame, kwtypes(s=str)]).to_python(literal)["s"].tolist()[0] == "x"


@pytest.mark.parametrize("name", CASES)
def test_one_file_named_as_flytekit_looks_for_it(name: str) -> None:
    value, annotation = CASES[name]
    uri = place(transformer(annotation).to_literal(value)).uri
    assert uri.endswith(".npy") if name == "numpy" else os.listdir(uri) == ["00000"]


def test_a_csv_file_is_named_as_flytekit_looks_for_it() -> None:
    assert os.listdir(place(transformer(Annotated[pd.DataFrame, "csv"]).to_literal(FRAME)).uri) == [".csv"]


def test_the_dataset_in_a_field_is_an_input_of_its_own() -> None:
    for annotation, value in ((pd.DataFrame, FRAME), (StructuredDataset, StructuredDataset(dataframe=FRAME))):
        kind, literal = transformer(annotation), Literal()
        literal.scalar.binary.value = msgpack.packb(kind.to_plain(value))
        literal.scalar.binary.tag = "msgpack"
        found = kind.to_python(literal)
        frame = found if annotation is pd.DataFrame else found.open(pd.DataFrame).all()
        pd.testing.assert_frame_equal(frame, FRAME)


def test_other_literals_are_refused() -> None:
    literal = transformer(str).to_literal("x")
    for annotation, expected in (
        (pd.DataFrame, "pandas.DataFrame"),
        (pa.Table, "pyarrow.Table"),
        (np.ndarray, "numpy.ndarray"),
    ):
        with pytest.raises(ConversionError) as caught:
            transformer(annotation).to_python(literal)
        assert str(caught.value) == f"expected {expected}, got str 'x'"


def test_a_format_of_another_plugin_is_refused() -> None:
    literal = transformer(pd.DataFrame).to_literal(FRAME)
    literal.scalar.structured_dataset.metadata.structured_dataset_type.format = "bigquery"
    with pytest.raises(ConversionError) as caught:
        transformer(pd.DataFrame).to_python(literal)
    assert str(caught.value) == (
        "expected a dataset in one of the formats 'parquet', 'arrow', 'feather', 'csv', got the format 'bigquery'"
    )


def test_a_broken_file_is_named() -> None:
    literal = transformer(pa.Table).to_literal(TABLE)
    (Path(literal.scalar.structured_dataset.uri) / "00000").write_bytes(b"PAR1 not")
    with pytest.raises(ConversionError, match="expected a file of format 'parquet', got"):
        transformer(pa.Table).to_python(literal)


@pytest.mark.skipif("FLYTEKIT_PYTHON" not in os.environ, reason="FLYTEKIT_PYTHON names no flytekit to read with")
def test_flytekit_reads_what_is_written_here(tmp_path: Path) -> None:
    for name, (value, annotation) in CASES.items():
        way = transformer(annotation)
        (tmp_path / f"{name}.type.pb").write_bytes(way.literal_type().SerializeToString(deterministic=True))
        (tmp_path / f"{name}.literal.pb").write_bytes(way.to_literal(value).SerializeToString())
    script = [os.environ["FLYTEKIT_PYTHON"], str(GOLDEN / "arrow_goldens.py"), "--read", str(tmp_path)]
    done = subprocess.run(script, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "flytekit read 9 cases" in done.stdout
