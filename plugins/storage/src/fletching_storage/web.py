"""``http`` and ``https``: files of the web, to read."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from fletching.errors import StorageError, StorageNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Web"]

SECONDS = 60
CHUNK = 1024 * 1024


class Web:
    """A file that a web server gives to whoever asks. It is only read, and there are no folders."""

    def download(self, uri: str, path: str) -> None:
        """Copy the file at ``uri`` to the local ``path``; it is there when all of it is."""
        path = os.path.abspath(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        unfinished = os.path.join(os.path.dirname(path), f".{os.urandom(8).hex()}")
        try:
            with open(unfinished, "xb") as stream:
                _copy(uri, stream)
            os.replace(unfinished, path)
        finally:
            if os.path.lexists(unfinished):
                os.unlink(unfinished)

    def upload(self, path: str, uri: str) -> None:
        """Raise `StorageError`."""
        raise _read_only(uri)

    def open(self, uri: str, mode: str, **options: Any) -> IO[Any]:
        """Open ``uri`` to read; its content is in a file of this machine until the stream is closed."""
        if mode not in ("r", "rt", "rb"):
            raise _read_only(uri)
        import io
        import tempfile

        copy: Any = tempfile.TemporaryFile(prefix="fletching-")  # noqa: SIM115 - who asked closes it
        try:
            _copy(uri, copy)
        except BaseException:
            copy.close()
            raise
        copy.seek(0)
        if mode == "rb":
            return copy  # type: ignore[no-any-return]
        text = {name: options[name] for name in ("encoding", "errors", "newline") if name in options}
        return io.TextIOWrapper(copy, **{"encoding": "utf-8", **text})

    def listdir(self, uri: str) -> list[tuple[str, bool]]:
        """Raise `StorageError`."""
        raise StorageError(f"{uri!r} cannot be listed: a web server has files, and no folders")


def _read_only(uri: str) -> StorageError:
    return StorageError(f"{uri!r} cannot be written: files of the web are only read")


def _copy(uri: str, target: IO[bytes]) -> None:
    from http.client import HTTPException

    with _answer(uri) as answer:
        said = answer.headers.get("Content-Length")
        try:
            while data := answer.read(CHUNK):
                target.write(data)
        except HTTPException as error:
            raise StorageError(f"reading {uri!r}: it was cut short: {error}") from error
        if said is not None and target.tell() != int(said):
            raise StorageError(f"reading {uri!r}: it was cut short, {target.tell()} of {said} bytes came")


@contextmanager
def _answer(uri: str) -> Iterator[Any]:
    """Give what a server answers, in the end: what may be better next time is tried three times."""
    import time
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, build_opener

    # Its scheme is why this class was asked.
    request = Request(uri, headers={"User-Agent": "fletching", "Accept": "*/*"})  # noqa: S310
    for pause in (0.2, 1.0, None):
        try:
            answer = build_opener().open(request, timeout=SECONDS)
        except HTTPError as error:
            error.close()
            if error.code in (404, 410):
                raise StorageNotFoundError(f"there is nothing at {uri!r}") from error
            if (error.code < 500 and error.code != 429) or pause is None:
                raise StorageError(f"reading {uri!r}: the server answered {error.code} {error.reason}") from error
        except (OSError, HTTPException, ValueError) as error:
            if pause is None:
                reason = getattr(error, "reason", error)
                raise StorageError(f"reading {uri!r}: the server cannot be reached: {reason}") from error
        else:
            with answer:
                yield answer
            return
        time.sleep(pause or 0)
