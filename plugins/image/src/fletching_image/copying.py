"""The files that go into an image: which they are, and what they say."""

from __future__ import annotations

import hashlib
import os
import stat
from enum import Enum
from typing import TYPE_CHECKING

from fletching.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CopyFileDetection", "copied", "digest_of", "files_below", "inside"]


class CopyFileDetection(Enum):
    """Which files below ``source_root`` an image gets, as the Flyte SDK numbers them.

    Which modules are loaded differs from process to process, and so would the name of the image: `LOADED_MODULES`
    takes all Python files that no ignore file leaves out.
    """

    LOADED_MODULES = 1
    ALL = 2
    NO_COPY = 3


def files_below(root: str, mode: CopyFileDetection) -> dict[str, str]:
    """Return the path behind each name, relative and with slashes, of what is copied from a folder.

    Raises:
        ConfigError: there is no such folder.
    """
    if mode is CopyFileDetection.NO_COPY:
        return {}
    if not os.path.isdir(root):
        raise ConfigError(f"ImageSpec: source_root is {root!r}, which is no folder here")
    from fletching.extend import all_files

    found = all_files(os.path.abspath(root))
    return found if mode is CopyFileDetection.ALL else {name: found[name] for name in found if name.endswith(".py")}


def copied(paths: Iterable[str], root: str | None) -> dict[str, str]:
    """Return the path behind each name of the files and folders that a specification copies one by one.

    Args:
        paths: as given: relative to ``root``.
        root: the folder; None for the one this process works in.

    Raises:
        ConfigError: one of them is not there.
    """
    from fletching.extend import all_files

    found: dict[str, str] = {}
    for path in paths:
        name = inside(path)
        here = os.path.join(root or os.getcwd(), name)
        if os.path.isdir(here):
            prefix = "" if name == "." else f"{name}/"
            found.update({prefix + below: file for below, file in all_files(os.path.abspath(here)).items()})
        elif os.path.isfile(here):
            found[name] = here
        else:
            raise ConfigError(f"ImageSpec: copy names {path!r}, and there is no file or folder {here!r}")
    return found


def inside(path: str) -> str:
    """Return a path as a name in the build context: relative, normal, with slashes.

    Raises:
        ConfigError: it leads out of the folder.
    """
    name = os.path.normpath(path).replace(os.sep, "/")
    if os.path.isabs(path) or name == ".." or name.startswith("../"):
        raise ConfigError(
            f"ImageSpec: copy names {path!r}, expected a path below source_root, or below the folder that you work in"
        )
    return name


def digest_of(files: dict[str, str]) -> str:
    """Return the digest of the names, the contents, and of whether each may be executed.

    Raises:
        ConfigError: one cannot be read.
    """
    digest = hashlib.sha256()
    for name in sorted(files):
        path = files[name]
        try:
            if os.path.islink(path):
                mark, content = b"l", os.readlink(path).encode()
            else:
                mark = b"x" if os.stat(path).st_mode & stat.S_IXUSR else b"f"
                with open(path, "rb") as stream:
                    content = hashlib.file_digest(stream, "sha256").digest()
        except OSError as error:
            raise ConfigError(f"ImageSpec: {path!r} cannot be read: {error.strerror}") from error
        for part in (name.encode(), mark, content):
            digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()
