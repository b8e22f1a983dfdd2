"""What two calls must share to have the same outputs, and the files that literals name."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flyteidl.core.literals_pb2 import Literal, LiteralMap

__all__ = ["call_key", "check_files", "keep_files"]


def call_key(task: Any, inputs: Mapping[str, Any]) -> str:
    """Return the cache key of a call, in hex.

    Raises:
        ConversionError: an input does not fit its type.
        OSError: a file among the inputs cannot be read.
    """
    import hashlib

    from fletching.errors import ConversionError
    from fletching.types.engine import transformer

    metadata, interface = task.metadata, task.python_interface
    digest = hashlib.sha256()
    for part in (b"fletching-1", task.name.encode(), metadata.cache_version.encode(), _interface_bytes(task)):
        digest.update(len(part).to_bytes(8, "big") + part)
    for name in sorted(set(inputs) - set(metadata.cache_ignore_input_vars)):
        try:
            literal = transformer(interface.inputs[name]).to_literal(inputs[name])
        except ConversionError as error:
            raise error.within(task.short_name, f"argument {name!r}") from None
        _reduce(literal)
        data = literal.SerializeToString(deterministic=True)
        for part in (name.encode(), data):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _interface_bytes(task: Any) -> bytes:
    """Return the interface without its descriptions: a reworded docstring changes no output."""
    interface = task.interface
    for side in (interface.inputs, interface.outputs):
        for variable in side.variables.values():
            variable.description = ""
    data: bytes = interface.SerializeToString(deterministic=True)
    return data


def _reduce(literal: Literal) -> None:
    """Replace, in place, what does not say what a value is by what does: a given hash, a file's content."""
    if literal.hash:
        given = literal.hash
        literal.Clear()
        literal.hash = given
        return
    for inner in _children(literal):
        _reduce(inner)
    uri = _uri(literal)
    if uri is not None and _is_local(uri):
        _set_uri(literal, f"sha256:{content_hash(uri)}")


def _children(literal: Literal) -> Iterator[Literal]:
    kind = literal.WhichOneof("value")
    if kind == "collection":
        yield from literal.collection.literals
    elif kind == "map":
        yield from literal.map.literals.values()
    elif kind == "scalar" and literal.scalar.WhichOneof("value") == "union":
        yield literal.scalar.union.value


def _uri(literal: Literal) -> str | None:
    if literal.WhichOneof("value") != "scalar":
        return None
    kind = literal.scalar.WhichOneof("value")
    if kind not in ("blob", "structured_dataset"):
        return None
    return str(getattr(literal.scalar, kind).uri)


def _set_uri(literal: Literal, uri: str) -> None:
    kind = literal.scalar.WhichOneof("value")
    getattr(literal.scalar, str(kind)).uri = uri


def _is_local(uri: str) -> bool:
    from fletching.types.blobs import is_remote

    return not is_remote(uri)


def content_hash(path: str) -> str:
    """Return the SHA-256 of a file, or of a folder's names and contents."""
    import hashlib

    from fletching.types.blobs import local_path

    path = local_path(path)
    if os.path.isdir(path):
        return _folder_hash(path, frozenset())
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _folder_hash(path: str, around: frozenset[str]) -> str:
    """Hash what a task sees in a folder: empty folders too, and what links lead to."""
    import hashlib

    around |= {os.path.realpath(path)}
    digest = hashlib.sha256(b"folder")
    for name in sorted(os.listdir(path)):
        inner = os.path.join(path, name)
        if os.path.isdir(inner):
            if os.path.realpath(inner) in around:
                raise OSError(f"{inner!r} leads back to a folder that it is in")
            found = _folder_hash(inner, around)
        elif os.path.isfile(inner):
            found = content_hash(inner)
        else:
            raise OSError(f"{inner!r} is neither a file nor a folder")
        digest.update(os.fsencode(name) + b"\0" + found.encode())
    return digest.hexdigest()


def _all_with_files(literals: LiteralMap) -> Iterator[Literal]:
    waiting = list(literals.literals.values())
    while waiting:
        literal = waiting.pop()
        waiting.extend(_children(literal))
        uri = _uri(literal)
        if uri is not None and _is_local(uri):
            yield literal


def keep_files(literals: LiteralMap, folder: str) -> None:
    """Copy every local file that ``literals`` name below ``folder``, by content, and name the copies instead."""
    import shutil

    from fletching.types.blobs import local_path

    for literal in _all_with_files(literals):
        source = local_path(str(_uri(literal)))
        content = content_hash(source)
        home = os.path.join(folder, content)
        target = os.path.join(home, os.path.basename(source) or "data")
        if os.path.exists(target) and content_hash(target) != content:  # somebody wrote to what a call returned
            shutil.rmtree(home)
        if not os.path.exists(target):
            # Copied beside and renamed, so that a process killed half-way leaves no file that looks whole.
            os.makedirs(home, exist_ok=True)
            part = f"{target}.{os.urandom(4).hex()}.part"
            try:
                (shutil.copytree if os.path.isdir(source) else shutil.copyfile)(source, part)
                os.rename(part, target)
            except OSError:
                if os.path.isdir(part):
                    shutil.rmtree(part, ignore_errors=True)
                else:
                    with suppress(OSError):
                        os.unlink(part)
                if not os.path.exists(target):  # else another process was first
                    raise
        _set_uri(literal, target)


def check_files(literals: LiteralMap) -> None:
    """Raise `OSError` if a file that stored literals name is gone or is not what was stored."""
    from fletching.types.blobs import local_path

    for literal in _all_with_files(literals):
        path = local_path(str(_uri(literal)))
        stored = os.path.basename(os.path.dirname(path))
        if len(stored) == 64 and content_hash(path) != stored:
            raise OSError(f"{path!r} is not what was stored")
