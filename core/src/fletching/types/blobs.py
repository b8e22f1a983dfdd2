"""Where the files behind blob literals live, and how they are written and read."""

from __future__ import annotations

import os
from contextvars import ContextVar
from typing import IO, TYPE_CHECKING, Any, Protocol, runtime_checkable

from fletching.types.scratch import process_folder, work_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "Storage",
    "check_links",
    "is_inside",
    "is_remote",
    "join",
    "local_path",
    "new_blob_path",
    "new_local_path",
    "new_work_path",
    "output_prefix",
    "raw_output_prefix",
    "read_blob",
    "scheme_of",
    "storage_for",
    "upload",
    "write_at",
    "write_blob",
]

raw_output_prefix: ContextVar[str | None] = ContextVar("raw_output_prefix", default=None)
"""Folder or URI below which outputs are written; ``None`` is a folder of this process, removed when it ends.

An executor that runs a task in another process sets it there, so that what the task wrote outlives the process.
"""


@runtime_checkable
class Storage(Protocol):
    """What an entry point of the group ``fletching.storage`` gives for its scheme, when called without arguments."""

    def download(self, uri: str, path: str) -> None:
        """Copy the file, or the folder with all below it, at ``uri`` to the local ``path``."""
        ...

    def upload(self, path: str, uri: str) -> None:
        """Copy the local file, or folder with all below it, at ``path`` to ``uri``."""
        ...

    def open(self, uri: str, mode: str, **options: Any) -> IO[Any]:
        """Open ``uri`` as a stream, without a local copy; ``options`` are hints for reading ahead."""
        ...

    def listdir(self, uri: str) -> list[tuple[str, bool]]:
        """Return name and is-a-folder for each entry directly below ``uri``."""
        ...


def scheme_of(path: str) -> str:
    """Return the URI scheme in lower case, or an empty string for a local path."""
    head, separator, _ = path.partition("://")
    if not separator or len(head) < 2 or not head.replace("+", "").replace("-", "").replace(".", "").isalnum():
        return ""
    return "" if head.lower() == "file" else head.lower()


def is_remote(path: str) -> bool:
    """Return whether ``path`` needs a storage plugin to be read."""
    return "://" in path and scheme_of(path) != ""


def local_path(path: str) -> str:
    """Return a local path as the operating system takes it: absolute, without ``file://``."""
    if path[:7].lower() == "file://":
        path = path[7:]
    return os.path.abspath(path)


def join(folder: str, *names: str) -> str:
    """Return the place of an entry below a folder, local or remote."""
    if is_remote(folder):
        return "/".join((folder.rstrip("/"), *names))
    return os.path.join(folder, *names)


def storage_for(uri: str) -> Storage:
    """Return the storage plugin for a URI; raise `UnknownPluginError` that says what to install."""
    from fletching.errors import PluginContractError, UnknownPluginError
    from fletching.plugins import manager

    scheme = scheme_of(uri)
    found = manager().find("storage", scheme)
    if found is None:
        raise UnknownPluginError(
            f"{uri!r} needs a storage plugin for {scheme!r}, and none is installed; "
            f"install a package that brings the entry point {scheme!r} in the group 'fletching.storage', "
            "or use a local path"
        )
    storage = found()
    if not isinstance(storage, Storage):
        raise PluginContractError(
            f"the storage plugin for {scheme!r} gave {type(storage).__qualname__}, "
            "which lacks one of download, upload, open, listdir"
        )
    return storage


def output_prefix() -> str:
    """Return the folder or URI below which outputs are written."""
    return raw_output_prefix.get() or process_folder()


def new_blob_path(filename: str = "") -> str:
    """Return a place nobody else has, below the raw output prefix: ``<prefix>/<32 hex digits>/<filename>``.

    The folder above a local place exists when this returns.
    """
    # Never the global random generator: user code seeds it, and two attempts would write to one place.
    folder = join(output_prefix(), os.urandom(16).hex())
    place = join(folder, filename) if filename else folder
    if not is_remote(place):
        place = local_path(place)
        os.makedirs(os.path.dirname(place), exist_ok=True)
    return place


def new_local_path(filename: str = "") -> str:
    """Return a local place nobody else has, removed with this process: for working copies, not for outputs."""
    folder = os.path.join(process_folder(), os.urandom(16).hex())
    os.makedirs(folder)
    return os.path.join(folder, filename) if filename else folder


def new_work_path(name: str) -> str:
    """Return the place of a name in the running task's working directory; outside of a task, one nobody else has."""
    folder = work_folder()
    return os.path.join(folder, name) if folder else new_local_path(name)


def upload(path: str, uri: str) -> str:
    """Copy a local file or folder to ``uri``, local or remote, and return where it is now.

    A link is refused where it would show something from outside the folder, or the file itself is one.
    """
    check_links(path)
    if is_remote(uri):
        storage_for(uri).upload(path, uri)
        return uri
    target = local_path(uri)
    if os.path.realpath(target) == os.path.realpath(path):
        return target
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.isdir(path) and os.path.isdir(target):
        _copy_into(path, target)
    else:
        _copy(path, target)
    return target


def _copy(path: str, target: str) -> None:
    """Copy a file, a link or a new folder, under another name first: nobody ever finds a part of it."""
    import shutil

    unfinished = os.path.join(os.path.dirname(target), f".{os.urandom(8).hex()}")
    try:
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.copytree(path, unfinished, symlinks=True)
        else:
            shutil.copyfile(path, unfinished, follow_symlinks=False)
        os.replace(unfinished, target)
    except BaseException:
        if os.path.isdir(unfinished) and not os.path.islink(unfinished):
            shutil.rmtree(unfinished, ignore_errors=True)
        elif os.path.lexists(unfinished):
            os.unlink(unfinished)
        raise


def _copy_into(path: str, target: str) -> None:
    """Copy what is in a folder into another that is there, as when an attempt is repeated."""
    for name in sorted(os.listdir(path)):
        inner, place = os.path.join(path, name), os.path.join(target, name)
        if os.path.isdir(inner) and os.path.isdir(place) and not (os.path.islink(inner) or os.path.islink(place)):
            _copy_into(inner, place)
        else:
            _copy(inner, place)


def check_links(path: str) -> None:
    """Raise `ConversionError` if ``path`` is a link, or a folder with a link in it that leads out of it."""
    from fletching.errors import ConversionError

    if os.path.islink(path):
        raise ConversionError(
            "a file or directory to copy", f"the link {path!r}", hint="pass what it points at: os.path.realpath(path)"
        )
    root = os.path.realpath(path)
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            entry = os.path.join(folder, name)
            if os.path.islink(entry) and (os.path.isabs(os.readlink(entry)) or not is_inside(root, entry)):
                raise ConversionError(
                    "a directory without links that lead out of it",
                    f"{entry!r} -> {os.readlink(entry)!r}",
                    hint="replace the link by a copy, or by a relative link to something inside",
                )


def is_inside(root: str, path: str) -> bool:
    """Return whether ``path``, its links followed, is ``root`` or below it."""
    root, path = os.path.realpath(root), os.path.realpath(path)
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def write_blob(data: bytes, filename: str) -> str:
    """Write ``data`` to a new place and return its URI."""
    place = new_blob_path(filename)
    write_at(place, data)
    return place


def write_at(place: str, data: bytes | Iterable[bytes]) -> None:
    """Write ``data``, at once or piece by piece, to a place, local or remote, whose folder exists."""
    parts = (data,) if isinstance(data, bytes) else data
    if is_remote(place):
        with storage_for(place).open(place, "wb") as stream:
            stream.writelines(parts)
    else:
        with open(local_path(place), "wb") as file:
            file.writelines(parts)


def read_blob(uri: str) -> bytes:
    """Return the content of a file, local or remote."""
    if is_remote(uri):
        with storage_for(uri).open(uri, "rb") as stream:
            data: bytes = stream.read()
            return data
    with open(local_path(uri), "rb") as stream:
        return stream.read()
