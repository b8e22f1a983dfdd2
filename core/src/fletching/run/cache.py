"""The local cache: outputs of earlier calls, kept on disk and found by what went into them.

A key is the SHA-256 of the task's name, its cache version, its interface and its inputs in wire form; a file counts
by its content, a literal with a hash by that hash. Values are wire literals in SQLite, a large one and the files they
name are kept beside it by content. The cache may never change what a call returns: whatever is wrong with it is a
miss and a warning.
"""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple

from flyteidl.core.literals_pb2 import LiteralMap
from google.protobuf.message import DecodeError

from fletching.errors import CacheWarning, ConfigError, TypeEngineError
from fletching.run.cache_files import check_files
from fletching.run.cache_rows import bad_file, fetch, lose, store
from fletching.run.cache_store import NewerCacheError, cache_folder
from fletching.run.keys import NO_HASHES, key_of
from fletching.types.idl import from_literal_map, to_literal_map

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fletching.metadata import TaskMetadata
    from fletching.run.keys import CallKey

__all__ = ["CacheEntry", "CacheMode", "Found", "open_entry"]

CacheMode = Literal["use", "refresh", "off"]
"""Use what is stored, run and store anew, or do neither."""


class Found(NamedTuple):
    """A hit; its value may be None."""

    value: Any


def _switch(name: str, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    return default if not value else value in ("1", "true", "t", "yes", "on")


def _mode() -> CacheMode:
    if not _switch("FLYTE_LOCAL_CACHE_ENABLED", True):
        return "off"
    return "refresh" if _switch("FLYTE_LOCAL_CACHE_OVERWRITE", False) else "use"


def open_entry(
    task: Any,
    inputs: Mapping[str, Any],
    metadata: TaskMetadata | None = None,
    *,
    mode: CacheMode | None = None,
    hashed: Mapping[str, Any] = NO_HASHES,
) -> CacheEntry | None:
    """Return the cache's entry for a call; None if caching is off or its inputs have no key.

    Args:
        task: what is called.
        inputs: every input by name.
        metadata: what holds for this call, if it is not the task's own.
        mode: None leaves it to the environment: ``FLYTE_LOCAL_CACHE_ENABLED=false`` turns the cache off,
            ``FLYTE_LOCAL_CACHE_OVERWRITE=true`` runs and stores anew.
        hashed: see `key_of`.

    Raises:
        ConversionError: an input does not fit its type.
    """
    mode = _mode() if mode is None else mode
    if mode not in ("use", "refresh", "off"):
        raise ConfigError(f"cache mode is {mode!r}, expected 'use', 'refresh', 'off' or None")
    if mode == "off":
        return None
    metadata = task.metadata if metadata is None else metadata
    try:
        key = key_of(task, inputs, metadata, hashed)
    except TypeEngineError:
        raise
    except OSError as error:
        _warn(task, "its inputs could not be read", error)
        return None
    return CacheEntry(task, key, metadata, overwrite=mode == "refresh")


class CacheEntry:
    """What the cache holds, or will hold, for one call."""

    def __init__(self, task: Any, key: CallKey, metadata: TaskMetadata, *, overwrite: bool = False) -> None:
        self.task = task
        self.key = key.key
        self.ingredients = key.ingredients
        """What the key was made of; see `CallKey`."""
        self.metadata = metadata
        self.overwrite = overwrite
        self._lock: IO[bytes] | None = None
        self._unusable = False

    def try_lock(self) -> bool:
        """Claim this key among all threads and processes; False while another call of it is running."""
        try:
            import fcntl
        except ImportError:
            return True  # no such locks here: equal calls may run at the same time
        try:
            folder = os.path.join(cache_folder(), "locks")
            os.makedirs(folder, exist_ok=True)
            file = open(os.path.join(folder, self.key), "ab")  # noqa: SIM115 - held until unlock
        except OSError as error:
            _warn(self.task, "it could not be locked", error)
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not _is_at(file, os.path.join(folder, self.key)):  # swept away between the two: it locks nobody out
                file.close()
                return False
        except BlockingIOError:
            file.close()
            return False
        except OSError as error:
            file.close()
            _warn(self.task, "it could not be locked", error)
            return True
        self._lock = file
        return True

    def unlock(self) -> None:
        """Let go of the claim; the operating system does it for a process that was killed."""
        if self._lock is not None:
            import fcntl

            file, self._lock = self._lock, None
            with file:
                fcntl.flock(file, fcntl.LOCK_UN)  # a process that the task forked has the file open too

    def read(self) -> Found | None:
        """Return the stored outputs as a call returns them, or None."""
        if self.overwrite:
            return None
        try:
            data = fetch(self.key)
        except Exception as error:  # noqa: BLE001 - a damaged file makes sqlite3 raise nearly anything
            self._unusable = isinstance(error, NewerCacheError)
            _warn(self.task, "it could not be read", error)
            return None
        if data is None:
            return None
        try:
            return Found(self._native(LiteralMap.FromString(data)))
        except (DecodeError, OSError) as error:
            lose(self.key, bad_file(error))
            return None
        except Exception as error:  # noqa: BLE001 - the cache may never fail a call
            _warn(self.task, "an entry of it does not fit the task any more", error)
            return None

    def _native(self, literals: Any) -> Any:
        check_files(literals)
        interface = self.task.python_interface
        return interface.returned(from_literal_map(interface.outputs, literals))

    def write(self, value: Any) -> Any:
        """Store what a call returned, and return it; iterators among it anew, since storing them reads them."""
        from fletching.types.engine import transformer
        from fletching.types.iterators import holds_iterator, replayed

        interface = self.task.python_interface
        if not any(map(holds_iterator, interface.outputs.values())):
            self._store(value)
            return value
        value = list(map(replayed, value)) if interface.returns_tuple else replayed(value)
        self._store(value)
        named = interface.named_outputs(value)
        return interface.returned({name: transformer(interface.outputs[name]).carry(named[name]) for name in named})

    def _store(self, value: Any) -> None:
        if self._unusable:
            return
        interface = self.task.python_interface
        try:
            literals = to_literal_map(interface.outputs, interface.named_outputs(value))
            store(self.key, self.task.name, self.metadata.cache_version, literals, self.ingredients)
        except Exception as error:  # noqa: BLE001 - as in read
            _warn(self.task, "the outputs could not be stored", error)


def _is_at(file: IO[bytes], path: str) -> bool:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(file.fileno()), found)


def _warn(task: Any, what: str, error: BaseException) -> None:
    import warnings

    from fletching.frames import caller_level

    message = f"the cache of task {task.name!r} was not used: {what}: {error}; the task runs"
    warnings.warn(message, CacheWarning, stacklevel=caller_level())
