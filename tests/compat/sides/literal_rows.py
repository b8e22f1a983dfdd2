"""Types and values that both SDKs write and read.

Both sides load this file: `rows` gets the names that differ. `literal_canon` says in what two values must agree,
and `literal_flytekit` is what a flytekit does with the rows.
"""

import dataclasses
import importlib.util
import os
import sys
import typing
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from types import SimpleNamespace

from pydantic import BaseModel

GOLDEN = Path(__file__).resolve().parents[2] / "core" / "golden"


def loaded(name):
    """Load one of the scripts whose rows are used here too; as a module, since its classes are looked up in it."""
    spec = importlib.util.spec_from_file_location(name, GOLDEN / f"{name}.py")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TYPES, STRUCTS = loaded("write_types"), loaded("write_structs")

WHEN = datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=UTC)


class Color(Enum):
    RED = "red"
    GREEN = "green"


class Text(str, Enum):  # noqa: UP042 - both spellings are in use
    ONE = "one"
    TWO = "two"


class Number(IntEnum):
    ONE = 1


def classes(sdk):
    """Return dataclasses and models that hold what an SDK has of its own."""

    @dataclasses.dataclass
    class Inner:
        number: int
        note: typing.Optional[str] = None

    @dataclasses.dataclass
    class Holder:
        file: sdk.FlyteFile
        folder: sdk.FlyteDirectory
        files: typing.List[sdk.FlyteFile]
        by_name: typing.Dict[str, sdk.FlyteFile]
        maybe: typing.Optional[sdk.FlyteFile]
        inner: Inner

    @dataclasses.dataclass
    class Table:
        frame: sdk.StructuredDataset
        name: str

    @dataclasses.dataclass
    class Deep:
        unions: typing.List[typing.Union[bool, int, str]]
        maybe: typing.Optional[typing.List[typing.Optional[Inner]]]
        grid: typing.List[typing.List[float]]
        by_name: typing.Dict[str, typing.Dict[str, Inner]]
        by_number: typing.Dict[int, Inner]
        color: Color
        text: Text
        pair: typing.Tuple[int, str]
        many: typing.Tuple[int, ...]
        free: dict
        data: bytes
        when: datetime
        day: date
        span: timedelta
        either: typing.Union[Inner, int, None] = None

    class Part(BaseModel):
        number: int
        note: typing.Optional[str] = None

    class Model(BaseModel):
        part: Part
        parts: typing.List[Part] = []
        by_name: typing.Dict[str, Part] = {}
        color: Color = Color.RED
        when: typing.Optional[datetime] = None
        either: typing.Union[int, str] = 1
        free: typing.Dict[str, typing.Any] = {}

    class FileModel(BaseModel):
        file: sdk.FlyteFile
        folder: sdk.FlyteDirectory
        maybe: typing.Optional[sdk.FlyteFile] = None

    class TableModel(BaseModel):
        frame: sdk.StructuredDataset
        maybe: typing.Optional[sdk.StructuredDataset] = None

    return SimpleNamespace(
        TableModel=TableModel,
        Inner=Inner,
        Holder=Holder,
        Table=Table,
        Deep=Deep,
        Part=Part,
        Model=Model,
        FileModel=FileModel,
    )


def rows(sdk, folder):
    """Return name -> (type, function that makes the value); what is written to files is below ``folder``."""
    import numpy
    import pandas
    import pyarrow
    from google.protobuf.struct_pb2 import ListValue

    names = TYPES.scope(HashMethod=sdk.HashMethod, FlyteAnnotation=sdk.FlyteAnnotation)
    found = {}
    for name, (annotation, value) in TYPES.ROWS.items():
        if sdk.has_literal or "Literal" not in annotation:
            found[name] = (eval(annotation, names), lambda value=value: eval(value, names))
    for name, (annotation, value) in STRUCTS.rows(sdk.FlyteFile, sdk.FlyteDirectory, sdk.Pickled).items():
        found[name] = (annotation, lambda value=value: value)

    c = classes(sdk)
    inner = c.Inner(1, "x")
    here = Path(folder)
    here.mkdir(parents=True, exist_ok=True)
    (here / "a.csv").write_text("a,b\n1,2\n")
    (here / "d" / "below").mkdir(parents=True, exist_ok=True)
    (here / "d" / "x.txt").write_text("x")
    (here / "d" / "below" / "y.txt").write_text("y")
    csv, below = str(here / "a.csv"), str(here / "d")
    deep = c.Deep(
        unions=[1, "a", "2"],
        maybe=[None, inner],
        grid=[[1.0, 2.5], []],
        by_name={"a": {"b": inner}},
        by_number={-3: inner},
        color=Color.GREEN,
        text=Text.TWO,
        pair=(1, "a"),
        many=(1, 2, 3),
        free={"a": [1, 2.5, None, {"b": True}]},
        data=b"\x00\xff",
        when=WHEN,
        day=date(1, 1, 1),
        span=timedelta(days=-1, microseconds=5),
        either=inner,
    )
    frame = pandas.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    values = ListValue()
    values.extend([1.5, "a", None, True, {"x": 1}])
    model = c.Model(
        part=c.Part(number=1), parts=[c.Part(number=2, note="n")], by_name={"a": c.Part(number=3)}, when=WHEN
    )
    found |= {
        "enum of text": (Text, lambda: Text.TWO),
        "enum list": (typing.List[Text], lambda: [Text.ONE]),
        "nested optional": (typing.Optional[typing.List[typing.Optional[int]]], lambda: [None, 1]),
        "nested optional none": (typing.Optional[typing.List[typing.Optional[int]]], lambda: None),
        "map of unions": (typing.Dict[str, typing.Union[int, str, None]], lambda: {"a": 1, "b": "1", "c": None}),
        "union in a list": (
            typing.List[typing.Union[typing.List[int], typing.Dict[str, int]]],
            lambda: [[1], {"a": 1}],
        ),
        "union bool": (typing.Union[bool, int], lambda: True),
        "union float": (typing.Union[int, float], lambda: 2.0),
        "union of files": (typing.Optional[sdk.FlyteFile], lambda: sdk.FlyteFile(csv)),
        "union of folders": (typing.Optional[sdk.FlyteDirectory], lambda: sdk.FlyteDirectory(below)),
        "union dataclass": (typing.Union[c.Inner, str], lambda: inner),
        "union model": (typing.Optional[c.Part], lambda: c.Part(number=1)),
        "union frame": (typing.Optional[pandas.DataFrame], lambda: frame),
        "union dataset": (typing.Optional[sdk.StructuredDataset], lambda: sdk.StructuredDataset(dataframe=frame)),
        "union iterator": (typing.Optional[typing.List[datetime]], lambda: [WHEN]),
        "union array": (typing.Optional[numpy.ndarray], lambda: numpy.arange(3)),
        "union pickled": (typing.Union[int, sdk.Pickled[complex]], lambda: 2j),
        "union time": (typing.Union[timedelta, str], lambda: timedelta(seconds=1)),
        "iterator": (Iterator[int], lambda: iter([1, 2, 3])),
        "iterator old name": (typing.Iterator[str], lambda: iter(["a"])),
        "iterator of dataclasses": (typing.Iterator[c.Inner], lambda: iter([inner])),
        "file local": (sdk.FlyteFile, lambda: sdk.FlyteFile(csv)),
        "file ext": (sdk.FlyteFile["csv"], lambda: sdk.FlyteFile["csv"](csv)),
        "file text": (sdk.FlyteFile, lambda: csv),
        "path": (os.PathLike, lambda: csv),
        "files": (typing.List[sdk.FlyteFile], lambda: [sdk.FlyteFile(csv), sdk.FlyteFile("s3://b/x")]),
        "files by name": (typing.Dict[str, sdk.FlyteFile], lambda: {"a": sdk.FlyteFile(csv)}),
        "folder": (sdk.FlyteDirectory, lambda: sdk.FlyteDirectory(below)),
        "folder format": (sdk.FlyteDirectory["txt"], lambda: sdk.FlyteDirectory["txt"](below)),
        "folders": (typing.List[sdk.FlyteDirectory], lambda: [sdk.FlyteDirectory(below)]),
        "holder": (
            c.Holder,
            lambda: c.Holder(
                sdk.FlyteFile(csv),
                sdk.FlyteDirectory(below),
                [sdk.FlyteFile(csv), sdk.FlyteFile("s3://b/x")],
                {"a": sdk.FlyteFile(csv)},
                None,
                inner,
            ),
        ),
        "holders": (
            typing.List[c.Holder],
            lambda: [c.Holder(sdk.FlyteFile(csv), sdk.FlyteDirectory(below), [], {}, sdk.FlyteFile(csv), inner)],
        ),
        "deep": (c.Deep, lambda: deep),
        "deep by name": (typing.Dict[str, c.Deep], lambda: {"a": deep}),
        "deep optional": (typing.Optional[c.Deep], lambda: deep),
        "model": (c.Model, lambda: model),
        "models": (typing.List[c.Model], lambda: [model]),
        "model files": (c.FileModel, lambda: c.FileModel(file=sdk.FlyteFile(csv), folder=sdk.FlyteDirectory(below))),
        "table in dataclass": (
            c.Table,
            lambda: c.Table(sdk.StructuredDataset(dataframe=frame, file_format="parquet"), "n"),
        ),
        "table in model": (
            c.TableModel,
            lambda: c.TableModel(frame=sdk.StructuredDataset(dataframe=frame, file_format="parquet")),
        ),
        "message list": (ListValue, lambda: values),
        "frame": (pandas.DataFrame, lambda: frame),
        "frame columns": (typing.Annotated[pandas.DataFrame, sdk.kwtypes(a=int)], lambda: frame),
        "frame csv": (typing.Annotated[pandas.DataFrame, "csv"], lambda: frame),
        "frame hashed": (typing.Annotated[pandas.DataFrame, sdk.HashMethod(lambda one: str(len(one)))], lambda: frame),
        "frames": (typing.List[pandas.DataFrame], lambda: [frame]),
        "frames by name": (typing.Dict[str, pandas.DataFrame], lambda: {"a": frame}),
        "table": (pyarrow.Table, lambda: pyarrow.table({"a": [1, None]})),
        "dataset": (sdk.StructuredDataset, lambda: sdk.StructuredDataset(dataframe=frame)),
        "dataset columns": (
            typing.Annotated[sdk.StructuredDataset, sdk.kwtypes(a=int)],
            lambda: sdk.StructuredDataset(dataframe=frame),
        ),
        "datasets": (typing.List[sdk.StructuredDataset], lambda: [sdk.StructuredDataset(dataframe=frame)]),
        "array": (numpy.ndarray, lambda: numpy.arange(6.0).reshape(2, 3)),
        "array of text": (numpy.ndarray, lambda: numpy.array(["a", "bc"])),
        "arrays": (typing.List[numpy.ndarray], lambda: [numpy.array([True])]),
        "pickled": (sdk.Pickled[typing.Any], lambda: {"a": {1, 2}, "b": (1, 2)}),
        "pickled decimal": (sdk.Pickled[Decimal], lambda: Decimal("1.50")),
        "pickled list": (typing.List[sdk.Pickled[complex]], lambda: [1j]),
        "pickled by name": (typing.Dict[str, sdk.Pickled[typing.Any]], lambda: {"a": 1, "b": "x"}),
        "error": (sdk.FlyteError, lambda: sdk.FlyteError(message="m", failed_node_id="n0")),
        "jsons": (sdk.JSONS, lambda: iter([{"a": 1}, {"b": [None, "x"]}])),
        "dict of lists of dicts": (typing.Dict[str, typing.List[typing.Dict[str, int]]], lambda: {"a": [{"b": 1}, {}]}),
        "dict large": (dict, lambda: {str(i): {"n": i, "f": i / 3} for i in range(50)}),
        "dict pickled": (
            typing.Annotated[dict, sdk.kwtypes(allow_pickle=True)],
            lambda: {"a": {1, 2}, "b": Color.RED.value},
        ),
        "dict not pickled": (typing.Annotated[dict, sdk.kwtypes(allow_pickle=True)], lambda: {"a": [1, None]}),
        "array of objects": (
            typing.Annotated[numpy.ndarray, sdk.kwtypes(allow_pickle=True)],
            lambda: numpy.array([1, "a", None], dtype=object),
        ),
        "array mapped": (typing.Annotated[numpy.ndarray, sdk.kwtypes(mmap_mode="r")], lambda: numpy.arange(3)),
        "text long": (str, lambda: "ä" * 10_000),
    }
    return found
