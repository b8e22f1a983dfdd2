"""Write what flytekit makes of frames, arrays and datasets; run by hand with the Python of a flytekit 1.16 environment.

    pip install "flytekit==1.16.*" pandas pyarrow
    python plugins/arrow/tests/golden/arrow_goldens.py

Literals are stored with ``@`` for the folder of the case, so that a test can put its own there.
With ``--read FOLDER`` it reads, with flytekit, what the test suite wrote there instead (see test_arrow_wire.py).
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import make_dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from flyteidl.core.literals_pb2 import Literal as Message
from flytekit import StructuredDataset, kwtypes
from flytekit.core.context_manager import FlyteContextManager
from flytekit.core.type_engine import TypeEngine
from flytekit.models.literals import Literal

HERE = Path(__file__).parent
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
# flytekit does not evaluate the annotations that this module's own classes would have as text.
Info = make_dataclass("Info", [("age", int), ("contacts", make_dataclass("Contacts", [("tel", str), ("mail", str)]))])
NESTED = kwtypes(name=str, info={"age": int, "contacts": {"tel": str, "mail": str}})
FLAT = pd.DataFrame({"name": ["ada", "bob"], "age": [36, 7], "tel": ["1", "2"], "mail": ["a@b", None]})

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


def uri_of(message: Message) -> str:
    scalar = message.scalar
    return scalar.blob.uri if scalar.WhichOneof("value") == "blob" else scalar.structured_dataset.uri


def set_uri(message: Message, uri: str) -> None:
    scalar = message.scalar
    (scalar.blob if scalar.WhichOneof("value") == "blob" else scalar.structured_dataset).uri = uri


def make() -> None:
    context = FlyteContextManager.current_context()
    for name, (value, kind) in CASES.items():
        folder = HERE / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        wire_type = TypeEngine.to_literal_type(kind)
        message = TypeEngine.to_literal(context, value, kind, wire_type).to_flyte_idl()
        source = uri_of(message)
        if os.path.isdir(source):
            shutil.copytree(source, folder / "data")
            set_uri(message, "@/data")
        else:
            shutil.copy(source, folder / "data.npy")
            set_uri(message, "@/data.npy")
        (folder / "type.pb").write_bytes(wire_type.to_flyte_idl().SerializeToString(deterministic=True))
        (folder / "literal.pb").write_bytes(message.SerializeToString(deterministic=True))


def read(folder: Path) -> None:
    context = FlyteContextManager.current_context()
    for name, (value, kind) in CASES.items():
        wire_type = TypeEngine.to_literal_type(kind).to_flyte_idl().SerializeToString(deterministic=True)
        assert (folder / f"{name}.type.pb").read_bytes() == wire_type, name
        literal = Literal.from_flyte_idl(Message.FromString((folder / f"{name}.literal.pb").read_bytes()))
        got = TypeEngine.to_python_value(context, literal, kind)
        if isinstance(value, StructuredDataset):
            got, value = got.open(pd.DataFrame).all(), value.dataframe
        if value is PEOPLE:
            # Of a column of columns flytekit gives the innermost, under their last names.
            value = FLAT
        if isinstance(value, pd.DataFrame):
            pd.testing.assert_frame_equal(got, value[list(got.columns)])
        else:
            assert np.array_equal(got, value) if isinstance(value, np.ndarray) else got.equals(value), name
    print(f"flytekit read {len(CASES)} cases")


if __name__ == "__main__":
    read(Path(sys.argv[2])) if sys.argv[1:2] == ["--read"] else make()
