"""A code bundle: the files a task needs, in one archive that has the same bytes for the same files."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Literal

from fletching.errors import CodeBundleError, FletchingWarning

if TYPE_CHECKING:
    import tarfile

__all__ = ["CodeBundle", "CopyMode", "fold", "pack_code"]

CopyMode = Literal["auto", "all"]
"""``auto``: the modules that are imported; ``all``: every file that no ignore file leaves out."""

WARN_ABOVE = 50 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class CodeBundle:
    """An archive of code on this machine, and what is in it."""

    path: str
    """The archive, a ``.tar.gz``."""
    digest: str
    """SHA-256, in hex, of the names, permissions and contents: it changes when the code does, and only then."""
    files: tuple[str, ...]
    """What is in it, sorted: relative paths with slashes."""
    size: int
    """The bytes of the archive."""

    @property
    def version(self) -> str:
        """The version of what is registered with this code: the first half of the digest."""
        return self.digest[:32]


def pack_code(
    root: str | os.PathLike[str],
    *,
    copy: CopyMode = "auto",
    folder: str | os.PathLike[str] | None = None,
    deref_symlinks: bool = False,
    warn_above: int = WARN_ABOVE,
) -> CodeBundle:
    """Pack the code below a folder and return the bundle.

    Args:
        root: the folder that module names start from.
        copy: ``auto`` packs the modules below it that are imported, and those that they import in a function;
            ``all`` packs everything that no ``.gitignore``, ``.dockerignore`` or ``.flyteignore`` leaves out.
        folder: where the archive is written; a working folder of this process if not given.
        deref_symlinks: whether a copy of what a link leads to takes its place; else a link out of ``root`` is an error.
        warn_above: the size of the archive, in bytes, above which a warning names the largest files.

    Raises:
        CodeBundleError: if there is nothing to pack, or something that could not be unpacked elsewhere.
    """
    from fletching.container.code_files import all_files, loaded_files

    root = os.path.abspath(root)
    if copy not in ("auto", "all"):
        raise CodeBundleError(f"code is packed by 'auto' or 'all', got {copy!r}; for 'none' there is nothing to pack")
    if not os.path.isdir(root):
        raise CodeBundleError(f"there is no folder {root!r} to pack")
    found = (all_files if copy == "all" else loaded_files)(root, deref_symlinks=deref_symlinks)
    if not found:
        what = "no imported module lies" if copy == "auto" else "no file that is not ignored lies"
        hint = "import it first, or pack with copy='all'" if copy == "auto" else "see its ignore files"
        raise CodeBundleError(f"{what} below {root!r}; {hint}")
    _check_names(found)
    bundle = _write(root, dict(sorted(found.items())), _target_folder(folder), keep_links=not deref_symlinks)
    if bundle.size > warn_above:
        _warn(bundle, found, warn_above)
    return bundle


def fold(name: str) -> str:
    """Return what two names share that are one on a file system which ignores case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _check_names(found: dict[str, str]) -> None:
    seen: dict[str, str] = {}
    for name in sorted(found):
        parts = name.split("/")
        for count in range(1, len(parts) + 1):
            part = "/".join(parts[:count])
            other = seen.setdefault(fold(part), part)
            if other != part:
                raise CodeBundleError(
                    f"{other!r} and {part!r} are one name where case does not matter: rename one, or ignore it"
                )


def _target_folder(folder: str | os.PathLike[str] | None) -> str:
    if folder is None:
        from fletching.types.blobs import new_local_path

        return new_local_path()
    os.makedirs(folder, exist_ok=True)
    return os.path.abspath(folder)


def _write(root: str, found: dict[str, str], folder: str, *, keep_links: bool) -> CodeBundle:
    import gzip
    import hashlib
    import tarfile

    digest = hashlib.sha256()
    # Under another name first: nobody finds half an archive under a name that stands for its content.
    unfinished = os.path.join(folder, f".{os.urandom(8).hex()}")
    try:
        with (
            open(unfinished, "wb") as stream,
            gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0, compresslevel=6) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for name, path in found.items():
                try:
                    _add(archive, digest, root, name, path, keep_link=keep_links and os.path.islink(path))
                except OSError as error:
                    reason = error.strerror or error
                    raise CodeBundleError(f"{path!r} cannot be packed: {reason}; ignore it, or mend it") from error
        made = digest.hexdigest()
        target = os.path.join(folder, f"fast{made[:32]}.tar.gz")
        size = os.path.getsize(unfinished)
        os.replace(unfinished, target)
    finally:
        if os.path.exists(unfinished):
            os.unlink(unfinished)
    return CodeBundle(path=target, digest=made, files=tuple(found), size=size)


def _add(archive: tarfile.TarFile, digest: Any, root: str, name: str, path: str, *, keep_link: bool) -> None:
    """Add a file with nothing that depends on where, when and by whom it was written."""
    import tarfile

    from fletching.container.code_files import link_target

    entry = tarfile.TarInfo(name)
    digest.update(os.fsencode(name) + b"\0")
    if keep_link:
        entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, link_target(root, path), 0o777
        digest.update(b"link\0" + os.fsencode(entry.linkname) + b"\0")
        archive.addfile(entry)
        return
    with open(path, "rb") as stream:
        about = os.fstat(stream.fileno())
        entry.size = about.st_size
        entry.mode = 0o755 if about.st_mode & 0o100 else 0o644
        digest.update(f"{entry.mode:o} {entry.size}\0".encode())
        archive.addfile(entry, _Hashed(stream, digest))


class _Hashed:
    """A stream that tells a digest what is read from it: what is hashed is what is packed."""

    def __init__(self, stream: IO[bytes], digest: Any) -> None:
        self._stream, self._digest = stream, digest

    def read(self, count: int = -1) -> bytes:
        data = self._stream.read(count)
        self._digest.update(data)
        return data


def _warn(bundle: CodeBundle, found: dict[str, str], limit: int) -> None:
    import warnings

    sizes = sorted(
        ((os.path.getsize(path), name) for name, path in found.items() if os.path.isfile(path)), reverse=True
    )
    largest = ", ".join(f"{name!r} ({size / 1e6:.1f} MB)" for size, name in sizes[:5])
    warnings.warn(
        f"the code bundle has {bundle.size / 1e6:.1f} MB, more than {limit / 1e6:.1f}: every container fetches it. "
        f"The largest files are {largest}; name in .flyteignore what no task needs",
        FletchingWarning,
        stacklevel=3,
    )
