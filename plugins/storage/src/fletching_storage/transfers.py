"""Files and folders to and from a store: many at a time, in flat memory, and never half of one under its name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from fletching.errors import StorageError
from fletching_storage.client import chunk_size, upload_attributes
from fletching_storage.places import FOLDER_MARK
from fletching_storage.problems import is_missing, is_no_bucket, nothing_at
from fletching_storage.waiting import each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fletching_storage.places import Place

__all__ = ["fetch", "send_file", "send_folder"]

AT_ONCE = 32
"""Files on their way at the same time."""
PIECE = 8 * 1024 * 1024
PIECES_AT_ONCE = 8
PARTS_AT_ONCE = 8


def fetch(obs: Any, store: Any, place: Place, path: str) -> None:
    """Copy what is at a place, an object or all below it, to ``path``."""
    if place.key and not place.uri.endswith("/") and not os.path.isdir(path):
        try:
            fetch_file(obs, store, place.key, path)
            return
        except FileNotFoundError as error:
            if not is_missing(error) or is_no_bucket(error):
                raise
    if os.path.lexists(path):
        count = fetch_folder(obs, store, place.key, path)
    else:
        unfinished = _beside(path)
        try:
            count = fetch_folder(obs, store, place.key, unfinished)
            if count:
                os.replace(unfinished, path)
        finally:
            import shutil

            shutil.rmtree(unfinished, ignore_errors=True)
    if not count:
        raise nothing_at(place)


def fetch_file(obs: Any, store: Any, key: str, path: str) -> None:
    """Copy one object to a file, which is there when it is whole."""
    found = obs.get(store, key)
    size = found.meta["size"]
    unfinished = _beside(path)
    try:
        with open(unfinished, "xb") as stream:
            if size <= PIECE:
                stream.writelines(found)
            else:
                about = found.meta
                del found  # its connection: the pieces have their own
                _fetch_pieces(obs, store, key, about, stream.fileno())
        os.replace(unfinished, path)
    finally:
        if os.path.lexists(unfinished):
            os.unlink(unfinished)


def _fetch_pieces(obs: Any, store: Any, key: str, about: Any, descriptor: int) -> None:
    size, tag = about["size"], about["e_tag"]
    os.truncate(descriptor, size)

    def fetch(start: int) -> None:
        options: dict[str, Any] = {"range": (start, min(start + PIECE, size))}
        if tag:
            options["if_match"] = tag  # all pieces are of one object, also if it is replaced meanwhile
        data = memoryview(obs.get(store, key, options=options).bytes())
        if len(data) != min(PIECE, size - start):
            raise StorageError(f"the object {key!r} was cut short at {start + len(data)} of {size} bytes")
        while data:
            written = os.pwrite(descriptor, data, start)
            data, start = data[written:], start + written

    each(fetch, range(0, size, PIECE), PIECES_AT_ONCE)


def fetch_folder(obs: Any, store: Any, key: str, path: str) -> int:
    """Copy all objects below ``key`` into a folder, and return how many there were."""
    count = 0
    large: list[tuple[str, str]] = []

    def small() -> Iterator[tuple[str, str]]:
        nonlocal count
        for about in _listed(obs, store, key):
            name = _name_below(key, about["path"])
            if name is None:
                continue
            count += 1
            target = os.path.join(path, *name)
            if name[-1] == FOLDER_MARK:
                os.makedirs(os.path.dirname(target), exist_ok=True)
            elif about["size"] > PIECE:
                large.append((about["path"], target))
            else:
                yield about["path"], target

    os.makedirs(path, exist_ok=True)
    each(lambda pair: _fetch_below(obs, store, *pair), small(), AT_ONCE)
    for pair in large:
        _fetch_below(obs, store, *pair)
    return count


def _fetch_below(obs: Any, store: Any, key: str, target: str) -> None:
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.isdir(target):
            obs.head(store, key)  # there is none of this name where it is the object of a folder
            raise IsADirectoryError(f"{target!r} is a folder")
        fetch_file(obs, store, key, target)
    except FileNotFoundError as error:
        if not is_missing(error):
            raise
        # Listed as `name/` by those who write an object for a folder; the library leaves the slash away.
        os.makedirs(target, exist_ok=True)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        # Such an object may have come first.
        raise StorageError(f"the object {key!r} is a file and a folder, which no file system has: {error}") from error


def _listed(obs: Any, store: Any, key: str) -> Iterator[Any]:
    """Yield what is known of each object below ``key``."""
    for some in obs.list(store, key or None, chunk_size=1000):
        yield from some


def _name_below(key: str, found: str) -> list[str] | None:
    """Return the parts of a name relative to a folder, or None for the folder itself; refuse what leads out."""
    relative = found[len(key) :].lstrip("/") if key else found
    if (key and not found.startswith(key)) or not relative:
        return None
    parts = relative.split("/")
    separators = {os.sep, os.altsep or os.sep} - {"/"}
    if any(part in ("", ".", "..") or "\0" in part or separators.intersection(part) for part in parts):
        raise StorageError(f"the object {found!r} has a name that leads out of its folder, or is no file name")
    return parts


def send_file(obs: Any, store: Any, path: str, key: str, parts_at_once: int = PARTS_AT_ONCE) -> None:
    """Copy a file to one object."""
    size = os.path.getsize(path)
    with open(path, "rb") as stream:
        obs.put(
            store,
            key,
            stream,
            attributes=upload_attributes(store),
            chunk_size=chunk_size(size),
            max_concurrency=parts_at_once,
        )


def send_folder(obs: Any, store: Any, path: str, key: str) -> None:
    """Copy all files below a folder to objects below ``key``; what a link inside leads to is copied like any file."""
    large: list[tuple[str, str]] = []

    def small() -> Iterator[tuple[str, str]]:
        for file, name in _files_below(path, "", (os.path.realpath(path),)):
            target = f"{key}/{name}" if key else name
            if file and os.path.getsize(file) > PIECE:
                large.append((file, target))
            else:
                yield file, target

    def send(pair: tuple[str, str]) -> None:
        file, target = pair
        if file:
            send_file(obs, store, file, target)
        else:
            obs.put(store, target, b"", attributes=upload_attributes(store))

    each(send, small(), AT_ONCE)
    for pair in large:
        send(pair)


def _files_below(folder: str, name: str, around: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield path and name of each file, and a name without path for each folder that has nothing in it."""
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    prefix = f"{name}/" if name else ""
    if not found:
        yield "", prefix + FOLDER_MARK
    for entry in found:
        if entry.is_dir():
            real = os.path.realpath(entry.path)
            if real in around:
                raise StorageError(f"{entry.path!r} leads back to a folder that it is in, so it has no end to upload")
            yield from _files_below(entry.path, prefix + entry.name, (*around, real))
        elif entry.is_file():
            yield entry.path, prefix + entry.name
        else:
            raise StorageError(f"{entry.path!r} is neither a file nor a folder, and cannot be uploaded")


def _beside(path: str) -> str:
    return os.path.join(os.path.dirname(path), f".{os.urandom(8).hex()}")
