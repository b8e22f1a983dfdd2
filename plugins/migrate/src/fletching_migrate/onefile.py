"""One file: read as it is encoded, looked at, and written so that it is never half there."""

from __future__ import annotations

import codecs
import errno
import io
import os
import tempfile
import tokenize
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fletching_migrate.values import Finding, Migrated
from fletching_migrate.walk import kind_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Looked", "look_at"]


@dataclass(frozen=True, kw_only=True)
class Looked:
    """A file and what came of it."""

    path: Path
    old: str = ""
    migrated: Migrated
    encoding: str = "utf-8"

    @property
    def changed(self) -> bool:
        """Whether there is something to write."""
        return self.migrated.text != self.old

    def write(self) -> None:
        """Put the new text in the place of the old one, at once; the file's permissions stay."""
        target = self.path.resolve()
        if not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, "the file is write-protected")
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(self.migrated.text.encode(self.encoding))
            os.chmod(name, target.stat().st_mode & 0o7777)
            os.replace(name, target)
        except BaseException:
            os.unlink(name)
            raise


def look_at(path: Path) -> Looked:
    """Return what would become of a file; one that cannot be read says why."""
    kind = kind_of(path) or "lines"
    try:
        raw = path.read_bytes()
    except OSError as error:
        return _unreadable(path, f"cannot be read: {error.strerror or error}")
    if b"flyte" not in raw.lower():
        return Looked(path=path, migrated=Migrated(text=""))
    try:
        encoding = _encoding(raw) if kind == "program" else "utf-8-sig" if raw.startswith(codecs.BOM_UTF8) else "utf-8"
        old = raw.decode(encoding)
        if old.encode(encoding) != raw:
            return _unreadable(path, f"cannot be written back in its encoding, {encoding}; change it by hand")
    except (SyntaxError, LookupError, UnicodeError) as error:
        return _unreadable(path, f"cannot be decoded: {error}")
    return Looked(path=path, old=old, encoding=encoding, migrated=_migrated(kind, old))


def _migrated(kind: str, text: str) -> Migrated:
    if kind == "program":
        from fletching_migrate.program import migrate_text

        return migrate_text(text)
    if kind == "notebook":
        from fletching_migrate.notebook import migrate_notebook

        return migrate_notebook(text)
    from fletching_migrate.requirements import in_lines

    return Migrated(text=text, findings=in_lines(text))


def _encoding(raw: bytes) -> str:
    return tokenize.detect_encoding(io.BytesIO(raw).readline)[0]


def _unreadable(path: Path, advice: str) -> Looked:
    finding = Finding(line=0, name="this file", advice=advice)
    return Looked(path=path, migrated=Migrated(text="", findings=(finding,)))
