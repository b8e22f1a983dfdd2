"""How a task, its arguments and its result travel between this process and a worker's."""

from __future__ import annotations

import os
import pickle
import struct
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fletching.errors import SerializationError, add_note, text_of
from fletching.frames import is_ours
from fletching.redaction import adopt_forms, remembered_forms
from fletching.types.blobs import raw_output_prefix

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Mapping

    from fletching.context import Execution

__all__ = ["ForeignFrameError", "importable", "load", "pack_outcome", "read_frame", "send_frame", "ship"]

HEAD = struct.Struct("!8sQ")
"""What stands in front of a frame: the token of its job, and its length."""


def send_frame(connection: socket.socket, token: bytes, data: bytes) -> None:
    """Send ``data`` as a part of the conversation about one job."""
    connection.sendall(HEAD.pack(token, len(data)))
    connection.sendall(data)


def read_frame(connection: socket.socket, token: bytes | None = None) -> tuple[bytes, bytes]:
    """Return the token and the content of the next frame.

    Raises:
        EOFError: the other side is gone.
        TimeoutError: the socket's timeout passed.
        ForeignFrameError: what came does not belong to the job of ``token``.
    """
    found, size = HEAD.unpack(_read(connection, HEAD.size))
    if token is not None and found != token:
        raise ForeignFrameError
    return found, _read(connection, size)


class ForeignFrameError(ConnectionError):
    """Something else than the worker wrote to its socket, or it answered an earlier job."""


def _read(connection: socket.socket, size: int) -> bytes:
    data = bytearray(size)
    view, got = memoryview(data), 0
    while got < size:
        count = connection.recv_into(view[got:])
        if not count:
            raise EOFError("the other process is gone")
        got += count
    return bytes(data)


def importable(name: str) -> bool:
    """Whether a fresh process with our ``sys.path`` finds the same module under ``name``.

    It doesn't for ``__main__``, for a notebook, and for a module that a test runner or a script loaded from a file.
    """
    module = sys.modules.get(name)
    if module is None or name == "__main__":
        return False
    origin, inside = getattr(module, "__file__", None), getattr(module, "__path__", None)
    if origin is None and inside is None:
        return name in sys.builtin_module_names
    parent, _, _ = name.rpartition(".")
    if parent and not importable(parent):
        return False
    path = getattr(sys.modules.get(parent), "__path__", None) if parent else None
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        spec = find(name, path) if find is not None else None
        if spec is None:
            continue
        if origin is None:  # a folder without __init__.py: the same one, if one of its places is
            return not {*map(os.path.realpath, spec.submodule_search_locations or ())}.isdisjoint(
                map(os.path.realpath, inside or ())
            )
        return spec.origin is not None and os.path.realpath(spec.origin) == os.path.realpath(origin)
    return False


@contextmanager
def _by_value(name: str) -> Iterator[None]:
    """Have functions and classes of a module travel as code where the module itself cannot be imported."""
    import cloudpickle

    module = sys.modules.get(name)
    if module is None or name == "__main__" or importable(name):
        yield
        return
    if name in cloudpickle.list_registry_pickle_by_value():
        yield
        return
    cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        cloudpickle.unregister_pickle_by_value(module)


def _folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""  # somebody removed it; then there is none to share


def ship(execution: Execution, inputs: Mapping[str, Any]) -> bytes:
    """Return one attempt as bytes for a worker.

    Raises:
        SerializationError: the task or an argument cannot leave this process.
    """
    import cloudpickle

    task = execution.task
    setting = {
        "path": list(sys.path),
        "folder": _folder(),
        "environment": dict(os.environ),
        "module": task.instantiated_in,
    }
    # Files that the task writes go below a folder of ours, so that they outlive the worker.
    prefix = raw_output_prefix.get() or execution.shared_folder()
    body = (task, execution.attempt, execution.shared_folder(), prefix, dict(inputs))
    try:
        with _by_value(task.instantiated_in):
            payload = cloudpickle.dumps(body, protocol=5)
    except Exception as error:
        raise SerializationError(
            f"task {task.name!r} has a timeout, so it runs in a process of its own, but it or its arguments cannot be "
            f"sent there: {error}; define it at module level, pass what can be pickled, or drop timeout="
        ) from error
    return pickle.dumps((setting, payload), protocol=5)


def pack_outcome(value: Any, error: BaseException | None, module: str) -> bytes:
    """Return how an attempt ended as bytes for the caller; an error that can't be pickled is told as text."""
    import traceback

    import cloudpickle

    if error is not None:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not is_ours(frame.filename)]
        if frames:
            add_note(error, f"raised in a worker process:\n{''.join(traceback.format_list(frames)).rstrip()}")
    with _by_value(module):
        try:
            data: bytes = cloudpickle.dumps((value, error, _notes(error), remembered_forms()), protocol=5)
            pickle.loads(data)  # noqa: S301 - our own bytes: some errors pickle and then cannot be made again
        except Exception as problem:  # noqa: BLE001 - told to the caller as the result
            if error is None:
                error = SerializationError(f"the task's result cannot be sent back from its process: {problem}")
            else:
                notes = _notes(error)
                error = RuntimeError(f"{type(error).__qualname__}: {text_of(error)}")
                for note in notes:
                    error.add_note(note)
            data = pickle.dumps((None, error, _notes(error), remembered_forms()), protocol=5)
    return data


def _notes(error: BaseException | None) -> list[str]:
    notes = getattr(error, "__notes__", None)
    return [str(note) for note in notes] if isinstance(notes, list) else []


def load(reply: bytes) -> tuple[Any, BaseException | None]:
    """Return the value and the error of `pack_outcome`."""
    value, error, notes, secrets = pickle.loads(reply)  # noqa: S301 - written by a process that we started
    adopt_forms(secrets)  # what that process read must not be shown by this one
    if error is not None and not getattr(error, "__notes__", None):
        for note in notes:
            add_note(error, note)
    return value, error
