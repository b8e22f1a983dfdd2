"""The storage plugins: what the entry points ``s3``, ``gs``, ``az`` and their other names give."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, TypeVar, cast

from fletching.errors import StorageError
from fletching_storage.places import FOLDER_MARK, split

if TYPE_CHECKING:
    from collections.abc import Callable

    from fletching_storage.places import Options, Place

__all__ = ["AZ", "GS", "S3", "ObjectStorage"]

R = TypeVar("R")


class ObjectStorage(ABC):
    """Files and folders of an object store.

    Settings are read from the environment at each call. Where reading is refused, it is tried without credentials:
    a public bucket needs none, and may refuse foreign ones.
    """

    @abstractmethod
    def options(self, place: Place, *, anonymous: bool = False) -> Options:
        """Return how the bucket of ``place`` is reached."""

    def found_elsewhere(self, place: Place, options: Options) -> bool:
        """Return whether a bucket is known now to be in another region than the one that was asked."""
        return False

    def download(self, uri: str, path: str) -> None:
        """Copy the object, or all objects below it, at ``uri`` to the local ``path``.

        What was not there is there when all of it is.
        """
        from fletching_storage.transfers import fetch

        path = os.path.abspath(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self._with_store(uri, lambda obs, store, place: fetch(obs, store, place, path), write=False)

    def upload(self, path: str, uri: str) -> None:
        """Copy the local file, or folder with all below it, at ``path`` to ``uri``."""
        from fletching_storage import transfers

        if not os.path.exists(path):
            raise StorageError(f"there is no {path!r} to upload to {uri!r}")

        def work(obs: Any, store: Any, place: Place) -> None:
            if os.path.isdir(path):
                transfers.send_folder(obs, store, path, place.key)
            elif not place.key:
                raise StorageError(f"{uri!r} names a bucket; a file needs a name in it")
            else:
                transfers.send_file(obs, store, path, place.key)

        self._with_store(uri, work, write=True)

    def open(self, uri: str, mode: str, **options: Any) -> IO[Any]:
        """Open ``uri`` as a stream; what is written is there when the stream is closed.

        Args:
            uri: the object.
            mode: ``r``, ``rb``, ``w`` or ``wb``.
            options: ``encoding``, ``errors`` and ``newline`` for text; others are hints, and have no effect here.
        """
        plain = mode.replace("b", "").replace("t", "")
        if plain not in ("r", "w") or ("b" in mode and "t" in mode):
            raise StorageError(
                f"{uri!r} is opened with mode 'r', 'rb', 'w' or 'wb', got {mode!r}: objects do not change"
            )
        text = {name: options[name] for name in ("encoding", "errors", "newline") if name in options}
        opened: Any = self._reader(uri) if plain == "r" else self._writer(uri)
        if "b" in mode:
            return cast("IO[Any]", opened)
        import io

        from fletching_storage.streams import TextWriter

        text.setdefault("encoding", "utf-8")
        return io.TextIOWrapper(opened, **text) if plain == "r" else TextWriter(opened, **text)

    def listdir(self, uri: str) -> list[tuple[str, bool]]:
        """Return name and is-a-folder for each entry directly below ``uri``, sorted."""

        def work(obs: Any, store: Any, place: Place) -> list[tuple[str, bool]]:
            found = obs.list_with_delimiter(store, place.key or None)
            entries = {about["path"]: False for about in found["objects"]}
            entries |= dict.fromkeys(found["common_prefixes"], True)
            names = ((key[len(place.key) :].lstrip("/"), is_folder) for key, is_folder in entries.items())
            return sorted((name, is_folder) for name, is_folder in names if name and name != FOLDER_MARK)

        return self._with_store(uri, work, write=False)

    def _reader(self, uri: str) -> Any:
        import io

        from fletching_storage.streams import Reader

        seen: dict[str, Any] = {}

        def fetch(start: int, end: int) -> tuple[Any, int]:
            def work(obs: Any, store: Any, place: Place) -> tuple[Any, int]:
                if not seen:
                    # Not a range: an object without a byte has none.
                    found = obs.get(store, place.key)
                    seen.update(found.meta)
                    if seen["size"] <= end:
                        return found.bytes(), seen["size"]
                    del found
                options: dict[str, Any] = {"range": (start, end)}
                if seen["e_tag"]:
                    options["if_match"] = seen["e_tag"]  # the rest of what was begun, not of what replaced it
                return obs.get(store, place.key, options=options).bytes(), seen["size"]

            return self._with_store(uri, work, write=False)

        self._named(uri)
        return io.BufferedReader(Reader(fetch), 64 * 1024)

    def _writer(self, uri: str) -> Any:
        from fletching_storage.client import chunk_size, upload_attributes
        from fletching_storage.problems import explained
        from fletching_storage.streams import Writer

        place = self._named(uri)
        settings = self.options(place)

        def work(obs: Any, store: Any, place: Place) -> Any:
            size = chunk_size(0)
            return obs.open_writer(
                store, place.key, attributes=upload_attributes(store), buffer_size=size, max_concurrency=4
            )

        target = self._with_store(uri, work, write=True)
        return Writer(target, lambda error: explained(error, place, settings, write=True))

    def _named(self, uri: str) -> Place:
        place = split(uri)
        if not place.key:
            raise StorageError(f"{uri!r} names a bucket; a file has a name in it")
        return place

    def _with_store(self, uri: str, work: Callable[[Any, Any, Place], R], *, write: bool) -> R:
        """Do the work with the store of a URI, and tell what fails in the words of a user."""
        from fletching_storage.waiting import interruptible

        return interruptible(lambda: self._ask(uri, work, write=write))

    def _ask(self, uri: str, work: Callable[[Any, Any, Place], R], *, write: bool) -> R:
        from fletching_storage.engine import engine, opened
        from fletching_storage.problems import explained, is_denied, is_elsewhere

        place = split(uri)
        options = self.options(place)
        try:
            return work(engine(), opened(options), place)
        except Exception as error:
            if is_elsewhere(error) and self.found_elsewhere(place, options):
                return self._ask(uri, work, write=write)
            if is_denied(error) and not write and not options.anonymous:
                # If that fails too, the answer to who was meant to ask is the one that helps.
                with suppress(Exception):
                    return work(engine(), opened(self.options(place, anonymous=True)), place)
            told = explained(error, place, options, write=write)
            if told is error:
                raise
            raise told from error


class S3(ObjectStorage):
    """``s3://bucket/name``, of Amazon S3 and of all that speak its protocol."""

    def options(self, place: Place, *, anonymous: bool = False) -> Options:
        from fletching_storage.s3 import s3_options

        return s3_options(place, anonymous=anonymous)

    def found_elsewhere(self, place: Place, options: Options) -> bool:
        from fletching_storage.s3 import find_region

        return find_region(place, options)


class GS(ObjectStorage):
    """``gs://bucket/name``, of Google Cloud Storage."""

    def options(self, place: Place, *, anonymous: bool = False) -> Options:
        from fletching_storage.gcs import gcs_options

        return gcs_options(place, anonymous=anonymous)


class AZ(ObjectStorage):
    """``az://container/name`` and ``abfs://container@account.dfs.core.windows.net/name``, of Azure Blob Storage."""

    def options(self, place: Place, *, anonymous: bool = False) -> Options:
        from fletching_storage.azure import azure_options

        return azure_options(place, anonymous=anonymous)
