"""Real flytekits of both release lines, each in an environment of its own and in one process that stays.

A test takes the fixture ``flytekit`` (it then runs once for each version) or ``newest_flytekit``, both of
``tests/compat/conftest.py``, and gives it Python::

    def test_lists(flytekit, tmp_path):
        said = flytekit.run("result = [flytekit.__version__, x + 1]", x=1)      # a piece of source, values by name
        assert said == [flytekit.version, 2]
        flytekit.call(HERE / "sides" / "lists.py", "write", str(tmp_path), 3)  # a function of a file, positional values

- Values go there and come back as JSON with ``bytes`` and tuples (which come back as lists); what was printed is in
  the message if it fails. An error there is a `FlytekitError` here; its ``kind`` is the class' name.
- A file is loaded once for each process under its own name, as a module whose folder is on ``sys.path``: make the
  file hold functions for many checks, and let one call do many of them. ``run`` gets a namespace of its own each time,
  with ``flytekit`` in it.
- ``flytekit.python`` is the interpreter, ``flytekit.program("pyflyte-execute")`` a program of the environment, both for
  `subprocess`; ``flytekit.environment`` is what to give as ``env`` (a home folder that is thrown away).
- ``flytekit.old_format(True)`` is a context: dataclasses are written as they were before MessagePack.

The environments are made below ``.tools/compat`` at the first use, from the pins in ``tests/compat/flytekit-*.txt``, by
one of the workers while the others wait. Where that is impossible (no network), those tests are skipped, and say so;
``FLETCHING_NEED_FLYTEKIT=1`` makes that a failure.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from uv import find_uv_bin

from flytekit_process import pack, unpack
from repository import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["VERSIONS", "Flytekit", "FlytekitError", "NoFlytekitError", "interpreter"]

VERSIONS = ("1.16.31", "1.15.4")
PINS = ROOT / "tests" / "compat"
PROGRAM = Path(__file__).with_name("flytekit_process.py")
# What the surrounding environment says to uv and to Python is for the surrounding environment.
FOREIGN = ("UV_CONSTRAINT", "UV_OVERRIDE", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE")


class NoFlytekitError(Exception):
    """The environment of a flytekit cannot be made here."""


class FlytekitError(Exception):
    """What was asked of a flytekit failed there; ``kind`` is the name of the error's class."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@cache
def interpreter(version: str) -> Path:
    """Return the Python that has this flytekit; make its environment if need be.

    Raises:
        NoFlytekitError: it cannot be made.
    """
    pins = PINS / f"flytekit-{version}.txt"
    wanted = hashlib.sha256(sys.version.encode() + pins.read_bytes()).hexdigest()[:12]
    folder = ROOT / ".tools" / "compat" / f"flytekit-{version}-{sys.version_info.major}.{sys.version_info.minor}"
    made, python = folder / "made", folder / "bin" / "python"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(folder.suffix + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made.exists() and made.read_text() == wanted):
            shutil.rmtree(folder, ignore_errors=True)
            _uv("venv", "--no-project", "--python", sys.executable, folder)
            _uv("pip", "install", "--python", python, "--requirements", pins)
            made.write_text(wanted)
    return python


def _uv(*arguments: str | Path) -> None:
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    command = [find_uv_bin(), "--quiet", *map(str, arguments)]
    done = subprocess.run(command, env=kept, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoFlytekitError(done.stderr)


class Flytekit:
    """A process with a flytekit in it. Not for several threads at once."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.python = interpreter(version)
        self.home = Path(tempfile.mkdtemp(prefix="fletching-flytekit-"))
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "FLYTE", "_F_"))},
            "HOME": str(self.home),
        }
        said = self.home / "said"
        with said.open("ab") as errors:
            self._process = subprocess.Popen(
                [str(self.python), str(PROGRAM)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=self.environment,
                cwd=self.home,
            )
        self._said = said.open("rb")

    def program(self, name: str) -> Path:
        """Return a program of the environment, such as ``pyflyte-execute``."""
        return self.python.with_name(name)

    def run(self, source: str, /, timeout: float = 300, **values: Any) -> Any:
        """Run source with some values by name, and return what it left in ``result``."""
        return self._ask({"source": source, "values": values}, timeout)

    def call(self, file: Path, function: str, /, *values: Any, timeout: float = 300) -> Any:
        """Call a function of a file and return what it returns."""
        return self._ask({"file": str(file), "function": function, "values": values}, timeout)

    @contextlib.contextmanager
    def old_format(self, on: bool = True) -> Iterator[None]:
        """Have dataclasses and dicts written as JSON structs within the block, if ``on``."""
        name = "FLYTE_USE_OLD_DC_FORMAT"
        if on:
            self.run("import os; os.environ[name] = 'true'; result = None", name=name)
        try:
            yield
        finally:
            if on:
                self.run("import os; del os.environ[name]; result = None", name=name)

    def close(self) -> None:
        """End the process and remove its home."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._said):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr]
        shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _ask(self, request: dict[str, Any], timeout: float) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._said.seek(0, os.SEEK_END)
        killer = threading.Timer(timeout, self._process.kill)
        killer.start()
        try:
            self._process.stdin.write(json.dumps(pack(request)).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = b""
        finally:
            killer.cancel()
        said = self._said.read().decode(errors="replace")[-20_000:]
        if not line:
            raise FlytekitError("Ended", f"the process of flytekit {self.version} ended\n{said}")
        answer = json.loads(line)
        if "error" in answer:
            raise FlytekitError(answer["kind"], f"in flytekit {self.version}: {answer['error']}\n{said}")
        return unpack(answer["result"])
