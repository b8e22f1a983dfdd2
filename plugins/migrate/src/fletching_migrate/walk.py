"""Which files are looked at."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from fletching_migrate.requirements import is_known_file

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["files_below", "kind_of"]

PROGRAMS = (".py", ".pyi", ".pyw")
SKIPPED = frozenset({"__pycache__", "__pypackages__", "build", "dist", "env", "node_modules", "site-packages", "venv"})
"""Folders that hold nobody's own work, also where git is not asked."""


def kind_of(path: Path) -> str:
    """Return what a file is: ``program``, ``notebook``, ``lines``, or nothing that is looked at."""
    if path.suffix in PROGRAMS:
        return "program"
    if path.suffix == ".ipynb":
        return "notebook"
    return "lines" if is_known_file(path) else ""


def files_below(path: Path) -> Iterator[Path]:
    """Yield the files of a folder that are looked at, in order; a file named by itself is always one.

    What git ignores is left out, as are environments and build folders. A link is not followed.
    """
    if not path.is_dir():
        yield path
        return
    kept = _kept_by_git(path)
    for folder, folders, names in os.walk(path):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if _entered(here / name))
        for name in sorted(names):
            file = here / name
            if kind_of(file) and not file.is_symlink() and (kept is None or os.path.abspath(file) in kept):
                yield file


def _entered(folder: Path) -> bool:
    if folder.is_symlink() or folder.name in SKIPPED or (folder / "pyvenv.cfg").exists():
        return False
    return not folder.name.startswith(".") or folder.name == ".github"


def _kept_by_git(folder: Path) -> frozenset[str] | None:
    """Return the files that git does not ignore; None where there is no git to ask."""
    command = ["git", "-C", str(folder), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode:
        return None
    root = os.path.abspath(folder)
    return frozenset(os.path.join(root, os.fsdecode(name)) for name in done.stdout.split(b"\0") if name)
