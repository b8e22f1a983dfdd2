"""The files that literals name: what is in them, and copies that are kept by content."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flyteidl.core.literals_pb2 import Literal, LiteralMap

__all__ = [
    "BLOBS",
    "VALUES",
    "check_files",
    "children",
    "content_hash",
    "is_part",
    "keep_files",
    "keep_value",
    "kept_files",
    "local_uri",
    "set_uri",
    "size_of",
]

BLOBS = "blobs"
"""The folder for files that values name: each in a folder named by the content."""
VALUES = "values"
"""The folder for values too large for a row, named by the content."""
PART = ".part"
"""How the name of what is not whole yet ends."""


def children(literal: Literal) -> Iterable[Literal]:
    """Return the literals directly inside one."""
    kind = literal.WhichOneof("value")
    if kind == "scalar":
        return (literal.scalar.union.value,) if literal.scalar.WhichOneof("value") == "union" else ()
    if kind == "collection":
        return literal.collection.literals  # type: ignore[no-any-return]
    return literal.map.literals.values() if kind == "map" else ()


def local_uri(literal: Literal) -> str | None:
    """Return the local file or folder that a literal itself names, or None."""
    if literal.WhichOneof("value") != "scalar":
        return None
    kind = literal.scalar.WhichOneof("value")
    if kind not in ("blob", "structured_dataset"):
        return None
    from fletching.types.blobs import is_remote

    uri = str(getattr(literal.scalar, kind).uri)
    return None if is_remote(uri) else uri


def set_uri(literal: Literal, uri: str) -> None:
    """Let a literal that names a file name another."""
    kind = literal.scalar.WhichOneof("value")
    getattr(literal.scalar, str(kind)).uri = uri


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


def size_of(path: str) -> int:
    """Return the bytes of a file, or of all files below a folder; 0 for what is gone."""
    if not os.path.isdir(path):
        with suppress(OSError):
            return os.lstat(path).st_size
        return 0
    return sum(size_of(os.path.join(path, name)) for name in os.listdir(path))


def _all_with_files(literals: LiteralMap) -> list[tuple[Literal, str]]:
    found, waiting = [], list(literals.literals.values())
    while waiting:
        literal = waiting.pop()
        waiting.extend(children(literal))
        uri = local_uri(literal)
        if uri is not None:
            found.append((literal, uri))
    return found


def is_part(name: str) -> bool:
    """Tell whether a file name is that of something that is not whole yet."""
    return name.endswith(PART)


def _placed(target: str, write: Callable[[str], object]) -> None:
    """Let ``write`` make something beside ``target`` and rename it, so that what a killed process leaves isn't whole.

    Nothing is synced to the disk: a reader checks the content, so what a power failure leaves of it is a miss.
    """
    part = f"{target}.{os.urandom(4).hex()}{PART}"
    try:
        write(part)
        os.rename(part, target)
    except OSError:
        if os.path.isdir(part):
            shutil.rmtree(part, ignore_errors=True)
        else:
            with suppress(OSError):
                os.unlink(part)
        raise


def keep_files(literals: LiteralMap, cache: str) -> dict[str, int]:
    """Copy every local file that ``literals`` name below the folder of the cache, and name the copies instead.

    Returns:
        What they need of the cache, as `kept_files` names it, and its bytes.
    """
    from fletching.types.blobs import local_path

    kept: dict[str, int] = {}
    for literal, uri in _all_with_files(literals):
        source = local_path(uri)
        content = content_hash(source)
        home = os.path.join(cache, BLOBS, content)
        target = os.path.join(home, os.path.basename(source) or "data")
        if os.path.exists(target) and content_hash(target) != content:  # somebody wrote to what a call returned
            shutil.rmtree(home)
        if os.path.exists(target):
            os.utime(home)  # its age protects it while no row names it yet
        else:
            os.makedirs(home, exist_ok=True)
            copy: Callable[..., object] = shutil.copytree if os.path.isdir(source) else shutil.copyfile
            try:
                _placed(target, lambda part, copy=copy, source=source: copy(source, part))  # type: ignore[misc]
            except OSError:
                if not os.path.exists(target):  # else another process was first
                    raise
        set_uri(literal, target)
        kept[f"{BLOBS}/{content}"] = size_of(home)
    return kept


def keep_value(data: bytes, digest: str, cache: str) -> str:
    """Write a large value below the folder of the cache, and return what `kept_files` would call it."""
    folder = os.path.join(cache, VALUES)
    os.makedirs(folder, exist_ok=True)

    def write(part: str) -> None:
        with open(part, "wb") as file:
            file.write(data)

    _placed(os.path.join(folder, digest), write)
    return f"{VALUES}/{digest}"


def kept_files(literals: LiteralMap, cache: str) -> dict[str, int]:
    """Return the folders of the cache that stored literals need, relative to it, and their bytes."""
    found = {}
    for _, uri in _all_with_files(literals):
        content = _content_of(uri)
        if content:
            name = f"{BLOBS}/{content}"
            found[name] = size_of(os.path.join(cache, name))
    return found


def _content_of(uri: str) -> str:
    """Return the content that the path of a kept file says, or an empty string."""
    from fletching.types.blobs import local_path

    content = os.path.basename(os.path.dirname(local_path(uri)))
    return content if len(content) == 64 else ""


def check_files(literals: LiteralMap) -> None:
    """Raise `OSError` if a file that stored literals name is gone or is not what was stored.

    A literal holds the whole path, so of a cache that was moved since it is made to name the file here.
    """
    found = _all_with_files(literals)
    if not found:
        return
    from fletching.run.cache_store import cache_folder
    from fletching.types.blobs import local_path

    for literal, uri in found:
        path, content = local_path(uri), _content_of(uri)
        if not content:
            continue
        here = os.path.join(cache_folder(), BLOBS, content, os.path.basename(path))
        if path != here and os.path.exists(here):
            set_uri(literal, here)
            path = here
        if content_hash(path) != content:
            raise OSError(f"{path!r} is not what was stored")
