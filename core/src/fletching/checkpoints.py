"""What one attempt of a task leaves for the next one of the same call."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import IO, TYPE_CHECKING, Any

from fletching.types.blobs import is_remote, join, local_path, new_local_path, read_blob, storage_for

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
    """A checkpoint in folders, local or remote: one this attempt writes to, one the earlier attempt wrote to."""

    def __init__(self, checkpoint_dest: str, checkpoint_src: str | None = None) -> None:
        self._dest = checkpoint_dest
        self._source = checkpoint_src or ""
        self._restored: Path | None = None

    def prev_exists(self) -> bool:
        if not is_remote(self._source):
            return bool(self._source) and os.path.isdir(local_path(self._source))
        try:
            return bool(storage_for(self._source).listdir(self._source))
        except FileNotFoundError:
            return False

    def restore(self, path: str | Path | None = None) -> Path | None:
        from pathlib import Path

        if self._restored is not None or not self.prev_exists():
            return self._restored
        if path is not None:
            target = Path(path)
            if not target.is_dir():
                raise ValueError(f"checkpoint restore needs an existing folder, got {str(path)!r}")
        elif is_remote(self._dest):
            target = Path(new_local_path("checkpoint"))
        else:
            target = Path(local_path(self._dest) + "-restored")
        if is_remote(self._source):
            storage_for(self._source).download(self._source, str(target))
        else:
            import shutil

            shutil.copytree(local_path(self._source), target, dirs_exist_ok=True)
        self._restored = target
        return target

    def save(self, cp: str | Path | IO[Any]) -> None:
        if isinstance(cp, (str, os.PathLike)):
            source = os.fspath(cp)
            if os.path.isdir(source):
                self._keep_folder(source)
            elif os.path.isfile(source):
                self._keep_file(source, os.path.basename(source))
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
        remote = is_remote(self._source)
        if remote:
            names = sorted(name for name, _ in storage_for(self._source).listdir(self._source))
        else:
            names = sorted(os.listdir(local_path(self._source)))
        if len(names) > 1:
            raise ValueError(f"checkpoint read expects one file, found {len(names)}: {names[:5]}; use restore()")
        if not names:
            return None
        return read_blob(join(self._source, names[0]))

    def write(self, b: bytes) -> None:
        path = new_local_path(READER_NAME)
        with open(path, "wb") as file:
            file.write(b)
        try:
            self._keep_file(path, READER_NAME)
        finally:
            os.unlink(path)

    def _keep_folder(self, source: str) -> None:
        if is_remote(self._dest):
            storage_for(self._dest).upload(source, self._dest)
            return
        import shutil

        shutil.copytree(source, local_path(self._dest), dirs_exist_ok=True)

    def _keep_file(self, source: str, name: str) -> None:
        if is_remote(self._dest):
            storage_for(self._dest).upload(source, join(self._dest, name))
            return
        import shutil

        folder = local_path(self._dest)
        os.makedirs(folder, exist_ok=True)
        # Written beside and moved, so that an attempt killed half-way leaves the older content.
        beside = os.path.join(os.path.dirname(folder), f".{os.path.basename(folder)}-{os.urandom(8).hex()}")
        try:
            shutil.copy(source, beside)
            os.replace(beside, os.path.join(folder, name))
        finally:
            if os.path.exists(beside):
                os.unlink(beside)


def checkpoint_of(execution: Execution | None) -> Checkpoint:
    """Return the checkpoint of an attempt; it reads what the newest earlier attempt of the same call saved.

    Raises:
        ValueError: no task is running.
    """
    if execution is None:
        raise ValueError("a checkpoint belongs to a running task; ask for it inside one")
    return SyncCheckpoint(*execution.checkpoint_places())
