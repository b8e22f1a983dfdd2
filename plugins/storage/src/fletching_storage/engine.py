"""The library that talks to object stores, usable in a forked process too, and the stores it has open."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fletching_storage.places import Options

__all__ = ["engine", "opened"]

_lock = threading.RLock()
_loaded: tuple[int, Any] | None = None
"""Process id, and the library as that process has it."""
_stores: dict[tuple[int, str], Any] = {}
_OPENED_AT_MOST = 64


def engine() -> Any:
    """Return the module ``obstore``.

    It keeps threads for the network, which a forked process does not inherit: there, every call would wait for them
    for ever. So a process whose parent used the library gets a copy with threads of its own.
    """
    global _loaded
    pid = os.getpid()
    if _loaded is None or _loaded[0] != pid:
        with _lock:
            if _loaded is None:
                import obstore
                import obstore.store

                _loaded = pid, obstore
            elif _loaded[0] != pid:
                _loaded = pid, _fresh_copy()
    return _loaded[1]


def opened(options: Options) -> Any:
    """Return the store of ``options``, made once in each process: it keeps connections."""
    key = os.getpid(), options.key()
    store = _stores.get(key)
    if store is None:
        with _lock:
            if len(_stores) >= _OPENED_AT_MOST:
                _stores.clear()
            store = _stores[key] = getattr(engine().store, options.kind)(**options.config)
    return store


def _fresh_copy() -> Any:
    """Load the library once more, from a copy of its file, because the loader gives one file only once."""
    import importlib
    from importlib.machinery import ExtensionFileLoader
    from importlib.util import module_from_spec, spec_from_file_location

    from obstore import _obstore

    path = _copy_of(str(_obstore.__file__))
    for name in [name for name in sys.modules if name == "obstore" or name.startswith("obstore.")]:
        del sys.modules[name]
    name = "obstore._obstore"
    loader = ExtensionFileLoader(name, path)
    spec = spec_from_file_location(name, path, loader=loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    loader.exec_module(module)
    importlib.import_module("obstore.store")
    return importlib.import_module("obstore")


def _copy_of(path: str) -> str:
    """Return the path of a copy that is gone with this process."""
    import shutil

    if hasattr(os, "memfd_create"):
        copy = os.memfd_create("obstore")
        with open(path, "rb") as source, open(copy, "wb", closefd=False) as target:
            shutil.copyfileobj(source, target)
        return f"/proc/self/fd/{copy}"
    import atexit
    import tempfile

    made, name = tempfile.mkstemp(suffix=os.path.basename(path))
    with open(path, "rb") as source, open(made, "wb") as target:
        shutil.copyfileobj(source, target)
    atexit.register(os.unlink, name)
    return name


def _after_fork() -> None:
    # Another thread of the parent may have held it; that thread is not here to let go.
    global _lock
    _lock = threading.RLock()
    _stores.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
