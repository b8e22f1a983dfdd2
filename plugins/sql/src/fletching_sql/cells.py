"""One cell of a result as the Python type it was declared with."""

from __future__ import annotations

import datetime
import decimal
import enum
import types
import typing
import uuid
from typing import TYPE_CHECKING, Any, TypeAlias

from fletching.errors import ConfigError, ConversionError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Cell", "cell", "is_record", "optional", "stripped", "wrong"]

Cell: TypeAlias = "Callable[[Any], Any]"
"""Takes what the database gave; returns it as declared or raises `ConversionError`."""

EXACT_FLOAT = 2**53
"""Every int up to here is a float without loss."""


def cell(annotation: Any, owner: str, *, loose: bool = False) -> Cell:
    """Return what turns a value of a column into ``annotation``.

    Args:
        annotation: the type of a field or a result.
        owner: begins the message of `ConfigError` for a type no column can hold.
        loose: the database stores dates as text and truth as 0 and 1, as SQLite does.
    """
    annotation = stripped(annotation)
    if annotation is Any or annotation is object:
        return as_given
    if annotation is None or annotation is type(None):
        return only_null
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return union(annotation, arguments, owner, loose)
    if origin is typing.Literal:
        return literal(annotation, arguments)
    if origin is list or annotation is list:
        inner = cell(arguments[0] if arguments else Any, owner, loose=loose)
        return sequence(annotation, inner)
    if origin is dict or annotation is dict:
        return instance(annotation, dict)
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return member(annotation)
    if annotation in CONVERTERS:
        return CONVERTERS[annotation](loose)
    if is_record(annotation):
        from fletching_sql.records import record

        return record(annotation, owner, loose=loose).from_mapping
    if isinstance(annotation, type) and issubclass(annotation, (int, float, str, bytes)):
        base = next(known for known in (int, float, str, bytes) if issubclass(annotation, known))
        before = CONVERTERS[base](loose)
        made: Callable[[Any], Any] = annotation
        return lambda value: made(before(value))
    from fletching.extend import type_name

    raise ConfigError(f"{owner}: no column gives a {type_name(annotation)}; use a dataclass of scalars, or a table")


def is_record(annotation: Any) -> bool:
    """Tell whether an annotation is a row: a dataclass, a ``TypedDict`` or a pydantic model."""
    return isinstance(annotation, type) and (
        hasattr(annotation, "__dataclass_fields__")
        or typing.is_typeddict(annotation)
        or hasattr(annotation, "model_validate")
    )


def optional(annotation: Any) -> tuple[Any, bool]:
    """Return what is inside ``Optional[X]``, and whether it was one; another union is left as it is."""
    annotation = stripped(annotation)
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        arguments = typing.get_args(annotation)
        rest = [one for one in arguments if one is not type(None)]
        if len(rest) < len(arguments):
            return (rest[0] if len(rest) == 1 else typing.Union[tuple(rest)]), True  # noqa: UP007
    return annotation, False


def stripped(annotation: Any) -> Any:
    """Return an annotation without ``Annotated`` and ``NewType``."""
    while True:
        if typing.get_origin(annotation) is typing.Annotated:
            annotation = typing.get_args(annotation)[0]
        elif isinstance(annotation, typing.NewType):
            annotation = annotation.__supertype__
        else:
            return annotation


def wrong(annotation: Any, value: Any, hint: str = "") -> ConversionError:
    """Return the error for a value that is no ``annotation``."""
    from fletching.extend import preview, type_name

    if value is None:
        name = type_name(annotation)
        return ConversionError(
            name, "NULL", hint=hint or f"declare it Optional[{name}], or use coalesce() in the query"
        )
    return ConversionError(type_name(annotation), preview(value), hint=hint)


def as_given(value: Any) -> Any:
    return value


def only_null(value: Any) -> None:
    if value is not None:
        raise wrong(None, value)


def instance(annotation: Any, kind: type) -> Cell:
    def convert(value: Any) -> Any:
        if isinstance(value, kind):
            return value
        raise wrong(annotation, value)

    return convert


def union(annotation: Any, arguments: tuple[Any, ...], owner: str, loose: bool) -> Cell:
    cells = [cell(one, owner, loose=loose) for one in arguments if one is not type(None)]
    nullable = type(None) in arguments

    def convert(value: Any) -> Any:
        if value is None and nullable:
            return None
        first: ConversionError | None = None
        for one in cells:
            try:
                return one(value)
            except ConversionError as error:
                first = first or error
        raise (first if len(cells) == 1 and first else wrong(annotation, value)) from None

    return convert


def literal(annotation: Any, arguments: tuple[Any, ...]) -> Cell:
    def convert(value: Any) -> Any:
        for one in arguments:
            if type(one) is type(value) and one == value:
                return one
        raise wrong(annotation, value)

    return convert


def member(kind: type[enum.Enum]) -> Cell:
    def convert(value: Any) -> Any:
        try:
            return kind(value)
        except ValueError:
            raise wrong(kind, value, "" if value is None else f"one of {[one.value for one in kind]!r}") from None

    return convert


def sequence(annotation: Any, inner: Cell) -> Cell:
    def convert(value: Any) -> Any:
        if not isinstance(value, list):
            raise wrong(annotation, value)
        result = []
        for index, item in enumerate(value):
            try:
                result.append(inner(item))
            except ConversionError as error:
                raise error.at(f"[{index}]") from None
        return result

    return convert


def to_bool(loose: bool) -> Cell:
    def convert(value: Any) -> Any:
        if type(value) is bool:
            return value
        if loose and type(value) is int and value in (0, 1):
            return value == 1
        raise wrong(bool, value)

    return convert


def to_int(loose: bool) -> Cell:
    def convert(value: Any) -> Any:
        if type(value) is int:
            return value
        if isinstance(value, decimal.Decimal) and value.is_finite() and value == value.to_integral_value():
            return int(value)  # what PostgreSQL and DuckDB give for sum() over integers
        raise wrong(int, value, "" if value is None else "use cast(… as bigint) in the query")

    return convert


def to_float(loose: bool) -> Cell:
    def convert(value: Any) -> Any:
        if type(value) is float:
            return value
        if isinstance(value, decimal.Decimal) or (type(value) is int and -EXACT_FLOAT <= value <= EXACT_FLOAT):
            return float(value)
        raise wrong(float, value)

    return convert


def to_str(loose: bool) -> Cell:
    def convert(value: Any) -> Any:
        if type(value) is str:
            return value
        if isinstance(value, uuid.UUID):
            return str(value)
        raise wrong(str, value, "" if value is None else "use cast(… as text) in the query")

    return convert


def to_bytes(loose: bool) -> Cell:
    def convert(value: Any) -> Any:
        if isinstance(value, (bytes, bytearray, memoryview)):
            return bytes(value)
        raise wrong(bytes, value)

    return convert


def to_decimal(loose: bool) -> Cell:
    def convert(value: Any) -> Any:
        if isinstance(value, decimal.Decimal):
            return value
        if type(value) is int or (loose and isinstance(value, (float, str))):
            try:
                return decimal.Decimal(str(value))
            except decimal.InvalidOperation:
                pass
        raise wrong(decimal.Decimal, value)

    return convert


def to_uuid(loose: bool) -> Cell:
    def convert(value: Any) -> Any:
        if isinstance(value, uuid.UUID):
            return value
        if isinstance(value, str):
            try:
                return uuid.UUID(value)
            except ValueError:
                pass
        raise wrong(uuid.UUID, value)

    return convert


def to_datetime(loose: bool) -> Cell:
    def convert(value: Any) -> Any:
        if isinstance(value, datetime.datetime):
            return value
        if loose and isinstance(value, str):
            try:
                return datetime.datetime.fromisoformat(value)
            except ValueError:
                pass
        hint = "use cast(… as timestamp) in the query" if isinstance(value, datetime.date) else ""
        raise wrong(datetime.datetime, value, hint)

    return convert


def to_date(loose: bool) -> Cell:
    def convert(value: Any) -> Any:
        if type(value) is datetime.date:
            return value
        if loose and isinstance(value, str):
            try:
                return datetime.date.fromisoformat(value)
            except ValueError:
                pass
        hint = "use cast(… as date) in the query" if isinstance(value, datetime.datetime) else ""
        raise wrong(datetime.date, value, hint)

    return convert


def to_timedelta(loose: bool) -> Cell:
    def convert(value: Any) -> Any:
        if isinstance(value, datetime.timedelta):
            return value
        if loose and type(value) in (int, float):
            try:
                return datetime.timedelta(seconds=value)
            except (OverflowError, ValueError):  # no timedelta is that long; nan
                pass
        raise wrong(datetime.timedelta, value)

    return convert


CONVERTERS: dict[Any, Callable[[bool], Cell]] = {
    bool: to_bool,
    bytes: to_bytes,
    datetime.date: to_date,
    datetime.datetime: to_datetime,
    datetime.timedelta: to_timedelta,
    decimal.Decimal: to_decimal,
    float: to_float,
    int: to_int,
    str: to_str,
    uuid.UUID: to_uuid,
}
