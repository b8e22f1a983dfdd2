"""Writes ``types.json``: the wire forms of types and values as a real flytekit makes them.

Run it with an interpreter that has flytekit, once for each release line, from any directory::

    python write_types.py 1.16   # flytekit 1.16.x
    python write_types.py 1.15   # flytekit 1.15.x

The tests evaluate the same rows (`ROWS`) with this project's names, so the file has no flytekit in it but for `main`.
"""

import base64
import json
import sys
import typing
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import Enum
from pathlib import Path

ROWS = {
    "int": ("int", "5"),
    "int lowest": ("int", "-(1 << 63)"),
    "int highest": ("int", "(1 << 63) - 1"),
    "int zero": ("int", "0"),
    "float": ("float", "2.5"),
    "float infinite": ("float", "float('inf')"),
    "str": ("str", "'Grüße 🏹'"),
    "str empty": ("str", "''"),
    "bool": ("bool", "True"),
    "bool false": ("bool", "False"),
    "None": ("type(None)", "None"),
    "datetime naive": ("datetime", "datetime(2020, 2, 29, 13, 14, 15, 161718)"),
    "datetime offset": ("datetime", "datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=5, minutes=30)))"),
    "datetime old": ("datetime", "datetime(1, 1, 2, 3, 4, 5, 6)"),
    "date": ("date", "date(1969, 12, 31)"),
    "timedelta": ("timedelta", "timedelta(days=3, microseconds=7)"),
    "timedelta negative": ("timedelta", "timedelta(days=-1, microseconds=5)"),
    "timedelta zero": ("timedelta", "timedelta()"),
    "enum": ("Color", "Color.GREEN"),
    "list": ("typing.List[int]", "[1, 2, 3]"),
    "list builtin": ("list[str]", "['a', '']"),
    "list empty": ("list[int]", "[]"),
    "list of lists": ("list[list[float]]", "[[1.5], []]"),
    "list of unions": ("list[typing.Optional[int]]", "[1, None]"),
    "list of dates": ("list[date]", "[date(2020, 1, 1)]"),
    "dict of int": ("typing.Dict[str, int]", "{'a': 1, 'b': 0}"),
    "dict empty": ("dict[str, int]", "{}"),
    "dict of lists": ("dict[str, list[bool]]", "{'a': [True, False]}"),
    "dict of enums": ("dict[str, Color]", "{'a': Color.RED}"),
    "dict untyped": ("dict", "{'a': [1, 2.5, None, {'b': True}], 'c': b'x'}"),
    "dict untyped keys": ("dict", "{1: 'a', 2: {3: 'b'}}"),
    "dict untyped tuple": ("dict", "{'a': (1, 2)}"),
    "Dict untyped": ("typing.Dict", "{'a': 1}"),
    "dict int keys": ("dict[int, str]", "{1: 'a', -7: 'b'}"),
    "dict int to datetime": ("dict[int, datetime]", "{1: datetime(2020, 1, 1)}"),
    "dict int to timedelta": ("dict[int, timedelta]", "{1: timedelta(seconds=1, microseconds=5)}"),
    "dict int to date": ("dict[int, date]", "{1: date(2020, 1, 1)}"),
    "dict int to enum": ("dict[int, Color]", "{1: Color.RED}"),
    "dict int to union": ("dict[int, typing.Union[int, str]]", "{1: 'a', 2: 3}"),
    "dict int to lists": ("dict[int, typing.List[typing.Dict[str, float]]]", "{1: [{'a': 1.5}]}"),
    "dict int to tuple": ("dict[int, typing.Tuple[int, str]]", "{1: (2, 'a')}"),
    "dict date keys": ("dict[date, int]", "{date(2020, 1, 1): 1}"),
    "optional": ("typing.Optional[int]", "3"),
    "optional none": ("typing.Optional[int]", "None"),
    "union": ("typing.Union[int, str]", "'a'"),
    "union new": ("int | str | None", "7"),
    "union of containers": ("typing.Union[typing.List[int], typing.Dict[str, str], Color]", "{'a': 'b'}"),
    "union with enum": ("typing.Union[int, Color]", "Color.RED"),
    "union with dict": ("typing.Optional[dict]", "{'a': 1}"),
    "union with time": ("typing.Union[datetime, date, timedelta]", "timedelta(1)"),
    "literal str": ("typing.Literal['a', 'b']", "'b'"),
    "literal int": ("typing.Literal[1, 2]", "2"),
    "literal bool": ("typing.Literal[True]", "True"),
    "optional literal": ("typing.Optional[typing.Literal['a', 'b']]", "'a'"),
    "hash": ("typing.Annotated[int, HashMethod(hashed)]", "3"),
    "hash of items": ("list[typing.Annotated[int, HashMethod(hashed)]]", "[3]"),
    "annotation": ("typing.Annotated[int, FlyteAnnotation({'a': {'b': [1, 'x', None, True]}})]", "3"),
    "annotation of list": ("typing.Annotated[list[int], FlyteAnnotation({'a': 1})]", "[1]"),
}
"""Name: the annotation and the value, both as Python. 1.15 pickles Literal; those rows are left out there."""

SCHEMAS = {
    "int": "int",
    "float": "float",
    "str": "str",
    "bool": "bool",
    "datetime": "datetime",
    "date": "date",
    "timedelta": "timedelta",
    "enum": "Color",
    "literal": "typing.Literal['a', 'b']",
    "optional": "typing.Optional[float]",
    "union": "typing.Union[int, str]",
    "list": "typing.List[int]",
    "dict": "typing.Dict[str, int]",
    "dict int keys": "typing.Dict[int, str]",
    "dict untyped": "dict",
    "tuple": "typing.Tuple[int, str]",
    "any": "typing.Any",
}
"""Name: the type of a dataclass's one field, whose JSON schema is recorded."""


class Color(Enum):
    RED = "red"
    GREEN = "green"


def hashed(value):
    return f"hash of {value}"


def scope(**more):
    """Return the names the rows are written with."""
    names = {"typing": typing, "date": date, "datetime": datetime, "timedelta": timedelta, "timezone": timezone}
    return names | {"Color": Color, "hashed": hashed} | more


def main(line):
    from flytekit import HashMethod
    from flytekit.core.annotation import FlyteAnnotation
    from flytekit.core.context_manager import FlyteContextManager
    from flytekit.core.type_engine import TypeEngine
    from google.protobuf.json_format import MessageToDict

    context = FlyteContextManager.current_context()
    names = scope(HashMethod=HashMethod, FlyteAnnotation=FlyteAnnotation)
    rows, schemas = {}, {}
    for name, (annotation, value) in ROWS.items():
        if line == "1.15" and "Literal" in annotation:
            continue
        python_type = eval(annotation, names)
        literal_type = TypeEngine.to_literal_type(python_type)
        literal = TypeEngine.to_literal(context, eval(value, names), python_type, literal_type)
        rows[name] = [encoded(literal_type.to_flyte_idl()), encoded(literal.to_flyte_idl())]
    for name, annotation in SCHEMAS.items():
        if line == "1.15" and "Literal" in annotation:
            continue

        @dataclass
        class Row:
            field: typing.Any

        Row.__annotations__["field"] = Row.__dataclass_fields__["field"].type = eval(annotation, names)
        schema = MessageToDict(TypeEngine.to_literal_type(Row).to_flyte_idl().metadata)
        schemas[name] = schema["properties"]["field"]
    path = Path(__file__).with_name("types.json")
    found = json.loads(path.read_text()) if path.exists() else {}
    found[line] = {"rows": rows, "schemas": schemas}
    path.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")


def encoded(message):
    return base64.b64encode(message.SerializeToString(deterministic=True)).decode()


if __name__ == "__main__":
    main(sys.argv[1])
