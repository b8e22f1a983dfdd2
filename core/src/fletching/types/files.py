"""`FlyteFile`: a file as an input or output of a task."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, Any, Self

from fletching.types.blobs import new_work_path, storage_for
from fletching.types.directories import FlyteDirectory
from fletching.types.places import FileExt, Place, check_name, output_place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fletching.types.base import TypeTransformer

__all__ = ["FileExt", "FlyteDirectory", "FlyteFile", "factory"]


class FlyteFile(Place):
    """A file, local or remote: ``def count(table: FlyteFile["csv"]) -> int: ... open(table)``.

    A remote one is fetched when its content is asked for: by ``open(file)``, ``os.fspath(file)`` or `download`.

    Args:
        path: a local path or a URI.
        downloader: called once before the content is used, to put it at ``path``.
        remote_path: where the file is copied when it leaves the task; ``False`` leaves it where it is.
        metadata: text written beside the value.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        downloader: Callable[[], object] | None = None,
        remote_path: str | os.PathLike[str] | bool | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(path, downloader, remote_path, metadata)

    @classmethod
    def new(cls, filename: str | os.PathLike[str]) -> Self:
        """Return a file to write to, in the working directory of the task; the same name is the same file there."""
        path = new_work_path(check_name(filename, f"{cls.__name__}.new"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return cls(path)

    @classmethod
    def new_remote_file(cls, name: str | None = None, alt: str | None = None) -> Self:
        """Return a file to write to that is already where outputs go, so that returning it copies nothing."""
        return cls(output_place(name, alt))

    @property
    def remote_path(self) -> str | bool | None:
        """Where the file is copied when it leaves the task."""
        return self.remote

    def open(
        self, mode: str = "r", cache_type: str | None = None, cache_options: Mapping[str, Any] | None = None
    ) -> IO[Any]:
        """Open the file as a stream; a remote one without a local copy. Text is UTF-8.

        Args:
            mode: as for the built-in ``open``.
            cache_type: how the storage should read ahead, where it can.
            cache_options: options of that.
        """
        if self.remote_source is not None and not self.downloaded:
            storage = storage_for(self.source)
            options = {"cache_type": cache_type, "cache_options": cache_options} if cache_type else {}
            return storage.open(self.source, mode, **options)
        path = self.download()
        if any(letter in mode for letter in "wax"):
            os.makedirs(os.path.dirname(path), exist_ok=True)
        return open(path, mode, encoding=None if "b" in mode else "utf-8")


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Return the transformer of a file, a directory or a path."""
    from fletching.types.file_transformers import factory

    return factory(annotation, extras)
