"""The Python type of a wire type, for entities whose code is not at hand."""

from __future__ import annotations

import typing
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

from flyteidl.core.types_pb2 import BlobType, LiteralType, SimpleType

from fletching.errors import UnsupportedTypeError
from fletching.types.annotations import kwtypes

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["guess_python_type"]


def guess_python_type(literal_type: LiteralType) -> Any:
    """Return the annotation that reads and writes a wire type.

    An object whose wire type has a schema comes as a dataclass made of it, with fields of the same names; an enum as an
    `Enum` class; a dataset as `StructuredDataset`. Equal wire types give the same class.

    Raises:
        UnsupportedTypeError: nothing here reads the wire type, or the package that does is not installed.
    """
    return _guessed(literal_type.SerializeToString(deterministic=True))


@lru_cache(maxsize=1024)
def _guessed(data: bytes) -> Any:
    # By its bytes: a message has no hash, and a class that is made must be the same one each time.
    literal_type = LiteralType.FromString(data)
    form = literal_type.WhichOneof("type")
    if form == "simple":
        found = _simple(literal_type)
        if found is not None:
            return found
    if form == "collection_type":
        return list[guess_python_type(literal_type.collection_type)]  # type: ignore[misc]  # made at run time
    if form == "map_value_type":
        return dict[str, guess_python_type(literal_type.map_value_type)]  # type: ignore[misc]
    if form == "union_type":
        variants = tuple(guess_python_type(one) for one in literal_type.union_type.variants)
        return typing.Union[variants]  # noqa: UP007 - a tuple made at run time
    if form == "enum_type":
        return _choice(tuple(literal_type.enum_type.values))
    if form == "blob":
        return _blob(literal_type)
    if form == "structured_dataset_type":
        dataset = literal_type.structured_dataset_type
        columns = {column.name: guess_python_type(column.literal_type) for column in dataset.columns}
        return _dataset(columns, dataset.format)
    if form == "schema":  # what tables were before there were datasets
        return _dataset({column.name: _schema_types()[column.type] for column in literal_type.schema.columns}, "")
    raise UnsupportedTypeError(f"no Python type is known for the wire type {str(literal_type).strip()!r}")


@lru_cache(maxsize=1024)
def _choice(values: tuple[str, ...]) -> Any:
    """Return an `Enum` class whose members have these values, and are named like them where that is possible."""
    from enum import Enum

    taken = {"mro", "name", "value"}
    names = [
        text if text.isidentifier() and not text.startswith("_") and text not in taken else f"value_{at}"
        for at, text in enumerate(values)
    ]
    return Enum("Choice", dict(zip(names, values, strict=True)), module=__name__)


def _simple(literal_type: LiteralType) -> Any:
    kind = literal_type.simple
    if kind == SimpleType.STRUCT:
        return _struct(literal_type)
    if kind == SimpleType.ERROR:
        from fletching.types.failure import FlyteError

        return FlyteError
    from datetime import date, datetime, timedelta

    if kind == SimpleType.DATETIME:
        # Only within a union does the wire tell them apart.
        return date if literal_type.structure.tag == "date" else datetime
    found = {
        SimpleType.NONE: type(None),
        SimpleType.INTEGER: int,
        SimpleType.FLOAT: float,
        SimpleType.STRING: str,
        SimpleType.BOOLEAN: bool,
        SimpleType.DURATION: timedelta,
    }.get(kind)
    values = literal_type.annotation.annotations.fields.get("literal_values")
    if found in (int, str, bool) and values is not None:
        from fletching.types.wire import value_data

        return typing.Literal[tuple(found(value_data(one)) for one in values.list_value.values)]
    return found


def _struct(literal_type: LiteralType) -> Any:
    from fletching.types.wire import struct_data

    schema = struct_data(literal_type.metadata)
    message = schema.get("pb_type")
    if isinstance(message, str):
        return _message(message)
    fields: Mapping[str, LiteralType] = literal_type.structure.dataclass_type
    if not schema and not fields:
        return dict
    from fletching.types.guess_objects import object_class

    return object_class(schema, fields)


def _message(path: str) -> Any:
    """Return a protobuf message's class; only a module that looks generated is imported for it."""
    from importlib import import_module

    module, _, name = path.rpartition(".")
    if not module.endswith("_pb2"):
        raise UnsupportedTypeError(f"the wire type is the protobuf message {path!r}, in no generated module")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise UnsupportedTypeError(
            f"the wire type is the protobuf message {path!r}, and it cannot be imported: {error}; "
            "install the package that has it"
        ) from error


def _blob(literal_type: LiteralType) -> Any:
    from fletching.types.files import FlyteDirectory, FlyteFile
    from fletching.types.pickled import Pickled

    # To a checker these are not generic; what they give when indexed exists only at run time.
    pickled: Any = Pickled
    blob = literal_type.blob
    if blob.format == "PythonPickle":
        # The one class whose pickles are read without executing what they say.
        is_bytes = literal_type.metadata.fields["python_class_name"].string_value == str(bytes)
        return bytes if is_bytes else pickled[Any]
    if blob.format == "NumpyArray":
        try:
            import numpy
        except ImportError as error:
            raise UnsupportedTypeError("the wire type is a numpy array, and numpy is not installed") from error
        return numpy.ndarray
    if blob.format == "jsonl" and "format" in literal_type.metadata.fields:
        from collections.abc import Iterator

        from fletching.types.json_lines import JSON

        return Iterator[JSON]
    found: Any = FlyteDirectory if blob.dimensionality == BlobType.BlobDimensionality.MULTIPART else FlyteFile
    return found[blob.format] if blob.format else found


def _schema_types() -> list[Any]:
    from datetime import datetime, timedelta

    return [int, float, str, bool, datetime, timedelta]


def _dataset(columns: dict[str, Any], file_format: str) -> Any:
    from fletching.errors import PluginError
    from fletching.official import resolve

    try:
        made = resolve("StructuredDataset")
    except PluginError as error:
        raise UnsupportedTypeError(f"the wire type is a structured dataset: {error}") from error
    extras: list[Any] = [kwtypes(**columns)] if columns else []
    extras += [file_format] if file_format else []
    return Annotated[(made, *extras)] if extras else made
