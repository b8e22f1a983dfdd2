"""Unpacks a code bundle: all of it below one folder, or, if anything is wrong with it, nothing at all."""

from __future__ import annotations

import os
import tarfile
from typing import IO, TYPE_CHECKING, Any

from fletching.container.bundle import fold
from fletching.errors import CodeBundleError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_BYTES", "MAX_FILES", "unpack_code"]

MAX_BYTES = 4 * 1024**3
MAX_FILES = 100_000
CHUNK = 1024 * 1024
READ_AT_ONCE = 16 * CHUNK
"""More is never asked for, except by a header that lies about its size."""
ENTRY_OVERHEAD = 4096
"""What headers and padding of an entry may take."""


def unpack_code(
    archive: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    max_bytes: int = MAX_BYTES,
    max_files: int = MAX_FILES,
) -> tuple[str, ...]:
    """Unpack a ``.tar.gz`` or ``.tar`` below ``folder``, over what is there, and return the names of its files.

    The whole archive is read and checked before the first file is written. A file is written beside its place and
    moved there, so that nobody runs half of one, and what has other names keeps its content under those.

    Args:
        archive: the archive, on this machine.
        folder: the folder; it is made if there is none.
        max_bytes: how much there may be, unpacked.
        max_files: how many entries there may be.

    Raises:
        CodeBundleError: if the archive is damaged, too large, or has an entry that would be anything but a
            file, a folder, or a link to something inside.
    """
    archive, folder = os.fspath(archive), os.path.realpath(folder)
    if os.path.lexists(folder) and not os.path.isdir(folder):
        raise CodeBundleError(f"code cannot be unpacked into {folder!r}: it is no folder")
    unpacking = _Unpacking(archive, folder, max_bytes, max_files)
    unpacking.check()
    try:
        os.makedirs(folder, exist_ok=True)
        return unpacking.write()
    except OSError as error:
        reason = error.strerror or error
        raise CodeBundleError(f"{archive!r} cannot be unpacked into {folder!r}: {reason}") from error


class _Unpacking:
    """An archive on its way into a folder."""

    def __init__(self, archive: str, folder: str, max_bytes: int, max_files: int) -> None:
        self.archive = archive
        self.folder = folder
        self.max_bytes = max_bytes
        self.max_files = max_files

    def refuse(self, what: str) -> CodeBundleError:
        return CodeBundleError(f"the code bundle {self.archive!r} {what}; nothing was unpacked")

    def check(self) -> None:
        """Read all of it, and raise `CodeBundleError` for the first thing that is wrong."""
        kinds: dict[str, bytes] = {}
        folded: dict[str, str] = {}
        sizes: dict[str, int] = {}
        total = 0
        for entry, _ in self._entries():
            name = self._checked_name(entry)
            if not name:
                continue
            kind = tarfile.DIRTYPE if entry.isdir() else entry.type if entry.issym() else tarfile.REGTYPE
            if kinds.get(name, kind) != kind or (name in kinds and kind != tarfile.DIRTYPE):
                raise self.refuse(f"has {name!r} twice")
            kinds[name] = kind
            sizes[name] = sizes[self._checked_copy(entry, kinds)] if entry.islnk() else entry.size
            total += sizes[name]
            if total > self.max_bytes:
                raise self.refuse(f"has more than {self.max_bytes} bytes unpacked, which max_bytes allows")
            parts = name.split("/")
            for count in range(1, len(parts) + 1):
                part = "/".join(parts[:count])
                if (other := folded.setdefault(fold(part), part)) != part:
                    raise self.refuse(f"has {other!r} and {part!r}, which are one name where case does not matter")
            if entry.issym():
                self._check_link(name, entry.linkname)
        for name, kind in kinds.items():
            for above in _above(name):
                if kinds.get(above, tarfile.DIRTYPE) != tarfile.DIRTYPE:
                    raise self.refuse(f"has {name!r} below {above!r}, which is no folder")
            self._check_place(name, kind)

    def write(self) -> tuple[str, ...]:
        """Write what was checked."""
        links: list[tuple[str, str]] = []
        files: list[str] = []
        for entry, stream in self._entries():
            name = self._checked_name(entry)
            if not name:
                continue
            place = self._place(name)
            if entry.isdir():
                os.makedirs(place, exist_ok=True)
                continue
            files.append(name)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            if entry.issym():
                links.append((entry.linkname, place))
            elif entry.islnk():
                with open(self._place(_normal(entry.linkname)), "rb") as original:
                    _put(original, place, executable=bool(os.fstat(original.fileno()).st_mode & 0o100))
            else:
                assert stream is not None
                _put(stream, place, executable=bool(entry.mode & 0o100))
        # Last: nothing is ever written through a link of the archive.
        for target, place in links:
            unfinished = _beside(place)
            os.symlink(target, unfinished)
            os.replace(unfinished, place)
        return tuple(sorted(files))

    def _place(self, name: str) -> str:
        return os.path.join(self.folder, *name.split("/"))

    def _entries(self) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
        """Yield each entry with its content; raise `CodeBundleError` if the archive cannot be read to its end."""
        import gzip
        import zlib

        limit = self.max_bytes + ENTRY_OVERHEAD * self.max_files
        try:
            with open(self.archive, "rb") as stream:
                magic = stream.read(2)
                stream.seek(0)
                if not magic:
                    raise self.refuse("is empty")
                unpacked: Any = gzip.GzipFile(fileobj=stream) if magic == b"\x1f\x8b" else stream
                bounded = _Bounded(unpacked, limit)
                with tarfile.open(fileobj=bounded, mode="r:", errorlevel=2) as tar:  # type: ignore[call-overload]
                    for count, entry in enumerate(tar, 1):
                        if count > self.max_files:
                            raise self.refuse(f"has more than {self.max_files} entries, which max_files allows")
                        tar.members.clear()
                        yield entry, tar.extractfile(entry) if entry.isreg() else None
                    # An unreadable header ends the loop as a proper end does, and only this tells them apart.
                    bounded.seek(tar.offset)
                    end = bounded.read(tarfile.BLOCKSIZE)
                    if len(end) < tarfile.BLOCKSIZE or end.strip(b"\0"):
                        raise self.refuse("is truncated or damaged: it does not end as an archive does")
                while rest := bounded.read(CHUNK):  # to the checksum at the end of gzip's stream
                    if rest.strip(b"\0"):
                        raise self.refuse("is damaged: something follows its end")
        except _TooMuchError as error:
            raise self.refuse(f"unpacks to more than max_bytes={self.max_bytes} allows") from error
        except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError, OverflowError) as error:
            if isinstance(error, CodeBundleError):
                raise
            raise self.refuse(f"is truncated, damaged or no .tar.gz: {error}") from error
        except OSError as error:
            raise CodeBundleError(
                f"the code bundle {self.archive!r} cannot be read: {error.strerror or error}"
            ) from error

    def _checked_name(self, entry: tarfile.TarInfo) -> str:
        """Return the normal form of an entry's name, empty for the folder itself."""
        name = entry.name
        if not (entry.isreg() or entry.isdir() or entry.issym() or entry.islnk()):
            raise self.refuse(f"has {name!r}, which is neither a file nor a folder nor a link")
        if entry.issparse():
            raise self.refuse(f"has {name!r}, a file with holes; pack it as it is")
        if entry.size < 0:
            raise self.refuse(f"is damaged: {name!r} has {entry.size} bytes")
        if not name or "\0" in name or name.startswith(("/", "\\")) or name[1:2] == ":":
            raise self.refuse(f"has {name!r}, which is no relative name")
        if ".." in name.replace("\\", "/").split("/"):
            raise self.refuse(f"has {name!r}, which leads out of its folder")
        normal = _normal(name)
        if any(len(os.fsencode(part)) > 255 for part in normal.split("/")) or len(os.fsencode(normal)) > 3072:
            raise self.refuse(f"has a name that is too long: {normal[:60]!r}…")
        if not normal and not entry.isdir():
            raise self.refuse(f"has {name!r}, which names its folder and is none")
        return normal

    def _checked_copy(self, entry: tarfile.TarInfo, kinds: dict[str, bytes]) -> str:
        """Return the earlier file that an entry is another name of."""
        original = _normal(entry.linkname)
        if kinds.get(original) != tarfile.REGTYPE or original == _normal(entry.name):
            raise self.refuse(f"has {entry.name!r}, another name of {entry.linkname!r}, which is no file before it")
        return original

    def _check_link(self, name: str, target: str) -> None:
        """Refuse a link that leads out, by itself or by way of others."""
        parts = [part for part in target.split("/") if part not in ("", os.curdir)]
        up = next((count for count, part in enumerate(parts) if part != os.pardir), len(parts))
        if not target or target.startswith("/") or "\0" in target or os.path.isabs(target) or up > name.count("/"):
            raise self.refuse(f"has the link {name!r} to {target!r}, which leads out of its folder")
        # After a step down, which may be by a link, a step up can end anywhere.
        if os.pardir in parts[up:]:
            raise self.refuse(f"has the link {name!r} to {target!r}, which goes up after going down")

    def _check_place(self, name: str, kind: bytes) -> None:
        """Refuse what cannot be written because of what is already below the folder."""
        for above in _above(name):
            place = self._place(above)
            if not os.path.lexists(place):
                return
            real = os.path.realpath(place)
            if not (real == self.folder or real.startswith(self.folder.rstrip(os.sep) + os.sep)):
                raise self.refuse(f"has {name!r}, and {place!r} is a link out of {self.folder!r}")
            if not os.path.isdir(place):
                raise self.refuse(f"has {name!r}, and {place!r} is a file")
            if kind == tarfile.SYMTYPE and os.path.islink(place):
                raise self.refuse(f"has the link {name!r}, and {place!r} is a link")
        place = self._place(name)
        if kind == tarfile.DIRTYPE:
            self._check_folder(name, place)
        elif os.path.isdir(place) and not os.path.islink(place):
            raise self.refuse(f"has the file {name!r}, and {place!r} is a folder")

    def _check_folder(self, name: str, place: str) -> None:
        if os.path.lexists(place) and not os.path.isdir(place):
            raise self.refuse(f"has the folder {name!r}, and {place!r} is a file")


class _TooMuchError(Exception):
    """More came out of an archive than may."""


class _Bounded:
    """A stream that tarfile reads, which ends where a bomb would go off."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream, self._limit = stream, limit

    def read(self, count: int = -1) -> bytes:
        if count < 0 or count > READ_AT_ONCE:
            raise tarfile.ReadError(f"a header of {count} bytes")
        data = self._stream.read(count)
        if self._stream.tell() > self._limit:
            raise _TooMuchError
        return data

    def tell(self) -> int:
        return self._stream.tell()

    def seek(self, position: int, whence: int = 0) -> int:
        if position > self._limit:
            raise _TooMuchError
        return self._stream.seek(position, whence)


def _normal(name: str) -> str:
    return "/".join(part for part in name.split("/") if part not in ("", os.curdir))


def _above(name: str) -> Iterator[str]:
    """Yield the folders a name is in, topmost first."""
    parts = name.split("/")
    for count in range(1, len(parts)):
        yield "/".join(parts[:count])


def _beside(place: str) -> str:
    return os.path.join(os.path.dirname(place), f".{os.urandom(8).hex()}")


def _put(stream: IO[bytes], place: str, *, executable: bool) -> None:
    import shutil

    unfinished = _beside(place)
    try:
        # The permissions are what a checkout would have: the process decides who else may read.
        opened = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o777 if executable else 0o666)
        with open(opened, "wb") as target:
            shutil.copyfileobj(stream, target, CHUNK)
        os.replace(unfinished, place)
    finally:
        if os.path.lexists(unfinished):
            os.unlink(unfinished)
