"""Text of the command line to the values of an annotation, and values back to text."""

from __future__ import annotations

import datetime
import json
import math
import os
import types
from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin

import click

from fletching.errors import TypeEngineError
from fletching.types.display import type_name
from fletching.types.engine import transformer

__all__ = ["ValueType", "bare", "is_flag", "plain"]

UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 0.001, "us": 0.000001}
"""Seconds of each unit in a duration such as ``1h30m``."""

FORMATS = {".parquet": "parquet", ".csv": "csv", ".arrow": "arrow", ".feather": "feather"}
"""How a dataset is written, by the end of its file's name; any other is written as its type says."""


def bare(annotation: Any) -> Any:
    """Return an annotation without ``Annotated`` around it."""
    while hasattr(annotation, "__metadata__"):
        annotation = annotation.__origin__
    return annotation


def is_flag(annotation: Any) -> bool:
    """Whether an input is given as ``--name`` and ``--no-name``."""
    return bare(annotation) is bool


def choices(annotation: Any) -> dict[str, Any] | None:
    """Return text -> value of an annotation with few values, or None."""
    annotation = bare(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return {str(member.value): member for member in annotation}
    if get_origin(annotation) is Literal:
        return {str(value): value for value in get_args(annotation)}
    return None


class ValueType(click.ParamType[Any]):
    """Reads the text of one annotation's values; errors name what was expected."""

    def __init__(self, annotation: Any) -> None:
        self.annotation = annotation
        known = choices(annotation)
        kind = _without_none(bare(annotation))
        self.name = "|".join(known) if known else _metavar(kind)
        self.note = f"{type_name(kind)} as JSON or @FILE" if self.name == "json" and not known else ""
        """What the help says about the type beside the placeholder."""

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Return what the help shows for the value."""
        return f"[{self.name}]" if choices(self.annotation) else self.name.upper()

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the value of a text; one that is no text any more stays as it is."""
        if not isinstance(value, str):
            return value
        try:
            return transformer(self.annotation).carry(read(value, bare(self.annotation)))
        except OSError as error:
            self.fail(f"cannot read {error.filename!r}: {error.strerror or error}", param, ctx)
        except (TypeEngineError, ValueError) as error:
            self.fail(str(error), param, ctx)


def _metavar(annotation: Any) -> str:
    simple = {int: "integer", float: "number", str: "text", datetime.timedelta: "duration", bytes: "text or @file"}
    if annotation in (datetime.datetime, datetime.date):
        return "time" if annotation is datetime.datetime else "date"
    if isinstance(annotation, type) and annotation in simple:
        return simple[annotation]
    return "path" if _is_path(annotation) else "json"


def _without_none(annotation: Any) -> Any:
    """Return ``T`` of ``Optional[T]``, and anything else as it is."""
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [each for each in get_args(annotation) if each is not type(None)]
        return bare(rest[0]) if len(rest) == 1 else annotation
    return annotation


def _is_path(annotation: Any) -> bool:
    return isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, os.PathLike)


def read(text: str, annotation: Any) -> Any:
    """Return the value that ``text`` stands for.

    Raises:
        ValueError: it stands for none.
        OSError: ``@file`` cannot be read.
    """
    known = choices(annotation)
    if known is not None:
        if text not in known:
            raise ValueError(f"expected one of {', '.join(known)}, got {text!r}")
        return known[text]
    if annotation is str:
        return text
    if annotation is int:
        return _number(int, text)
    if annotation is float:
        return _number(float, text)
    if annotation is bool:
        return _boolean(text)
    if annotation is bytes:
        return _bytes(text)
    if annotation in (datetime.datetime, datetime.date):
        return _time(text, annotation)
    if annotation is datetime.timedelta:
        return duration(text)
    if _is_path(annotation):
        _check_there(text)
        return annotation(text)
    if get_origin(annotation) in (Union, types.UnionType):
        return _one_of(text, [bare(choice) for choice in get_args(annotation)])
    if get_origin(annotation) is Iterator:
        return iter(transformer(types.GenericAlias(list, get_args(annotation))).from_plain(_json(text)))
    try:
        data = _json(text)
    except ValueError:
        if text.startswith(("@", "{")) or not _is_dataset(annotation):
            raise
        _check_there(text)
        data = {"uri": text, "file_format": FORMATS.get(os.path.splitext(text)[1].lower(), "")}
    return transformer(annotation).from_plain(data)


def _is_dataset(annotation: Any) -> bool:
    """Whether a value is a dataset, which a path or a URI names as well as JSON."""
    return bool(transformer(annotation).literal_type().HasField("structured_dataset_type"))


def _check_there(path: str) -> None:
    if "://" not in path and not os.path.exists(path):
        raise ValueError(f"there is no file or folder {path!r}")


def _number(kind: type[int] | type[float], text: str) -> int | float:
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"expected {kind.__name__}, got {text!r}") from None


def _boolean(text: str) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if text.lower() not in words:
        raise ValueError(f"expected true or false, got {text!r}")
    return words[text.lower()]


def _bytes(text: str) -> bytes:
    if text.startswith("@"):
        with open(text[1:], "rb") as file:
            return file.read()
    return text.encode()


def _time(text: str, kind: Any) -> datetime.date:
    now = datetime.datetime.now(datetime.UTC)
    if text in ("now", "today"):
        return now if kind is datetime.datetime else now.date()
    try:
        value: datetime.date = kind.fromisoformat(text)
    except ValueError:
        raise ValueError(f"expected an ISO 8601 {kind.__name__} or 'now', got {text!r}") from None
    return value


def duration(text: str) -> datetime.timedelta:
    """Return the duration of ``90``, ``1.5h`` or ``1h30m``."""
    import re

    try:
        return datetime.timedelta(seconds=float(text))
    except ValueError:
        pass
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*(ms|us|[wdhms])", text)
    if not parts or "".join("".join(part) for part in parts) != text.replace(" ", ""):
        raise ValueError(f"expected a duration such as 90, 1.5h or 1h30m, got {text!r}")
    return datetime.timedelta(seconds=sum(float(count) * UNITS[unit] for count, unit in parts))


def _json(text: str) -> Any:
    where = ""
    if text.startswith("@"):
        where = f" in {text[1:]!r}"
        with open(text[1:], encoding="utf-8") as file:
            text = file.read()
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"expected JSON or @file.json{where}: {error}") from None


def _one_of(text: str, variants: list[Any]) -> Any:
    if type(None) in variants and text.lower() in ("none", "null", ""):
        return None
    problems = []
    # Text fits nearly everything, so it is asked last.
    for variant in sorted((each for each in variants if each is not type(None)), key=lambda each: each is str):
        try:
            return read(text, variant)
        except (ValueError, OSError) as error:
            problems.append(str(error))
    raise ValueError("; ".join(problems))


def plain(value: Any, annotation: Any) -> Any:
    """Return a value as JSON-like data, as text where it has no such form.

    Args:
        value: an output, or one input.
        annotation: its type.
    """
    if get_origin(bare(annotation)) is Iterator:
        (item,) = get_args(bare(annotation))
        return [plain(each, item) for each in value]
    try:
        data = _finite(transformer(annotation).to_plain(value))
        json.dumps(data)
    except (TypeEngineError, TypeError, ValueError):
        return str(value)
    return data


def _finite(data: Any) -> Any:
    """Return data with text for the floats that JSON has no form for, as protobuf's JSON has it."""
    if isinstance(data, float) and not math.isfinite(data):
        return "NaN" if math.isnan(data) else "Infinity" if data > 0 else "-Infinity"
    if isinstance(data, list):
        return [_finite(item) for item in data]
    return {key: _finite(item) for key, item in data.items()} if isinstance(data, dict) else data
