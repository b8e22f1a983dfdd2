"""Literals that are too large to travel with the others: stored in a file of their own, and read from it again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from flyteidl.core.literals_pb2 import Literal, LiteralMap
from google.protobuf.message import DecodeError

from fletching.errors import ConfigError, ConversionError, OutputTooLargeError
from fletching.types.blobs import join, read_blob, write_at
from fletching.types.display import preview

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flyteidl.core.types_pb2 import LiteralType

    from fletching.types.base import TypeTransformer

__all__ = ["OffloadLimits", "content_hash", "fetched", "offload", "read_literal"]

T = TypeVar("T")

MINIMUM, MAXIMUM = "_F_L_MIN_SIZE_MB", "_F_L_MAX_SIZE_MB"
MEBIBYTE = 1 << 20
HOPS = 8
"""How often a stored literal may say that it is stored elsewhere; more is a circle."""


class OffloadLimits(NamedTuple):  # no dataclass: importing what makes one is a tenth of the start of a container
    """From which size on a literal is stored by itself, and which size is refused; in bytes."""

    minimum: int
    """A literal of this size or more is stored."""
    maximum: int = 1000 * MEBIBYTE
    """A literal of this size or more is an error."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> OffloadLimits | None:
        """Return what a platform asks for in the environment of a task, or None if it wants every literal inline."""
        if MINIMUM not in environment:
            return None
        sizes = {}
        for name in (MINIMUM, MAXIMUM):
            text = environment.get(name, "1000")
            if not text.strip().isdecimal():
                raise ConfigError(
                    f"the environment variable {name} must be a number of MiB, such as '10', got {text!r}"
                )
            sizes[name] = int(text) * MEBIBYTE
        return cls(minimum=sizes[MINIMUM], maximum=sizes[MAXIMUM])


def offload(
    literal_map: LiteralMap, types: Mapping[str, LiteralType], prefix: str, limits: OffloadLimits | None
) -> LiteralMap:
    """Return outputs of which the large ones are stored below ``prefix``; ``literal_map`` stays as it is.

    Args:
        literal_map: the outputs.
        types: the wire type of each; for the share of a map task, that of one item.
        prefix: the folder or URI that outputs.pb is written to.
        limits: what is large; with None nothing is.

    Raises:
        OutputTooLargeError: one is larger than what may be stored. Then nothing was.
    """
    if limits is None:
        return literal_map
    sizes = {name: literal.ByteSize() for name, literal in literal_map.literals.items()}
    for name, size in sizes.items():
        if size >= limits.maximum:
            raise OutputTooLargeError(
                f"output {name!r} has {size} bytes, and the platform stores less than {limits.maximum}; "
                "return it as a file or a table, or in parts"
            )
    made = LiteralMap()
    for name, literal in literal_map.literals.items():
        if sizes[name] < limits.minimum:
            made.literals[name].CopyFrom(literal)
            continue
        place = join(prefix, f"{name}_offloaded_metadata.pb")
        write_at(place, literal.SerializeToString())
        stored = made.literals[name]
        stored.hash = literal.hash or content_hash(literal)
        stored.offloaded_metadata.uri = place
        stored.offloaded_metadata.size_bytes = sizes[name]
        stored.offloaded_metadata.inferred_type.CopyFrom(types[name])
    return made


def content_hash(literal: Literal) -> str:
    """Return what a stored literal is known by in a cache if its author says nothing else."""
    import base64
    import hashlib
    import json

    return base64.b64encode(hashlib.sha256(_json_of(literal, json.dumps).encode()).digest()).decode()


def _json_of(literal: Literal, dumps: Callable[..., str]) -> str:
    """Return the JSON of a literal with sorted keys and without spaces.

    The text is part of the wire: the Flyte SDK hashes the same. What large literals are made of is written here, in a
    fraction of the time that protobuf takes.
    """
    if not literal.hash and not literal.metadata:
        primitive = literal.scalar.primitive
        name = primitive.WhichOneof("value")
        if name == "integer":
            return f'{{"scalar":{{"primitive":{{"integer":"{primitive.integer}"}}}}}}'
        if name == "string_value":
            return f'{{"scalar":{{"primitive":{{"stringValue":{dumps(primitive.string_value)}}}}}}}'
        if name == "boolean":
            return f'{{"scalar":{{"primitive":{{"boolean":{dumps(primitive.boolean)}}}}}}}'
        if name == "float_value" and math.isfinite(primitive.float_value):
            return f'{{"scalar":{{"primitive":{{"floatValue":{primitive.float_value!r}}}}}}}'
        if literal.collection.literals:
            inner = ",".join([_json_of(each, dumps) for each in literal.collection.literals])
            return f'{{"collection":{{"literals":[{inner}]}}}}'
        if literal.map.literals:
            named = sorted(literal.map.literals.items())
            inner = ",".join([f"{dumps(key)}:{_json_of(each, dumps)}" for key, each in named])
            return f'{{"map":{{"literals":{{{inner}}}}}}}'
    from google.protobuf.json_format import MessageToDict

    return dumps(MessageToDict(literal), separators=(",", ":"), sort_keys=True)


def read_literal(transformer: TypeTransformer[T], literal: Literal) -> T:
    """Return the value of a literal, of which it or any part may be stored elsewhere."""
    literal, stored = _here(literal)
    try:
        return transformer.to_python(literal)
    except ConversionError as error:
        # No transformer reads a stored part, so the parts of a large collection need not be looked at before.
        if _is_stored_within(literal):
            return transformer.to_python(fetched(literal))
        if stored:
            error.hint = ", ".join(part for part in (error.hint, f"it was stored at {preview(stored)}") if part)
        raise


def fetched(literal: Literal) -> Literal:
    """Return a literal of which nothing is stored elsewhere; the same one if that is so already."""
    literal, _ = _here(literal)
    if not _is_stored_within(literal):
        return literal
    copied = Literal()
    copied.CopyFrom(literal)
    for part in _parts(copied):
        if _is_stored(part) or _is_stored_within(part):
            part.CopyFrom(fetched(part))
    return copied


def _here(literal: Literal) -> tuple[Literal, str]:
    """Return a literal with content of its own, and where that was stored, or an empty text."""
    place, first = "", literal
    for _ in range(HOPS):
        if not _is_stored(literal):
            if place and first.hash and not literal.hash:
                literal.hash = first.hash
            return literal, place
        place = literal.offloaded_metadata.uri
        literal = _stored(place, literal.offloaded_metadata.size_bytes)
    raise ConversionError("a literal", f"one that is stored elsewhere {HOPS} times, at last at {preview(place)}")


def _stored(place: str, size: int) -> Literal:
    if not place:
        raise ConversionError("a literal", "an offloaded one that does not say where it lies")
    try:
        data = read_blob(place)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, ValueError) as error:
        raise ConversionError("a stored literal", f"nothing at {preview(place)}") from error
    # Its hash is whatever its author chose, so the size is what tells that it arrived whole.
    if size and len(data) != size:
        raise ConversionError(f"a stored literal of {size} bytes", f"{len(data)} bytes at {preview(place)}")
    try:
        return Literal.FromString(data)
    except DecodeError as error:
        raise ConversionError("a literal", f"something else at {preview(place)}") from error


def _is_stored(literal: Literal) -> bool:
    found: bool = literal.HasField("offloaded_metadata")
    return found


def _is_stored_within(literal: Literal) -> bool:
    return any(_is_stored(part) or _is_stored_within(part) for part in _parts(literal))


def _parts(literal: Literal) -> Any:
    kind = literal.WhichOneof("value")
    if kind == "collection":
        return literal.collection.literals
    if kind == "map":
        return literal.map.literals.values()
    if kind == "scalar" and literal.scalar.HasField("union"):
        return (literal.scalar.union.value,)
    return ()
