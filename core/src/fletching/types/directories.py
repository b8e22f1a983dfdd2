"""`FlyteDirectory`: a directory as an input or output of a task."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self

from fletching.errors import ConversionError
from fletching.types.blobs import is_inside, is_remote, join, local_path, new_work_path, storage_for
from fletching.types.places import Place, check_name, output_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fletching.types.files import FlyteFile

__all__ = ["FlyteDirectory"]


class FlyteDirectory(Place):
    """A directory, local or remote: ``def train(images: FlyteDirectory) -> Model``.

    A remote one is fetched as a whole by ``os.fspath(directory)`` or `download`; `listdir` and `crawl` fetch nothing.
    Nothing outside the directory is reached through it: a link that leads out is refused.

    Args:
        path: a local path or a URI.
        downloader: called once before the content is used, to put it at ``path``.
        remote_directory: where the directory is copied when it leaves the task; ``False`` leaves it where it is.
        metadata: text written beside the value.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        downloader: Callable[[], object] | None = None,
        remote_directory: str | os.PathLike[str] | bool | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(path, downloader, remote_directory, metadata)

    @classmethod
    def new(cls, dirname: str | os.PathLike[str]) -> Self:
        """Return a directory to write to, in that of the task; the same name is the same directory there."""
        path = new_work_path(check_name(dirname, f"{cls.__name__}.new"))
        os.makedirs(path, exist_ok=True)
        return cls(path)

    @classmethod
    def new_remote(cls, stem: str | None = None, alt: str | None = None) -> Self:
        """Return a directory to write to that is already where outputs go, so that returning it copies nothing."""
        place = output_place(stem, alt)
        if not is_remote(place):
            os.makedirs(place, exist_ok=True)
        return cls(place)

    @property
    def remote_directory(self) -> str | bool | None:
        """Where the directory is copied when it leaves the task."""
        return self.remote

    @property
    def sep(self) -> str:
        """What stands between the names of a path here: that of this system, and ``/`` in a store."""
        return "/" if is_remote(self.source) else os.sep

    def new_file(self, name: str | None = None) -> FlyteFile:
        """Return a file to write to below this directory."""
        from fletching.types.files import FlyteFile

        return FlyteFile(self._below(name or os.urandom(16).hex(), f"{type(self).__name__}.new_file"))

    def new_dir(self, name: str | None = None) -> FlyteDirectory:
        """Return a directory to write to below this one."""
        place = self._below(name or os.urandom(16).hex(), f"{type(self).__name__}.new_dir")
        if not is_remote(place):
            os.makedirs(place, exist_ok=True)
        return FlyteDirectory(place)

    def __truediv__(self, name: str | os.PathLike[str]) -> str:
        """Return the path or URI of an entry below this directory, whether it exists or not."""
        return self._below(name, f"{type(self).__name__} / name")

    def listdir(self) -> list[FlyteFile | FlyteDirectory]:
        """Return the entries directly below, sorted by name; nothing is fetched."""
        from fletching.types.files import FlyteFile

        return [
            FlyteDirectory(place) if is_folder else FlyteFile(place)
            for place, is_folder in ((join(self._root(), name), is_folder) for name, is_folder in self._entries(""))
        ]

    def crawl(self, maxdepth: int | None = None, topdown: bool = True) -> Iterator[tuple[str, str]]:
        """Yield this directory's place and the relative path of each file at any depth.

        Args:
            maxdepth: how many levels to go down; 1 is this directory only.
            topdown: whether the files of a directory come before those below it.
        """
        root = self._root()
        for name in self._walk("", maxdepth, topdown):
            yield root, name

    def _root(self) -> str:
        return self.source if self.remote_source is not None and not self.downloaded else self.download()

    def _below(self, name: str | os.PathLike[str], what: str) -> str:
        place = join(self._root(), check_name(name, what))
        if not is_remote(place):
            self._check_inside(place)
        return place

    def _check_inside(self, place: str) -> None:
        root = local_path(self._root())
        if not is_inside(root, place):
            raise ConversionError(f"a place inside {root!r}", f"{place!r}", hint="a link leads out of the directory")

    def _entries(self, below: str) -> list[tuple[str, bool]]:
        """Return name and is-a-directory of what lies directly in the relative folder ``below``."""
        place = join(self._root(), below) if below else self._root()
        if is_remote(place):
            return sorted(storage_for(place).listdir(place))
        try:
            with os.scandir(place) as entries:
                found = sorted((entry.name, entry.is_dir(), entry.is_symlink()) for entry in entries)
        except OSError as error:
            raise ConversionError(
                "a directory that can be listed", f"{place!r}", hint=str(error.strerror or error)
            ) from error
        for name, _, is_link in found:
            if is_link:
                self._check_inside(os.path.join(place, name))
        return [(name, is_folder) for name, is_folder, _ in found]

    def _walk(self, below: str, depth: int | None, topdown: bool) -> Iterator[str]:
        if depth is not None and depth < 1:
            return
        entries = [(join(below, name) if below else name, is_folder) for name, is_folder in self._entries(below)]
        files = [name for name, is_folder in entries if not is_folder]
        if topdown:
            yield from files
        for name, is_folder in entries:
            # A link to a directory inside would be seen twice, or for ever.
            if is_folder and (is_remote(self._root()) or not os.path.islink(join(self._root(), name))):
                yield from self._walk(name, None if depth is None else depth - 1, topdown)
        if not topdown:
            yield from files
