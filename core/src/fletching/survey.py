"""What the file system shows of what is installed: cheap stamps that change when the answer could.

Every folder of ``sys.path`` has a stamp, and so has each metadata folder (``*.dist-info``, ``*.egg-info``) in it.
A stamp holds modification time, change time and inode. The change time cannot be set by a program, so a folder that was
copied, unpacked or restored with an old modification time is noticed too.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Odd", "Survey", "file_stamps", "folder_stamp", "info_stamp", "infos", "searched", "survey"]

DIRECTORY = 0o040000
KIND = 0o170000
FILES = ("", "/METADATA", "/entry_points.txt")
"""What matters of a metadata folder: itself and these files in it."""
OLD_FILES = (*FILES, "/PKG-INFO", "/requires.txt")
"""The same for one that setuptools wrote."""


class Odd(Exception):
    """Something on ``sys.path`` whose changes a stamp cannot show: a zip file, a folder that cannot be read."""


class Survey(NamedTuple):
    """Every stamp at one moment."""

    folders: tuple[tuple[str, int], ...]
    """Each folder of ``sys.path``; stamp 0 if it does not exist."""
    infos: tuple[tuple[str, int], ...]
    """Each metadata folder."""
    newest: int
    """When the last change of any of them happened, in nanoseconds since the epoch."""


def searched() -> tuple[str, ...] | None:
    """Return ``sys.path`` as absolute paths, or None if more than folders can bring distributions."""
    if any(type(path) is not str for path in sys.path):
        return None
    for finder in sys.meta_path:
        if getattr(finder, "find_distributions", None) is None:
            continue
        modules = {str(getattr(one, "__module__", "")).partition(".")[0] for one in (finder, type(finder))}
        if not modules & {"_frozen_importlib_external", "importlib_metadata"}:
            return None
    return tuple(path if os.path.isabs(path) else os.path.abspath(path) for path in sys.path)


def changed(found: os.stat_result) -> int:
    """Return when a file last changed; on Windows the change time is the time of creation."""
    return found.st_mtime_ns if os.name == "nt" else found.st_ctime_ns


def file_stamps(paths: Iterable[str]) -> int:
    """Return one stamp over many files; one that does not exist counts as well."""
    marks: list[int] = []
    stat = os.stat
    for path in paths:
        try:
            found = stat(path)
        except OSError:
            marks.append(0)
        else:
            marks += (found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
    return hash(tuple(marks))


def folder_stamp(path: str) -> tuple[int, int]:
    """Return the stamp of a folder of ``sys.path`` and when it last changed; zeros if there is none.

    Raises `Odd` if it is something else than a folder.
    """
    try:
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return 0, 0
    except (OSError, ValueError) as error:
        raise Odd(path) from error
    if found.st_mode & KIND != DIRECTORY:
        raise Odd(path)
    return hash((found.st_mtime_ns, found.st_ctime_ns, found.st_ino)), changed(found)


def infos(folder: str) -> list[str]:
    """Return the metadata folders in a folder."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    endings = (".dist-info", ".egg-info", "egg-info")
    return [os.path.join(folder, name) for name in names if name.lower().endswith(endings)]


def info_stamp(path: str) -> tuple[int, int]:
    """Return one stamp over everything that matters in a metadata folder, and when that last changed."""
    marks: list[int] = []
    newest = 0
    # setuptools writes other files, and in place; a folder without METADATA may still hold them.
    plain = path.endswith(".dist-info") and os.path.exists(f"{path}/METADATA")
    for part in FILES if plain else OLD_FILES:
        try:
            found = os.stat(path + part)
        except OSError:
            marks.append(0)
            continue
        marks += (found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
        newest = max(newest, changed(found))
    return hash(tuple(marks)), newest


def survey(paths: tuple[str, ...]) -> Survey:
    """Return every stamp of these folders."""
    folders, found, newest = [], [], 0
    for path in paths:
        mark, when = folder_stamp(path)
        folders.append((path, mark))
        newest = max(newest, when)
        for info in infos(path) if mark else ():
            mark, when = info_stamp(info)
            found.append((info, mark))
            newest = max(newest, when)
    return Survey(tuple(folders), tuple(found), newest)
