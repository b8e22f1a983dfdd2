"""Loading plugins in processes of their own, so that a plugin can end, hang or crash only itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from fletching.security import redact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fletching.plugins import PluginInfo

__all__ = ["FINE", "Result", "examine"]

FINE = frozenset({"ok", "blocked", "unused"})
"""States that are no reason to worry."""
LAST_WORDS = 200
"""How much of the last line a dying process wrote is shown."""


class Result(NamedTuple):
    """What happened to one plugin."""

    name: str
    kind: str
    brings: str
    distribution: str
    version: str
    state: str
    """``ok``, ``unused``, ``broken``, ``slow`` or ``exited``; for one that was not tried what `PluginInfo` says."""
    seconds: float | None
    """How long importing it took; None if it was not tried or did not finish."""
    reason: str


def examine(entries: Sequence[PluginInfo], timeout: float) -> list[Result]:
    """Load each entry that could be used, some at a time, and return what happened, in the same order."""
    with ThreadPoolExecutor(max_workers=max(1, os.cpu_count() or 1)) as pool:
        return list(pool.map(lambda entry: examine_one(entry, timeout), entries))


def examine_one(entry: PluginInfo, timeout: float) -> Result:
    if entry.state != "ok":
        return result(entry, entry.state, None, entry.reason)
    with tempfile.TemporaryDirectory(prefix="fletching-doctor-") as folder:
        answer, errors = os.path.join(folder, "answer.json"), os.path.join(folder, "stderr")
        program = [sys.executable, "-P", "-m", "fletching.cli.plugin_probe", answer]
        program += [entry.kind, entry.name, entry.value, entry.distribution, entry.version]
        # The same modules must be in reach as here, wherever this process got its sys.path from.
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(os.path.abspath(path) for path in sys.path)}
        with open(errors, "wb") as stderr:
            child = subprocess.Popen(
                program,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                env=environment,
                start_new_session=True,
            )
            try:
                status = child.wait(timeout)
            except subprocess.TimeoutExpired:
                return result(entry, "slow", None, f"not imported after {timeout:g} s")
            finally:
                end(child)
        try:
            with open(answer, encoding="utf-8") as file:
                found = json.load(file)
        except (OSError, ValueError):
            return result(entry, "exited", None, f"its process ended with {say(status)}{last_words(errors)}")
    return result(entry, found["state"], found["seconds"], found["reason"])


def result(entry: PluginInfo, state: str, seconds: float | None, reason: str) -> Result:
    return Result(
        entry.name, entry.kind, entry.brings, entry.distribution, entry.version, state, seconds, redact(reason)
    )


def end(child: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)  # the group has the number of its leader, also when that is gone
        else:
            child.kill()
    except (ProcessLookupError, PermissionError):
        pass  # nothing of it is left
    child.wait()


def say(status: int) -> str:
    if status >= 0:
        return f"status {status}"
    try:
        return f"signal {signal.Signals(-status).name}"
    except ValueError:
        return f"signal {-status}"


def last_words(file: str) -> str:
    with open(file, encoding="utf-8", errors="replace") as stream:
        lines = [line.strip() for line in stream if line.strip()]
    return f" ({lines[-1][:LAST_WORDS]})" if lines else ""
