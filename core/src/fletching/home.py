"""Where Fletching keeps what it keeps on disk."""

from __future__ import annotations

import os

__all__ = ["cache_dir", "data_dir"]


def cache_dir(*parts: str) -> str:
    """Return the folder for caches, or one below it, made if it is not there.

    ``FLETCHING_HOME`` decides, else ``XDG_CACHE_HOME``, else ``~/.cache``. Raises `OSError` if it cannot be made.
    """
    return _made(os.environ.get("FLETCHING_HOME") or _below("XDG_CACHE_HOME", ".cache"), parts)


def data_dir(*parts: str) -> str:
    """Return the folder for what cannot be made again, or one below it, made if it is not there.

    ``data`` in ``FLETCHING_HOME`` decides, else ``XDG_DATA_HOME``, else ``~/.local/share``. Raises `OSError` if it
    cannot be made.
    """
    home = os.environ.get("FLETCHING_HOME")
    if home:
        return _made(home, ("data", *parts))
    return _made(_below("XDG_DATA_HOME", ".local", "share"), parts)


def _below(variable: str, *default: str) -> str:
    folder = os.environ.get(variable) or os.path.join(os.path.expanduser("~"), *default)
    return os.path.join(folder, "fletching")


def _made(folder: str, parts: tuple[str, ...]) -> str:
    # Each by itself: the mode counts for the last folder of a path only, and what is kept is the user's own.
    for part in ("", *parts):
        folder = os.path.join(os.path.abspath(folder), part) if part else os.path.abspath(folder)
        if not os.path.isdir(folder):
            os.makedirs(folder, mode=0o700, exist_ok=True)
    return folder
