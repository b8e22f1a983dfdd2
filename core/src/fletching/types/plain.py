"""Plain data: what MessagePack holds, checked and copied."""

from __future__ import annotations

from typing import Any

from fletching.errors import ConversionError
from fletching.types.display import preview, short_repr

__all__ = ["check_text", "copy_plain", "key_step", "pack", "plain_text", "unpack"]

DEPTH = 256
"""How deep plain data may be nested. Writers and readers of MessagePack give up at about twice that."""

LOWEST, HIGHEST = -(1 << 63), (1 << 64) - 1


def pack(data: Any) -> bytes:
    """Return plain data as MessagePack."""
    import msgpack

    packed: bytes = msgpack.packb(data)
    return packed


def unpack(data: bytes) -> Any:
    """Return the plain data of MessagePack; refuse bytes that are not."""
    import msgpack

    try:
        return msgpack.unpackb(data, strict_map_key=False)
    except (ValueError, TypeError, OverflowError, msgpack.UnpackException) as error:
        raise ConversionError("MessagePack", preview(data), hint=str(error)) from error


def copy_plain(value: Any) -> Any:
    """Return an independent copy of plain data as MessagePack gives it back: tuples are lists, subclasses their base.

    Raises:
        ConversionError: something in it is not plain; the path says where.
    """
    try:
        return _copy(value, 0)
    except RecursionError:
        raise _too_deep(value) from None


def plain_text(value: str) -> str:
    """Return an exact ``str`` that has a UTF-8 form."""
    check_text(value)
    return value if type(value) is str else str.__str__(value)


def check_text(value: str) -> None:
    """Refuse text without UTF-8 form."""
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ConversionError(
                "str of valid Unicode", preview(value), hint="it holds half a surrogate pair; pass bytes"
            ) from None


def key_step(key: Any) -> str:
    """Return the step of a path that a dict key makes, bounded."""
    return f"[{short_repr(key, 40)}]"


def _copy(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind is str:
        if not value.isascii():
            check_text(value)
        return value
    if value is None or kind is bool or kind is float or kind is bytes:
        return value
    if kind is int:
        if LOWEST <= value <= HIGHEST:
            return value
    elif isinstance(value, (list, tuple)):
        return _copy_list(value, depth)
    elif isinstance(value, dict):
        return _copy_dict(value, depth)
    elif isinstance(value, str):
        return plain_text(value)
    elif isinstance(value, int):
        return _copy(int.__int__(value), depth)
    elif isinstance(value, float):
        return float.__float__(value)
    elif isinstance(value, bytearray):
        return bytes(value)
    if isinstance(value, int):
        raise ConversionError("int of at most 64 bits", preview(value), hint="pass it as a str")
    raise ConversionError(
        "plain data (None, bool, int, float, str, bytes, list or dict)",
        preview(value),
        hint="give the dict a value type, or use a dataclass",
    )


def _copy_list(value: Any, depth: int) -> list[Any]:
    if depth >= DEPTH:
        raise _too_deep(value)
    copied: list[Any] = []
    try:
        for item in value:
            copied.append(_copy(item, depth + 1))  # noqa: PERF401 - its length tells which one failed
    except ConversionError as error:
        if depth < 8 or len(error.path) < 40:
            error.at(f"[{len(copied)}]")
        raise
    return copied


def _copy_dict(value: Any, depth: int) -> dict[Any, Any]:
    if depth >= DEPTH:
        raise _too_deep(value)
    copied: dict[Any, Any] = {}
    for key, item in value.items():
        if key is not None and not isinstance(key, (str, int, float, bytes)):
            raise ConversionError("a plain key (str, int, float, bool, bytes or None)", preview(key))
        try:
            copied[_copy(key, depth)] = _copy(item, depth + 1)
        except ConversionError as error:
            if depth < 8 or len(error.path) < 40:
                error.at(key_step(key))
            raise
    return copied


def _too_deep(value: Any) -> ConversionError:
    expected = f"plain data nested at most {DEPTH} deep"
    return ConversionError(expected, type(value).__name__, hint="does it contain itself?")
