"""What one attempt of a task leaves for the next one of the same call."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from fletching.context import Execution

__all__ = ["Checkpoint", "SyncCheckpoint", "checkpoint_of"]

READER_NAME = "_dst_cp"
"""File name of a checkpoint that was saved from a reader or as bytes."""


class Checkpoint(ABC):
    """Saves and restores what a task may go on from."""

    @abstractmethod
    def prev_exists(self) -> bool:
        """Whether an earlier attempt left a checkpoint."""

    @abstractmethod
    def restore(self, path: str | Path | None = None) -> Path | None:
        """Copy the earlier attempt's checkpoint to the folder ``path`` (default: one of our own) and return it.

        Returns:
            The folder, or None if no earlier attempt left anything.

        Raises:
            ValueError: ``path`` is not a folder.
        """

    @abstractmethod
    def save(self, cp: str | Path | IO[Any]) -> None:
        """Keep a file, a folder or the content of an open file for the next attempt."""

    @abstractmethod
    def read(self) -> bytes | None:
        """Return the content of the one file the earlier attempt left, or None if there is none."""

    @abstractmethod
    def write(self, b: bytes) -> None:
        """Keep ``b`` for the next attempt."""


class SyncCheckpoint(Checkpoint):
    """A checkpoint in local folders: one this attempt writes to, one the earlier attempt wrote to."""

    def __init__(self, checkpoint_dest: str, checkpoint_src: str | None = None) -> None:
        self._dest = checkpoint_dest
        self._source = checkpoint_src
        self._restored: Path | None = None

    def prev_exists(self) -> bool:
        return bool(self._source) and os.path.isdir(str(self._source))

    def restore(self, path: str | Path | None = None) -> Path | None:
        import shutil
        from pathlib import Path

        if not self.prev_exists() or self._restored is not None:
            return self._restored
        target = Path(path) if path is not None else Path(self._dest + "-restored")
        if path is not None and not target.is_dir():
            raise ValueError(f"checkpoint restore needs an existing folder, got {str(path)!r}")
        shutil.copytree(str(self._source), target, dirs_exist_ok=True)
        self._restored = target
        return target

    def save(self, cp: str | Path | IO[Any]) -> None:
        import shutil

        os.makedirs(self._dest, exist_ok=True)
        if isinstance(cp, (str, os.PathLike)):
            source = os.fspath(cp)
            if os.path.isdir(source):
                shutil.copytree(source, self._dest, dirs_exist_ok=True)
            elif os.path.isfile(source):
                shutil.copy(source, self._dest)
            else:
                raise ValueError(f"checkpoint save found no file or folder at {source!r}")
        elif hasattr(cp, "read"):
            content = cp.read()
            self.write(content.encode() if isinstance(content, str) else content)
        else:
            raise ValueError(f"checkpoint save takes a path or an open file, got {type(cp).__name__}")

    def read(self) -> bytes | None:
        if not self.prev_exists():
            return None
        names = sorted(os.listdir(str(self._source)))
        if len(names) > 1:
            raise ValueError(f"checkpoint read expects one file, found {len(names)}: {names[:5]}; use restore()")
        if not names:
            return None
        with open(os.path.join(str(self._source), names[0]), "rb") as file:
            return file.read()

    def write(self, b: bytes) -> None:
        os.makedirs(self._dest, exist_ok=True)
        # Written beside and moved, so that an attempt killed half-way leaves the older content.
        target = os.path.join(self._dest, READER_NAME)
        with open(target + ".part", "wb") as file:
            file.write(b)
        os.replace(target + ".part", target)


def checkpoint_of(execution: Execution | None) -> Checkpoint:
    """Return the checkpoint of an attempt; it reads what the newest earlier attempt of the same call saved.

    Raises:
        ValueError: no task is running.
    """
    if execution is None:
        raise ValueError("a checkpoint belongs to a running task; ask for it inside one")
    folder = execution.shared_folder()
    source = None
    for number in range(execution.attempt - 1, -1, -1):
        candidate = os.path.join(folder, f"checkpoint-{number}")
        if os.path.isdir(candidate):
            source = candidate
            break
    return SyncCheckpoint(os.path.join(folder, f"checkpoint-{execution.attempt}"), source)
