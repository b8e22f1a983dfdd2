"""Where Fletching keeps what it keeps on disk."""

from __future__ import annotations

import os

__all__ = ["cache_dir"]


def cache_dir(*parts: str) -> str:
    """Return the folder for caches, or one below it, made if it is not there.

    ``FLETCHING_HOME`` decides, else ``XDG_CACHE_HOME``, else ``~/.cache``. Raises `OSError` if it cannot be made.
    """
    folder = os.environ.get("FLETCHING_HOME") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"), "fletching"
    )
    # Each by itself: the mode counts for the last folder of a path only, and what is kept is the user's own.
    for part in ("", *parts):
        folder = os.path.join(os.path.abspath(folder), part) if part else os.path.abspath(folder)
        if not os.path.isdir(folder):
            os.makedirs(folder, mode=0o700, exist_ok=True)
    return folder
