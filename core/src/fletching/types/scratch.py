"""The folder of this process, removed when it ends; that of one that was killed is removed at the end of another."""

from __future__ import annotations

import os
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

__all__ = ["RUNNING", "process_folder", "work_folder"]

PREFIX = "fletching-"
USERS = ".processes"
"""The file in such a folder that says who may use it, a line each: who made it, and what that one forked since."""

RUNNING: ContextVar[Any] = ContextVar("fletching_execution", default=None)
"""The innermost attempt of a task that runs here; it stands here because its working directory is asked for here."""

_own: tuple[int, str] | None = None
"""Process id and folder: a forked child makes its own and never removes its parent's."""


def process_folder() -> str:
    """Return the folder of this process; the first call makes it."""
    global _own
    if _own is None or _own[0] != os.getpid():
        import atexit
        import tempfile

        if _own is None and hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_sign)
        _own = (os.getpid(), tempfile.mkdtemp(prefix=PREFIX))
        _sign()
        atexit.register(_end, *_own)
    return _own[1]


def work_folder() -> str:
    """Return the working directory of the task that runs here, the one that its context names; empty outside of one."""
    attempt = RUNNING.get()
    return "" if attempt is None else str(attempt.parameters.working_directory)


def _sign() -> None:
    """Write that this process may use the folder; without that line, or with a part of it, nobody else removes it."""
    from fletching.processes import this_process

    if _own is not None:
        with suppress(OSError), open(os.path.join(_own[1], USERS), "a", encoding="utf-8") as file:
            file.write(f"{this_process()}\n")


def _end(pid: int, folder: str) -> None:
    if pid == os.getpid():
        import shutil

        shutil.rmtree(folder, ignore_errors=True)
        # Here it costs no task anything.
        for left in _left_behind(os.path.dirname(folder)):
            shutil.rmtree(left, ignore_errors=True)


def _left_behind(place: str) -> list[str]:
    """Return the folders of this user of which every process is gone."""
    try:
        with os.scandir(place) as entries:
            folders = [one.path for one in entries if one.name.startswith(PREFIX) and one.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return [folder for folder in folders if _is_left(folder)]


def _is_left(folder: str) -> bool:
    from fletching.processes import is_gone, is_near

    try:
        if hasattr(os, "geteuid") and os.stat(folder).st_uid != os.geteuid():
            return False
        with open(os.path.join(folder, USERS), encoding="utf-8") as file:
            users = file.read()
        # The folder for temporary files may be shared with other machines, of which nobody knows here.
        return users.endswith("\n") and all(is_near(user) and is_gone(user) for user in users.split("\n")[:-1])
    except (OSError, ValueError):
        return False
