"""What the cache's database holds: the outputs of a call, and what is told about them."""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from sqlite3 import OperationalError
from typing import TYPE_CHECKING, Any

from fletching.run import cache_files, cache_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from sqlite3 import Connection

    from flyteidl.core.literals_pb2 import LiteralMap

__all__ = ["BAD_VALUE", "StoredEntry", "bad_file", "fetch", "lose", "store", "stored_entries", "value_of"]

INLINE = 64 * 1024
"""A larger value is a file of its own: SQLite is slower than the file system from about here on."""
TOUCH = 1.0
"""Seconds for which the time of the last use may lag behind, so that a loop of hits does not write all the time."""

BAD_VALUE = "its value is missing or not what was stored"
"""What is remembered of an entry whose value cannot be used."""

READ = """
SELECT o.literals, o.digest, o.made, d.used FROM outputs AS o LEFT JOIN details AS d ON d.key = o.key WHERE o.key = ?
"""
DESCRIBE = """
INSERT INTO details (key, task, made, used, files, ingredients) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET task = excluded.task, made = excluded.made, used = excluded.used,
    files = excluded.files, ingredients = excluded.ingredients,
    lost = CASE WHEN details.lost_at < details.made THEN '' ELSE details.lost END
"""
"""What became of the entry before stays, until that one too is replaced."""
LIST = """
SELECT d.key, d.task, o.version, d.made, d.used, length(o.literals), o.digest, d.files, d.ingredients, d.lost, d.lost_at
FROM details AS d LEFT JOIN outputs AS o ON o.key = d.key
"""


@dataclass(frozen=True, kw_only=True)
class StoredEntry:
    """What the cache tells about one entry, or about one that it held once."""

    key: str
    """Its cache key, in hex."""
    task: str
    """The name of the task."""
    version: str
    """The cache version that it was stored with."""
    made: float
    """When it was stored, in seconds since 1970."""
    used: float
    """When it was stored or last used."""
    inline: int
    """Bytes of its value in the database."""
    digest: str
    """The SHA-256 of its value; empty if it is not held any more."""
    files: Mapping[str, int] | None
    """The files it needs below the cache's folder and their bytes; None if a release that did not note them made it."""
    ingredients: Mapping[str, str]
    """What its key was made of."""
    lost: str
    """What became of an entry of this key that was there before, or empty."""
    lost_at: float
    """When that was noticed."""

    @property
    def held(self) -> bool:
        """Whether it is still there."""
        return bool(self.digest)

    @property
    def size(self) -> int:
        """Bytes of its value and of its files."""
        return self.inline + sum((self.files or {}).values())


def fetch(key: str) -> bytes | None:
    """Return the stored value of a key, whole and unchanged, or None; note that it was used.

    What is wrong with it is noted too, for whoever asks why a call was not found in the cache.
    """
    found = cache_store.read(lambda raw: raw.execute(READ, (key,)).fetchone())
    if found is None:
        return None
    data, digest, made, used = found
    value = value_of(data, digest)
    if value is None:
        lose(key, BAD_VALUE)
        return None
    now = time.time()
    if used is not None and (used == made or abs(now - used) > TOUCH):
        cache_store.read(lambda raw: _touch(raw, key, now))  # in no transaction, so that it need not wait
    return value


def _touch(raw: Connection, key: str, now: float) -> None:
    raw.execute("PRAGMA busy_timeout=0")
    with suppress(OperationalError):  # somebody is writing, and a hit does not wait to say when it was
        raw.execute("UPDATE details SET used = ? WHERE key = ?", (now, key))
    raw.execute(f"PRAGMA busy_timeout={int(cache_store.PATIENCE * 1000)}")


def value_of(data: object, digest: object) -> bytes | None:
    """Return the value that a row holds or names, or None if it is not what was stored."""
    if not isinstance(data, bytes) or not isinstance(digest, str):
        return None
    if not data and len(digest) == 64 and digest != hashlib.sha256(b"").hexdigest():
        try:
            with open(os.path.join(cache_store.cache_folder(), cache_files.VALUES, digest), "rb") as file:
                data = file.read()
        except (OSError, ValueError):
            return None
    return data if hashlib.sha256(data).hexdigest() == digest else None


def store(key: str, task: str, version: str, literals: LiteralMap, ingredients: Mapping[str, str]) -> None:
    """Keep outputs, and copies of the files that they name; ``literals`` name the copies afterwards.

    Raises:
        OSError: the files cannot be written.
        sqlite3.Error: the database cannot.
    """
    folder = cache_store.cache_folder()
    files = cache_files.keep_files(literals, folder)
    data = literals.SerializeToString(deterministic=True)
    digest = hashlib.sha256(data).hexdigest()
    if len(data) > INLINE:
        files[cache_files.keep_value(data, digest, folder)] = len(data)
        data = b""
    now = time.time()
    row = key, task, version, data, digest, now
    details = key, task, now, now, json.dumps(files), json.dumps(dict(ingredients))

    def work(raw: Connection) -> None:
        raw.execute("INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?, ?, ?)", row)
        raw.execute(DESCRIBE, details)

    cache_store.write(work)


def lose(key: str, why: str) -> None:
    """Note that the entry of a key is of no use any more; without a word if that can't be written."""
    with suppress(Exception):  # the call goes on, and what is wrong shows when it is stored anew
        cache_store.write(
            lambda raw: raw.execute("UPDATE details SET lost = ?, lost_at = ? WHERE key = ?", (why, time.time(), key))
        )


def bad_file(error: Exception) -> str:
    """Return what is remembered of an entry with a file that cannot be used."""
    return f"a file of it is missing or not what was stored: {error}"


def stored_entries(raw: Connection, where: str = "", parameters: Iterable[object] = ()) -> list[StoredEntry]:
    """Return the rows for which the SQL ``where`` is true; of the alias ``o`` what is held, of ``d`` what was too."""
    rows = raw.execute(f"{LIST} {where}", tuple(parameters)).fetchall()
    return [
        StoredEntry(
            key=key,
            task=task,
            version=version or "",
            made=made,
            used=used,
            inline=inline or 0,
            digest=digest or "",
            files=None if files is None else _mapping(files),
            ingredients=_mapping(ingredients) or {"task": task, **({"version": version} if version else {})},
            lost=lost,
            lost_at=lost_at,
        )
        for key, task, version, made, used, inline, digest, files, ingredients, lost, lost_at in rows
    ]


def _mapping(text: str) -> dict[str, Any]:
    """Return what a column of JSON holds; nothing if it was damaged."""
    try:
        found = json.loads(text)
    except (TypeError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
