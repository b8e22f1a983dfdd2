"""Types and values that both SDKs write and read, and what each is in a form that can be compared.

Both sides load this file: `rows` gets the names that differ from a module of each. At its end is what a flytekit does.
"""

import base64
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
        unions: typing.List[typing.Union[int, str, bool]]
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


def canon(value):
    """Return what two values have to agree in, as JSON."""
    kind = type(value)
    if isinstance(value, Enum):
        return {"enum": value.value}
    if value is None or kind in (bool, str):
        return value
    if isinstance(value, (int, float, complex)):
        return [kind.__name__, repr(value)]
    if isinstance(value, (datetime, date, timedelta, Decimal)):
        return [kind.__name__, str(value)]
    if isinstance(value, bytes):
        return ["bytes", base64.b64encode(value).decode()]
    if isinstance(value, (list, tuple)):
        return [kind.__name__, *map(canon, value)]
    if isinstance(value, (set, frozenset)):
        return [kind.__name__, *sorted(map(repr, value))]
    if isinstance(value, dict):
        return {"dict": sorted([canon(key), canon(item)] for key, item in value.items())}
    if hasattr(value, "DESCRIPTOR"):
        from google.protobuf.json_format import MessageToDict

        return [kind.__name__, MessageToDict(value)]
    if isinstance(value, BaseModel):
        return [kind.__name__, {name: canon(getattr(value, name)) for name in type(value).model_fields}]
    if "FlyteFile" in str(kind.__mro__) or "FlyteDirectory" in str(kind.__mro__):
        return ["place", kind.extension(), canon(dict(getattr(value, "metadata", None) or {})), place(value)]
    if kind.__name__ == "StructuredDataset":
        import pandas

        return ["dataset", canon(value.open(pandas.DataFrame).all())]
    if dataclasses.is_dataclass(value):
        return [kind.__name__, {one.name: canon(getattr(value, one.name)) for one in dataclasses.fields(value)}]
    if kind.__name__ == "DataFrame":
        return ["frame", sorted((name, canon(value[name].tolist())) for name in value.columns)]
    if kind.__name__ == "Table":
        return ["table", canon(value.to_pydict())]
    if kind.__name__ in ("ndarray", "memmap"):
        return ["array", value.dtype.str, value.tolist()]
    if isinstance(value, os.PathLike):
        return ["path", str(value)]
    if isinstance(value, Iterator) or hasattr(value, "__iter__"):
        return ["iterator", *map(canon, value)]
    return [kind.__name__, repr(value)]


def place(value):
    source = str(value.remote_source or "")
    if source.startswith("s3://"):
        return source
    path = Path(os.fspath(value))
    if path == Path("/tmp"):
        return "a folder that is used as it is"
    if path.is_file():
        return path.read_text()
    return {str(one.relative_to(path)): one.read_text() for one in sorted(path.rglob("*")) if one.is_file()}


# What a flytekit does.


def flytekit_names():
    import flytekit
    from flytekit import HashMethod, StructuredDataset, kwtypes
    from flytekit.core.annotation import FlyteAnnotation
    from flytekit.types.directory import FlyteDirectory
    from flytekit.types.error import FlyteError
    from flytekit.types.file import FlyteFile
    from flytekit.types.iterator.json_iterator import JSON

    class Pickled:
        def __class_getitem__(cls, item):
            return item

    return SimpleNamespace(
        FlyteAnnotation=FlyteAnnotation,
        FlyteDirectory=FlyteDirectory,
        FlyteError=FlyteError,
        FlyteFile=FlyteFile,
        HashMethod=HashMethod,
        JSONS=typing.Iterator[JSON],
        Pickled=Pickled,
        StructuredDataset=StructuredDataset,
        has_literal=flytekit.__version__ > "1.16",
        kwtypes=kwtypes,
    )


def context(folder):
    """Enter a context in which outputs are written below a folder, as in a pod."""
    from flytekit.core.context_manager import ExecutionState, FlyteContextManager
    from flytekit.core.data_persistence import FileAccessProvider

    current = FlyteContextManager.current_context()
    access = FileAccessProvider(
        local_sandbox_dir=os.path.join(folder, "sandbox"), raw_output_prefix=os.path.join(folder, "raw")
    )
    state = current.execution_state or current.new_execution_state()
    state = state.with_params(mode=ExecutionState.Mode.TASK_EXECUTION)
    return FlyteContextManager.with_context(current.with_file_access(access).with_execution_state(state))


def engine_of(name):
    """Return what converts a row: a list or a tuple can only be pickled by the transformer itself."""
    import asyncio

    from flytekit.core.type_engine import TypeEngine
    from flytekit.types.pickle.pickle import FlytePickleTransformer

    if name != "pickle list":
        return TypeEngine.to_literal_type, TypeEngine.to_literal, TypeEngine.to_python_value
    pickles = FlytePickleTransformer()
    return (
        pickles.get_literal_type,
        lambda *given: asyncio.run(pickles.async_to_literal(*given)),
        lambda *given: asyncio.run(pickles.async_to_python_value(*given)),
    )


def write(folder):
    """Write every row into ``inputs.pb`` and its type into ``types.pb``; return what came of it."""
    from flyteidl.core.interface_pb2 import VariableMap
    from flyteidl.core.literals_pb2 import Literal as Message
    from flyteidl.core.literals_pb2 import LiteralMap
    from flytekit.models.literals import Literal

    made, types, said, failed = LiteralMap(), VariableMap(), {}, {}
    with context(folder) as current:
        for name, (kind, make) in rows(flytekit_names(), os.path.join(folder, "made")).items():
            type_of, to_literal, to_python = engine_of(name)
            try:
                literal_type = type_of(kind)
                literal = to_literal(current, make(), kind, literal_type)
                made.literals[name].CopyFrom(literal.to_flyte_idl())
                types.variables[name].type.CopyFrom(literal_type.to_flyte_idl())
                literal = Literal.from_flyte_idl(Message.FromString(made.literals[name].SerializeToString()))
                said[name] = canon(to_python(current, literal, kind))
            except Exception as error:
                failed[name] = f"{type(error).__name__}: {error}"
    Path(folder, "inputs.pb").write_bytes(made.SerializeToString(deterministic=True))
    Path(folder, "types.pb").write_bytes(types.SerializeToString(deterministic=True))
    return {"said": said, "failed": failed}


def read(folder, file="outputs.pb"):
    """Read a map of literals; return the canonical value of each row, or what failed."""
    from flyteidl.core.literals_pb2 import LiteralMap as Message
    from flytekit.models.literals import LiteralMap

    given = LiteralMap.from_flyte_idl(Message.FromString(Path(folder, file).read_bytes())).literals
    said = {}
    with context(folder) as current:
        for name, (kind, _) in rows(flytekit_names(), os.path.join(folder, "made")).items():
            if name in given:
                try:
                    said[name] = canon(engine_of(name)[2](current, given[name], kind))
                except Exception as error:
                    said[name] = f"{type(error).__name__}: {error}"
    return said


def schemas(folder):
    """Write a frame as two of the old schemas, and read the dataset in ``dataset.pb`` as one; return what was read."""
    import pandas
    from flyteidl.core.literals_pb2 import Literal as Message
    from flytekit import kwtypes
    from flytekit.core.type_engine import TypeEngine
    from flytekit.models.literals import Literal
    from flytekit.types.schema import FlyteSchema

    frame, said = pandas.DataFrame({"a": [1, 2], "b": ["x", "y"]}), []
    with context(folder) as current:
        for name, kind in (("plain", FlyteSchema), ("typed", FlyteSchema[kwtypes(a=int, b=str)])):
            literal_type = TypeEngine.to_literal_type(kind)
            literal = TypeEngine.to_literal(current, frame, kind, literal_type)
            Path(folder, f"{name}.pb").write_bytes(literal.to_flyte_idl().SerializeToString())
            Path(folder, f"{name}.type.pb").write_bytes(literal_type.to_flyte_idl().SerializeToString())
            given = Literal.from_flyte_idl(Message.FromString(Path(folder, "dataset.pb").read_bytes()))
            said.append(canon(TypeEngine.to_python_value(current, given, kind).open().all()))
    return said
