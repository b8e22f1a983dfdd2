"""How a task, its arguments and its result travel between this process and a worker's."""

from __future__ import annotations

import os
import pickle
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from fletching.errors import SerializationError, add_note, text_of
from fletching.frames import is_ours
from fletching.redaction import adopt_forms, remembered_forms
from fletching.types.blobs import is_remote, join, local_path, output_prefix, raw_output_prefix

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fletching.context import Execution
    from fletching.run.channel import Piece

__all__ = [
    "Surroundings",
    "changed_at",
    "forked",
    "importable",
    "importing",
    "load",
    "pack_outcome",
    "raw_environment",
    "setting_for",
    "ship",
    "surroundings",
]

ALONE_FROM = 1 << 17
"""A piece of a pickle of this size or more is one value's content; names of classes stand in smaller ones."""

INSIDE_BELOW = 1 << 12
"""A buffer smaller than this costs less inside the pickle than as a part of its own."""

importing: list[str] = []
"""In a worker, the module whose task it is just about to get: what that calls while it is imported must not run."""

_importable: dict[str, tuple[tuple[Any, ...], bool]] = {}
_by_value_users: dict[str, int] = {}
_registering = threading.Lock()


def changed_at(module: str) -> int:
    """Return when the file of a module was last changed, or 0 for one without."""
    try:
        return os.stat(getattr(sys.modules.get(module), "__file__", None) or "").st_mtime_ns
    except OSError:
        return 0


def importable(name: str) -> bool:
    """Whether a fresh process with our ``sys.path`` finds the same module under ``name``.

    It doesn't for ``__main__``, for a notebook, and for a module that a test runner or a script loaded from a file.
    """
    module = sys.modules.get(name)
    if module is None or name == "__main__":
        return False
    # To ask the finders takes longer than all the rest of a job.
    stamp = (module, tuple(sys.path), tuple(sys.meta_path), changed_at(name))
    known = _importable.get(name)
    if known is None or known[0] != stamp:
        known = _importable[name] = stamp, _finds(name, module)
    return known[1]


def _finds(name: str, module: Any) -> bool:
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
    # The registry is the process's: the first attempt puts the module there, the last one of several takes it away.
    with _registering:
        users = _by_value_users.get(name, 0)
        ours = users > 0 or name not in cloudpickle.list_registry_pickle_by_value()
        if ours:
            _by_value_users[name] = users + 1
            cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        if ours:
            with _registering:
                _by_value_users[name] -= 1
                if not _by_value_users[name]:
                    del _by_value_users[name]
                    cloudpickle.unregister_pickle_by_value(module)


def forked() -> None:
    """Forget, in a process forked from ours, what threads were doing that it doesn't have."""
    global _registering
    _registering = threading.Lock()


class _Pieces:
    """A file that keeps what is written to it, and large values as they are."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.write = self.pieces.append


def _pickled(kind: Any, value: Any) -> list[list[Piece]]:
    """Return a pickle, and each buffer in it that needs no copy, as parts of a frame."""
    file = _Pieces()
    buffers: list[list[Piece]] = []

    def keep(buffer: pickle.PickleBuffer) -> bool:
        try:
            view = buffer.raw()
        except BufferError:  # not in one stretch
            return True
        if view.nbytes < INSIDE_BELOW:
            return True
        buffers.append([view])
        return False

    kind(file, protocol=5, buffer_callback=keep).dump(value)
    return [file.pieces, *buffers]


def _parts(value: Any, by_value: bool) -> tuple[list[list[Piece]], bool]:
    """Pickle a value by plain pickle where that is right, and as code where it has to be; tell which it was."""
    cloud = sys.modules.get("cloudpickle")
    if not by_value and not (cloud and cloud.list_registry_pickle_by_value()):
        try:
            parts = _pickled(pickle.Pickler, value)
        except Exception:  # noqa: BLE001, S110 - the other one tells the user
            pass
        else:
            # Another process has a __main__ of its own.
            if not any(b"__main__" in piece for piece in parts[0] if len(piece) < ALONE_FROM):
                return parts, False
    import cloudpickle

    return _pickled(cloudpickle.Pickler, value), True


class Surroundings(NamedTuple):
    """What a worker takes over from this process, and is told again only when it changed."""

    path: list[str]
    environment: Mapping[Any, Any]
    """As `raw_environment` gives it."""
    secrets: tuple[str, ...]


def raw_environment() -> dict[Any, Any]:
    """Return the environment as Python stores it: to decode it would take longer than the rest of a small job."""
    return dict(getattr(os.environ, "_data", os.environ))


def surroundings() -> Surroundings:
    """Return what this process has now."""
    return Surroundings(list(sys.path), raw_environment(), remembered_forms())


def _folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""  # somebody removed it; then there is none to share


def setting_for(
    execution: Execution, told: Surroundings | None, now: Surroundings, *, by_value: bool, tell: bool
) -> Any:
    """Return what a worker has to know before it reads the task: a part of a frame.

    Args:
        execution: the attempt.
        told: what this worker was told before.
        now: what holds now.
        by_value: whether the task travels as code.
        tell: whether the worker has to say when it has the task.
    """
    log = getattr(execution, "log", "")
    setting: dict[str, Any] = {
        "module": execution.task.instantiated_in,
        "folder": _folder(),
        "by_value": by_value,
        "tell": tell,
        "log": os.path.abspath(log) if log else "",
    }
    if told is None or told.path != now.path:
        setting["path"] = now.path
    if told is None or told.environment != now.environment:
        setting["environment"] = dict(os.environ)
    if told is None or told.secrets is not now.secrets:
        setting["secrets"] = now.secrets
    return [pickle.dumps(setting, protocol=5)]


def ship(execution: Execution, inputs: Mapping[str, Any], *, deadline: bool) -> tuple[list[list[Piece]], bool]:
    """Return one attempt as parts of a frame, and whether the task travels as code.

    Raises:
        SerializationError: the task or an argument cannot leave this process.
    """
    task = execution.task
    module = task.instantiated_in
    if not execution.folder:  # made by the first who writes there
        folder = join(output_prefix(), os.urandom(16).hex(), "call")
        execution.folder = folder if is_remote(folder) else local_path(folder)
    # Files that the task writes go below a folder of ours, so that they outlive the worker.
    prefix = raw_output_prefix.get() or execution.folder
    metadata = execution.metadata
    about = {
        "attempt": execution.attempt,
        "folder": execution.folder,
        "depth": execution.depth,
        "path": execution.path,
        "overrides": execution.overrides,
        "metadata": None if metadata is task.metadata else metadata,
    }
    body = (task, about, prefix, dict(inputs))
    try:
        if importable(module):
            return _parts(body, by_value=False)
        with _by_value(module):
            return _parts(body, by_value=True)
    except Exception as error:
        reason, way_out = (
            ("has a timeout, so it runs in a process of its own", "drop timeout=")
            if deadline
            else ("runs in a process of its own", "have another executor run it")
        )
        raise SerializationError(
            f"task {task.name!r} {reason}, but it or its arguments cannot be "
            f"sent there: {error}; define it at module level, pass what can be pickled, or {way_out}"
        ) from error


def pack_outcome(value: Any, error: BaseException | None, module: str, *, by_value: bool) -> list[list[Piece]]:
    """Return how an attempt ended as parts of a frame; an error that can't be pickled is told as text."""
    import traceback

    if error is None:
        try:
            if not by_value:
                return _parts((value, None, [], remembered_forms()), by_value=False)[0]
            with _by_value(module):
                return _parts((value, None, [], remembered_forms()), by_value=True)[0]
        except Exception as problem:  # noqa: BLE001 - told to the caller as the result
            return _pickled(pickle.Pickler, (None, _unsendable(problem), [], remembered_forms()))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not is_ours(frame.filename)]
    if frames:
        add_note(error, f"raised in a worker process:\n{''.join(traceback.format_list(frames)).rstrip()}")
    with _by_value(module):
        try:
            data = _error_pickled((None, error, _notes(error), remembered_forms()))
            pickle.loads(data)  # noqa: S301 - our own bytes: some errors pickle and then cannot be made again
        except Exception:  # noqa: BLE001 - told to the caller as the result
            told = RuntimeError(f"{type(error).__qualname__}: {text_of(error)}")
            for note in _notes(error):
                told.add_note(note)
            data = pickle.dumps((None, told, _notes(told), remembered_forms()), protocol=5)
    return [[data]]


def _error_pickled(value: Any) -> bytes:
    """Pickle what holds an error, so that it is made again as it is.

    By itself it would be made by a call of its class with its ``args``. Those are what it passed on to the class above,
    which is seldom what a class of the user's takes.
    """
    import io

    import cloudpickle

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
        def reducer_override(self, obj: Any) -> Any:
            kind = type(obj)
            if isinstance(obj, BaseException) and all(
                getattr(kind, name) is getattr(BaseException, name)
                for name in ("__reduce__", "__setstate__", "__setattr__")  # of a frozen one no traceback can be set
            ):
                return _error_again, (kind, obj.args), vars(obj)
            return super().reducer_override(obj)

    file = io.BytesIO()
    Pickler(file, protocol=5).dump(value)
    return file.getvalue()


def _error_again(kind: type[BaseException], args: tuple[Any, ...]) -> BaseException:
    made = kind.__new__(kind, *args)
    built_in = next(each for each in kind.__mro__ if each.__module__ == "builtins")
    built_in.__init__(made, *args)  # type: ignore[misc]  # its own, not that of a class of the user's
    return made


def _unsendable(problem: Exception) -> SerializationError:
    return SerializationError(f"the task's result cannot be sent back from its process: {problem}")


def _notes(error: BaseException | None) -> list[str]:
    notes = getattr(error, "__notes__", None)
    return [str(note) for note in notes] if isinstance(notes, list) else []


def load(parts: list[Piece]) -> tuple[Any, BaseException | None]:
    """Return the value and the error of `pack_outcome`."""
    try:
        # Written by a process that we started.
        value, error, notes, secrets = pickle.loads(parts[0], buffers=parts[1:])  # noqa: S301
    except Exception as problem:  # noqa: BLE001 - some values pickle and then cannot be made again
        return None, _unsendable(problem)
    adopt_forms(secrets)  # what that process read must not be shown by this one
    if error is not None and not getattr(error, "__notes__", None):
        for note in notes:
            add_note(error, note)
    return value, error
