"""Which files of a project a bundle holds: all that nobody ignores, or those of the modules that are imported."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

from fletching.container.ignoring import Ignored
from fletching.errors import CodeBundleError, FletchingWarning
from fletching.types.blobs import is_inside

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["all_files", "link_target", "loaded_files"]

PARSING = threading.Lock()
"""One at a time: in Python 3.11 and 3.12 two threads that parse code disturb each other."""


def all_files(root: str, *, deref_symlinks: bool = False) -> dict[str, str]:
    """Return the path behind each name, relative and with slashes, of what no ignore file leaves out.

    A link that stays inside is kept as one. A folder without files is not named, nor is an environment, whatever
    it is called. Sockets, pipes and devices are nothing that could be copied. What may hold secrets is left out, with a
    warning, unless an ignore file says otherwise.

    Args:
        root: the folder.
        deref_symlinks: whether a copy of what a link leads to takes its place; then it may lead anywhere.

    Raises:
        CodeBundleError: for a link out of the folder, or back into a folder that it is in.
    """
    ignored = Ignored(root)
    found = dict(_below(root, root, "", (root,), ignored, deref_symlinks))
    if ignored.secrets:
        _warn_of(ignored.secrets)
    return found


def _warn_of(secrets: list[str]) -> None:
    import warnings

    first = secrets[0]
    what = "a file or folder is" if len(secrets) == 1 else f"{len(secrets)} files and folders are"
    names = ", ".join(map(repr, secrets[:3])) + (", …" if len(secrets) > 3 else "")
    warnings.warn(
        f"{what} left out of the code bundle for the secrets that may be inside: {names}; "
        f"a line '!/{first}' in .flyteignore takes one along, a line '/{first}' says that it stays",
        FletchingWarning,
        stacklevel=4,
    )


def _below(
    root: str, folder: str, relative: str, around: tuple[str, ...], ignored: Ignored, deref: bool
) -> Iterator[tuple[str, str]]:
    """Yield name and path of each file of a folder; ``around`` are the real folders that it is in."""
    ignored = ignored.entered(folder, relative)
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        reason = error.strerror or error
        raise CodeBundleError(f"the folder {folder!r} cannot be listed: {reason}; ignore it") from error
    for entry in found:
        name = f"{relative}/{entry.name}" if relative else entry.name
        is_folder = entry.is_dir(follow_symlinks=False)
        if ignored.skips(name, is_folder=is_folder):
            continue
        if entry.is_symlink():
            if not deref:
                link_target(root, entry.path)
                yield name, entry.path
                continue
            is_folder = entry.is_dir()
            if not os.path.exists(entry.path):
                raise CodeBundleError(f"the link {entry.path!r} leads to nothing: remove it, or ignore it")
        if not is_folder:
            if entry.is_file():
                yield name, entry.path
            continue
        real = os.path.realpath(entry.path)
        if real in around:
            raise CodeBundleError(f"the link {entry.path!r} leads back into {real!r}, where it is: ignore it")
        if not os.path.isfile(os.path.join(entry.path, "pyvenv.cfg")):
            yield from _below(root, entry.path, name, (*around, real), ignored, deref)


def link_target(root: str, path: str) -> str:
    """Return what a link in a bundle says: relative, and with ``..`` at its beginning only.

    Raises:
        CodeBundleError: if it leads out of ``root``.
    """
    target = os.readlink(path)
    if not is_inside(root, path):
        raise CodeBundleError(
            f"the link {path!r} leads out of {root!r}, to {target!r}: ignore it, replace it by what it leads to, "
            "or pack with deref_symlinks=True, which packs a copy"
        )
    parts = target.split("/")
    downward = [part for part in parts if part != os.pardir]
    if os.path.isabs(target) or parts[len(parts) - len(downward) :] != downward:
        target = os.path.relpath(os.path.realpath(path), os.path.realpath(os.path.dirname(path)))
    return target


def loaded_files(root: str, *, deref_symlinks: bool = False) -> dict[str, str]:
    """Return the path behind each name of the modules below ``root`` that are imported now, or that those import.

    What a function would import once it is called is found in its text. Ignore files do not apply: a module that is
    imported is needed, also where generated code is kept out of a repository.

    Args:
        root: the folder.
        deref_symlinks: whether a module may lie behind a link out of the folder.
    """
    # A module knows its file as it was found, which may be by the folder's other name.
    roots = list(dict.fromkeys((root, os.path.realpath(root))))
    foreign = _foreign_folders(root)
    found: dict[str, str] = {}
    waiting = [str(module.__file__) for module in list(sys.modules.values()) if _has_file(module)]
    bases = [*roots, *(os.path.abspath(entry) for entry in sys.path)]
    bases = [base for base in dict.fromkeys(bases) if _is_any(roots, os.path.realpath(base))]
    bases = [base for base in bases if not _is_any(foreign, base)]
    while waiting:
        path = os.path.abspath(waiting.pop())
        if not _is_any(roots, path):
            path = os.path.realpath(path)
        below = next((each for each in roots if _is_below(each, path)), None)
        if below is None or _is_any(foreign, path) or not os.path.isfile(path):
            continue
        name = os.path.relpath(path, below).replace(os.sep, "/")
        if name in found:
            continue
        if not deref_symlinks and not is_inside(root, path):
            raise CodeBundleError(
                f"the module {path!r} lies behind a link out of {root!r}, at {os.path.realpath(path)!r}: "
                "replace the link by what it leads to, or pack with deref_symlinks=True, which packs a copy"
            )
        found[name] = path
        if path.endswith(".py"):
            waiting += _imported_files(path, bases)
    return found


def _has_file(module: object) -> bool:
    try:
        return isinstance(getattr(module, "__file__", None), str)
    except Exception:  # noqa: BLE001 - a lazy module may do anything when it is asked; then it is not imported yet
        return False


def _is_below(root: str, path: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def _is_any(folders: list[str], path: str) -> bool:
    return any(_is_below(folder, path) for folder in folders)


def _foreign_folders(root: str) -> list[str]:
    """Return the folders of what is installed, where they are not around ``root`` itself."""
    import sysconfig

    paths = sysconfig.get_paths()
    folders = [sys.prefix, sys.exec_prefix, sys.base_prefix, *(paths[key] for key in ("stdlib", "purelib", "platlib"))]
    return [folder for folder in map(os.path.abspath, folders) if not _is_below(folder, root)]


def _imported_files(path: str, bases: list[str]) -> list[str]:
    """Return the files, if any, of the modules that a source file names in an import anywhere."""
    import ast

    try:
        with open(path, "rb") as stream:
            content = stream.read()
        with PARSING:
            tree = ast.parse(content)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return []  # what cannot be read here is packed as it is; who imports it will hear of it
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found += _module_files(bases, alias.name)
        elif isinstance(node, ast.ImportFrom):
            start = bases
            if node.level:
                folder = path
                for _ in range(node.level):
                    folder = os.path.dirname(folder)
                start = [folder]
            found += _module_files(start, node.module or "")
            for alias in node.names:
                found += _module_files(start, f"{node.module}.{alias.name}" if node.module else alias.name)
    return found


def _module_files(bases: list[str], name: str) -> list[str]:
    """Return the files that importing ``name`` would run, for the first base that has some: packages first."""
    if not name:
        return []
    for base in bases:
        found, folder = [], base
        for part in name.split("."):
            folder = os.path.join(folder, part)
            inits = [file for file in (os.path.join(folder, "__init__.py"), f"{folder}.py") if os.path.isfile(file)]
            found += inits[:1]
        if found:
            return found
    return []
