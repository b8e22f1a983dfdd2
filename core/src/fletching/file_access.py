"""``FlyteContext.file_access``: files and their places, as transformers written for the Flyte SDK ask for them."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fletching.types import blobs

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FileAccess"]


class FileAccess:
    """Gives places, and copies files there and back. A place of a task's outputs may be in an object store.

    Args:
        local_sandbox_dir: the folder that `get_random_local_path` gives places in; one of this process if not given.
        raw_output_prefix: the folder or URI below which outputs are written; that of the running code if not given.
    """

    def __init__(
        self, local_sandbox_dir: str | os.PathLike[str] | None = None, raw_output_prefix: str | None = None
    ) -> None:
        self._sandbox = None if local_sandbox_dir is None else os.path.abspath(os.fspath(local_sandbox_dir))
        self._prefix = None if raw_output_prefix is None else os.fspath(raw_output_prefix)

    @contextmanager
    def outputs_placed(self) -> Iterator[None]:
        """While it is open, all that is written as an output here goes below its prefix."""
        if self._prefix is None:
            yield
            return
        before = blobs.raw_output_prefix.set(self._prefix)
        try:
            yield
        finally:
            blobs.raw_output_prefix.reset(before)

    @property
    def raw_output_prefix(self) -> str:
        """The folder or URI below which outputs are written."""
        return self._prefix or blobs.output_prefix()

    @property
    def local_sandbox_dir(self) -> str:
        """A local folder; one that is removed with this process, if none was given."""
        return self._sandbox or blobs.new_local_path()

    def is_remote(self, path: str | os.PathLike[str]) -> bool:
        """Tell whether a place is in a store."""
        return blobs.is_remote(os.fspath(path))

    def get_random_local_path(self, file_path_or_file_name: str | None = None) -> str:
        """Return a local place for a file, where nothing is yet."""
        return self._local_path(_last(file_path_or_file_name))

    def get_random_local_directory(self) -> str:
        """Return a new local folder."""
        return self._local_path()

    def _local_path(self, name: str = "") -> str:
        if self._sandbox is None:
            return blobs.new_local_path(name)
        folder = os.path.join(self._sandbox, os.urandom(16).hex())
        os.makedirs(folder)
        return os.path.join(folder, name) if name else folder

    def get_random_remote_path(self, file_path_or_file_name: str | None = None) -> str:
        """Return a place for an output, where nothing is yet."""
        with self.outputs_placed():
            return blobs.new_blob_path(_last(file_path_or_file_name))

    def get_random_remote_directory(self) -> str:
        """Return a place for a folder of outputs."""
        with self.outputs_placed():
            return blobs.new_blob_path()

    def put_data(
        self, local_path: str | os.PathLike[str], remote_path: str, is_multipart: bool = False, **kwargs: Any
    ) -> str:
        """Copy a local file or folder to a place, and return where it is now."""
        return blobs.upload(os.fspath(local_path), remote_path)

    def put_raw_data(
        self, lpath: str | os.PathLike[str], upload_prefix: str | None = None, file_name: str | None = None
    ) -> str:
        """Copy a local file or folder to a new place among the outputs, and return where it is."""
        name = file_name or os.path.basename(os.fspath(lpath))
        if upload_prefix is None:
            return blobs.upload(os.fspath(lpath), self.get_random_remote_path(name))
        root = blobs.join(self.raw_output_prefix, upload_prefix, name)
        return blobs.upload(os.fspath(lpath), root)

    def get_data(
        self, remote_path: str, local_path: str | os.PathLike[str], is_multipart: bool = False, **kwargs: Any
    ) -> str:
        """Copy a file or folder from a place to a local one, and return that."""
        target = os.fspath(local_path)
        if blobs.is_remote(remote_path):
            blobs.storage_for(remote_path).download(remote_path, target)
            return target
        return blobs.upload(blobs.local_path(remote_path), target)

    def upload(self, file_path: str | os.PathLike[str], to_path: str) -> str:
        """Copy a local file to a place."""
        return self.put_data(file_path, to_path)

    def upload_directory(self, local_path: str | os.PathLike[str], remote_path: str) -> str:
        """Copy a local folder to a place."""
        return self.put_data(local_path, remote_path, is_multipart=True)

    def download(self, remote_path: str, local_path: str | os.PathLike[str]) -> str:
        """Copy a file from a place."""
        return self.get_data(remote_path, local_path)

    def download_directory(self, remote_path: str, local_path: str | os.PathLike[str]) -> str:
        """Copy a folder from a place."""
        return self.get_data(remote_path, local_path, is_multipart=True)

    def exists(self, path: str) -> bool:
        """Tell whether there is a file or a folder at a place."""
        if not blobs.is_remote(path):
            return os.path.exists(blobs.local_path(path))
        store = blobs.storage_for(path)
        try:
            store.open(path, "rb").close()
        except FileNotFoundError:
            try:
                return bool(store.listdir(path))
            except FileNotFoundError:
                return False
        return True

    def join(self, *parts: str) -> str:
        """Return the place of an entry below a folder, local or remote."""
        return blobs.join(*parts)


def _last(name: str | None) -> str:
    return os.path.basename(name.rstrip("/")) if name else "data"
