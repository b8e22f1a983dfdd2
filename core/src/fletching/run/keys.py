"""What two calls must share to have the same outputs, as one key and as the parts that it was made of."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from fletching.errors import ConversionError
from fletching.redaction import redact
from fletching.run.cache_files import children, content_hash, local_uri, set_uri

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flyteidl.core.literals_pb2 import Literal

    from fletching.metadata import TaskMetadata

__all__ = ["NO_HASHES", "CallKey", "call_ingredients", "call_key", "key_of"]

FORMAT = b"fletching-1"
"""The first part of every key. Another one forgets what every user has cached."""
SHORT = 32
"""Hexadecimal digits that tell two inputs apart where somebody reads them."""
LONGEST = 80
"""A longer hash that a user gave is shown as its digest."""

NO_HASHES: Mapping[str, Any] = {}

_interfaces: WeakKeyDictionary[Any, tuple[object, bytes]] = WeakKeyDictionary()
"""An interface never changes, and making its wire form takes longer than all the rest of a key."""


class CallKey(NamedTuple):
    """The key of a call and what it was made of; no value is in it, only digests."""

    key: str
    """The cache key, in hex."""
    ingredients: Mapping[str, str]
    """``task``, ``version``, ``interface``, ``input:<name>`` and ``ignored:<name>``, each with a short text."""


def call_key(task: Any, inputs: Mapping[str, Any], metadata: TaskMetadata | None = None) -> str:
    """Return the cache key of a call, in hex; raises what `key_of` raises."""
    return key_of(task, inputs, metadata).key


def call_ingredients(task: Any, inputs: Mapping[str, Any], metadata: TaskMetadata | None = None) -> Mapping[str, str]:
    """Return what the key of a call is made of; raises what `key_of` raises."""
    return key_of(task, inputs, metadata).ingredients


def key_of(
    task: Any, inputs: Mapping[str, Any], metadata: TaskMetadata | None = None, hashed: Mapping[str, Any] = NO_HASHES
) -> CallKey:
    """Return the cache key of a call and its ingredients.

    Args:
        task: what is called.
        inputs: every input by name.
        metadata: what holds for this call, if it is not the task's own.
        hashed: the annotations of those outputs that inputs are, and that say how they are hashed.

    Raises:
        ConversionError: an input does not fit its type.
        OSError: a file among the inputs cannot be read.
    """
    from fletching.types.engine import transformer

    metadata = task.metadata if metadata is None else metadata
    types, interface = task.python_interface.inputs, _interface_bytes(task)
    digest = hashlib.sha256()
    for part in (FORMAT, task.name.encode(), metadata.cache_version.encode(), interface):
        digest.update(len(part).to_bytes(8, "big") + part)
    ingredients = {
        "task": task.name,
        "version": redact(metadata.cache_version),
        "interface": hashlib.sha256(interface).hexdigest()[:SHORT],
    }
    ignored = metadata.cache_ignore_input_vars
    for name in sorted(inputs):
        if name in ignored:
            ingredients[f"ignored:{name}"] = "ignored"
            continue
        try:
            literal = transformer(hashed.get(name) or types[name]).to_literal(inputs[name])
        except ConversionError as error:
            raise error.within(task.short_name, f"argument {name!r}") from None
        _reduce(literal)
        data = literal.SerializeToString(deterministic=True)
        for part in (name.encode(), data):
            digest.update(len(part).to_bytes(8, "big") + part)
        given = literal.hash
        short = given and len(given) <= LONGEST
        ingredients[f"input:{name}"] = redact(given) if short else hashlib.sha256(data).hexdigest()[:SHORT]
    return CallKey(digest.hexdigest(), ingredients)


def _interface_bytes(task: Any) -> bytes:
    """Return the interface without its descriptions: a reworded docstring changes no output."""
    known = _interfaces.get(task)
    if known is None or known[0] is not task.python_interface:  # a workflow gets another one while it is built
        interface = task.interface
        for side in (interface.inputs, interface.outputs):
            for variable in side.variables.values():
                variable.description = ""
        known = _interfaces[task] = task.python_interface, interface.SerializeToString(deterministic=True)
    return known[1]


def _reduce(literal: Literal) -> None:
    """Replace, in place, what does not say what a value is by what does: a given hash, a file's content."""
    if literal.hash:
        given = literal.hash
        literal.Clear()
        literal.hash = given
        return
    for inner in children(literal):
        _reduce(inner)
    uri = local_uri(literal)
    if uri is not None:
        set_uri(literal, f"sha256:{content_hash(uri)}")
