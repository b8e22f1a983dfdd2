"""Files inside dataclasses and other objects of inputs: sent, and named in the object where they are then."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Any

from fletching.extend import raw_output_prefix, to_literal_map
from fletching_flyte.transfers import scalars, send_files_below

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flyteidl.core.literals_pb2 import Binary, Literal, LiteralMap

    from fletching_flyte.client import FlyteClient

__all__ = ["send_nested_files"]

MSGPACK = "msgpack"


def send_nested_files(
    client: FlyteClient,
    literals: LiteralMap,
    types: Mapping[str, Any],
    inputs: Mapping[str, Any],
    *,
    project: str,
    domain: str,
) -> None:
    """Send the files of this machine that objects among inputs name, and change the literals of those objects.

    The objects are written again with a folder of our own as the place for files, which copies theirs to it. So it is
    known what is a file, and what is a text that looks like a path.

    Args:
        client: the backend.
        literals: the inputs; those without objects are left as they are.
        types: the annotation of each.
        inputs: the native values.
        project: for whom.
        domain: for whom.

    Raises:
        BackendError: a file could not be sent.
    """
    objects = {name for name, literal in literals.literals.items() if any(_packed(literal))}
    if not objects:
        return
    with tempfile.TemporaryDirectory(prefix="fletching-inputs-") as folder:
        before = raw_output_prefix.set(folder)
        try:
            kinds = {name: types[name] for name in objects}
            again = to_literal_map(kinds, {name: inputs[name] for name in objects})
        finally:
            raw_output_prefix.reset(before)
        there = send_files_below(client, folder, project=project, domain=domain)
    if not there:
        return
    for name in objects:
        for packed in _packed(again.literals[name]):
            packed.value = _renamed(packed.value, folder, there)
        literals.literals[name].CopyFrom(again.literals[name])


def _packed(literal: Literal) -> Iterator[Binary]:
    """Tell the messages of a literal that hold a packed object."""
    for scalar in scalars(literal):
        if scalar.HasField("binary") and scalar.binary.tag == MSGPACK:
            yield scalar.binary


def _renamed(data: bytes, folder: str, there: str) -> bytes:
    import msgpack

    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return there + value[len(folder) :] if value.startswith(folder + os.sep) else value
        if isinstance(value, list):
            return [walk(each) for each in value]
        if isinstance(value, dict):
            return {key: walk(each) for key, each in value.items()}
        return value

    packed: bytes = msgpack.packb(walk(msgpack.unpackb(data, strict_map_key=False)))
    return packed
