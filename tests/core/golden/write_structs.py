"""Writes ``structs.json``: dataclasses, models, messages, files and pickles as a real flytekit makes them.

Run it with an interpreter that has flytekit (and pydantic), once for each release line, from any directory::

    python write_structs.py 1.16   # flytekit 1.16.x
    python write_structs.py 1.15   # flytekit 1.15.x

``python write_structs.py read FILE`` reads back what this project wrote into FILE and prints what differs.
The tests take the same rows from `rows`, with this project's names in the place of flytekit's.
"""

import asyncio
import base64
import json
import sys
import typing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

T = typing.TypeVar("T")


class Color(Enum):
    RED = "red"
    GREEN = "green"


def classes(FlyteFile, FlyteDirectory):
    """Return the classes whose values are written."""

    @dataclass
    class Flat:
        a: int
        b: str
        c: list[float]

    @dataclass
    class Inner:
        x: int
        y: typing.Optional[float] = None

    @dataclass
    class Outer:
        inner: Inner
        many: typing.List[Inner]
        named: typing.Dict[str, Inner]
        maybe: typing.Optional[Inner]
        when: datetime
        day: date
        span: timedelta
        color: Color
        keyed: typing.Dict[int, str]
        flag: bool = True
        number: typing.Union[int, str] = 3
        tags: typing.List[str] = field(default_factory=list)
        free: dict = field(default_factory=dict)

    @dataclass
    class Base:
        a: int

    @dataclass
    class Derived(Base):
        b: str = "b"

    @dataclass(frozen=True)
    class Frozen:
        pair: typing.Tuple[int, str]
        many: typing.Tuple[int, ...] = (1, 2)
        raw: bytes = b"\x00\xff"
        amount: Decimal = Decimal("1.50")
        key: UUID = UUID(int=7)
        path: Path = Path("/some/where")
        items: typing.Any = None

    @dataclass(kw_only=True)
    class Late:
        a: int
        z: int = field(default=0, init=False)

        def __post_init__(self):
            self.z = self.a + 1

    @dataclass
    class Generic(typing.Generic[T]):
        value: T
        many: typing.List[T]

    @dataclass
    class Holder:
        held: Generic[int]

    @dataclass
    class Implicit:
        a: int = None

    @dataclass
    class Files:
        file: FlyteFile
        directory: FlyteDirectory
        files: typing.List[FlyteFile]
        maybe: typing.Optional[FlyteFile] = None

    made = (Flat, Inner, Outer, Base, Derived, Frozen, Late, Generic, Holder, Implicit, Files)
    return SimpleNamespace(**{one.__name__: one for one in made})


def models():
    """Return the pydantic models whose values are written."""
    from pydantic import BaseModel

    class Part(BaseModel):
        x: int
        y: typing.Optional[float] = None

    class Model(BaseModel):
        part: Part
        many: typing.List[Part]
        when: datetime
        color: Color
        named: typing.Dict[str, int]
        text: str = "t"

    return SimpleNamespace(Part=Part, Model=Model)


def rows(FlyteFile, FlyteDirectory, Pickled):
    """Return name -> (type, value)."""
    from flyteidl.core.identifier_pb2 import Identifier
    from flyteidl.core.literals_pb2 import Primitive
    from flyteidl.core.tasks_pb2 import RuntimeMetadata
    from google.protobuf.struct_pb2 import Struct

    c, m = classes(FlyteFile, FlyteDirectory), models()
    when = datetime(2024, 1, 2, 3, 4, 5, 678, tzinfo=timezone(timedelta(hours=2)))
    struct = Struct()
    struct.update({"a": 1, "b": [1, "x", None, True], "c": {"d": 1.5}})
    inner = c.Inner(1, 2.5)
    outer = c.Outer(
        inner,
        [inner, c.Inner(3)],
        {"k": inner},
        None,
        when,
        date(2024, 1, 2),
        timedelta(seconds=1.5),
        Color.RED,
        {1: "a"},
    )
    outer_2 = c.Outer(
        inner, [], {}, inner, when, date(1, 1, 1), timedelta(0), Color.GREEN, {}, False, "x", ["ä"], {"a": [1, None]}
    )
    model = m.Model(part=m.Part(x=1), many=[m.Part(x=2, y=0.5)], when=when, color=Color.RED, named={"a": 1})
    files = c.Files(
        FlyteFile("s3://b/a.csv"), FlyteDirectory("s3://b/d"), [FlyteFile("s3://b/c")], FlyteFile("s3://b/e")
    )
    return {
        "dataclass flat": (c.Flat, c.Flat(1, "x", [1.0, 2.5])),
        "dataclass outer": (c.Outer, outer),
        "dataclass outer other": (c.Outer, outer_2),
        "dataclass derived": (c.Derived, c.Derived(1, "x")),
        "dataclass as base": (c.Base, c.Derived(1, "x")),
        "dataclass frozen": (c.Frozen, c.Frozen((1, "a"))),
        "dataclass late": (c.Late, c.Late(a=1)),
        "dataclass holder": (c.Holder, c.Holder(c.Generic(1, [2]))),
        "dataclass implicit": (c.Implicit, c.Implicit()),
        "dataclass files": (c.Files, files),
        "dataclass list": (typing.List[c.Flat], [c.Flat(1, "x", []), c.Flat(2, "y", [0.5])]),
        "dataclass map": (typing.Dict[str, c.Inner], {"a": inner}),
        "dataclass optional": (typing.Optional[c.Inner], inner),
        "pydantic": (m.Model, model),
        "pydantic list": (typing.List[m.Part], [m.Part(x=1)]),
        "protobuf struct": (Struct, struct),
        "protobuf message": (RuntimeMetadata, RuntimeMetadata(type=RuntimeMetadata.FLYTE_SDK, version="1", flavor="f")),
        "protobuf names": (Identifier, Identifier(resource_type=1, project="p", name="n")),
        "protobuf big": (Primitive, Primitive(integer=2**60)),
        "protobuf snake": (Primitive, Primitive(string_value="x")),
        "file": (FlyteFile, FlyteFile("s3://b/a.csv")),
        "file csv": (FlyteFile["csv"], FlyteFile["csv"]("s3://b/a.csv")),
        "file metadata": (FlyteFile, FlyteFile("s3://b/a.csv", metadata={"k": "v"})),
        "directory": (FlyteDirectory, FlyteDirectory("s3://b/d")),
        "directory local": (FlyteDirectory, FlyteDirectory("/tmp", remote_directory=False)),
        "directory csv": (FlyteDirectory["csv"], FlyteDirectory["csv"]("s3://b/d")),
        "bytes": (bytes, b"abc\x00\xff"),
        "pickle complex": (Pickled[complex], 1j),
        "pickle list": (Pickled[list], [1, {"a": (2, None)}]),
    }


def flytekit_rows():
    from flytekit.types.directory import FlyteDirectory
    from flytekit.types.file import FlyteFile

    class Pickled:
        # Its own FlytePickle[T] writes the name of a class made for the purpose instead of T's.
        def __class_getitem__(cls, item):
            return item

    return rows(FlyteFile, FlyteDirectory, Pickled)


def main(line):
    from flytekit.core.context_manager import FlyteContextManager
    from flytekit.core.type_engine import TypeEngine
    from flytekit.types.pickle.pickle import FlytePickleTransformer

    context = FlyteContextManager.current_context()
    written = {}
    for name, (python_type, value) in flytekit_rows().items():
        engine = FlytePickleTransformer() if name.startswith("pickle") else TypeEngine
        literal_type = (
            engine.get_literal_type(python_type) if engine is not TypeEngine else engine.to_literal_type(python_type)
        )
        literal = (
            TypeEngine.to_literal(context, value, python_type, literal_type)
            if engine is TypeEngine
            else pickled(engine, context, value, python_type, literal_type)
        )
        literal_type, literal = literal_type.to_flyte_idl(), literal.to_flyte_idl()
        row = {"type": encoded(literal_type)}
        if literal.scalar.blob.metadata.type.format == "PythonPickle":
            content = Path(literal.scalar.blob.uri)
            row["file"], row["file name"] = base64.b64encode(content.read_bytes()).decode(), content.name
            literal.scalar.blob.uri = ""
        row["literal"] = encoded(literal)
        written[name] = row
    path = Path(__file__).with_name("structs.json")
    found = json.loads(path.read_text()) if path.exists() else {}
    found[line] = written
    path.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")


def pickled(engine, context, value, python_type, literal_type):
    return asyncio.run(engine.async_to_literal(context, value, python_type, literal_type))


def read(file):
    """Read what this project wrote; the file holds name -> literal, in base64."""
    from flytekit.core.context_manager import FlyteContextManager
    from flytekit.core.type_engine import TypeEngine
    from flytekit.models.literals import Literal
    from flytekit.types.pickle.pickle import FlytePickleTransformer
    from flyteidl.core.literals_pb2 import Literal as Message

    context = FlyteContextManager.current_context()
    given = json.loads(Path(file).read_text())
    failures = 0
    for name, (python_type, value) in flytekit_rows().items():
        if name not in given:
            continue
        literal = Literal.from_flyte_idl(Message.FromString(base64.b64decode(given[name])))
        try:
            if name.startswith("pickle"):
                found = asyncio.run(FlytePickleTransformer().async_to_python_value(context, literal, python_type))
            else:
                found = TypeEngine.to_python_value(context, literal, python_type)
            expected = value
            if "file" in name or "directory" in name or name == "dataclass as base":
                found, expected = described(found), described(value)
            same = found == expected
        except Exception as error:
            found, same = error, False
        if not same:
            failures += 1
            print(f"{name}: {found!r} is not {value!r}")
    print(f"{len(given)} literals, {failures} read as something else")
    return failures


def described(value):
    """Return what can be compared of a value that holds files, which flytekit gives new local paths."""
    if hasattr(value, "remote_source"):
        return value.remote_source or value.path
    if isinstance(value, (list, tuple)):
        return [described(item) for item in value]
    return (
        {name: described(item) for name, item in vars(value).items() if name != "b"}
        if hasattr(value, "__dict__")
        else value
    )


def encoded(message):
    return base64.b64encode(message.SerializeToString(deterministic=True)).decode()


if __name__ == "__main__":
    sys.exit(read(sys.argv[2]) if sys.argv[1] == "read" else main(sys.argv[1]))
