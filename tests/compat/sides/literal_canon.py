"""What a value is in a form that can be compared."""

import base64
import dataclasses
import os
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path

from pydantic import BaseModel


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
