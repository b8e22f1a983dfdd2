"""fletch-fast-execute: fetches and unpacks code, then becomes the program that runs with it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from fletching.container.arguments import Program, UsageError, split
from fletching.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PROGRAM", "fast_execute", "run_fast"]

PROGRAM = Program(
    "fletch-fast-execute", "unpacks code and runs a program with it", ("additional-distribution", "dest-dir")
)
USAGE = """\
usage: fletch-fast-execute [--additional-distribution URI] [--dest-dir PATH] [--test] -- PROGRAM WORD...

fletch-fast-execute fetches the code bundle at URI, unpacks it into PATH (the current folder, if none is given), adds
PATH to PYTHONPATH and becomes PROGRAM. Without a URI there is nothing to unpack. A backend starts it.
"""
NOT_STARTED = 127
"""What a shell exits with that does not find a program."""


def fast_execute() -> int:
    """Run what the command line says; return an exit code only if that could not be begun."""
    return run_fast(sys.argv[1:])


def run_fast(argv: Sequence[str]) -> int:
    """Fetch the code and become the program; return an exit code if there is nothing to run or something failed."""
    words = list(argv)
    if "--help" in words[: words.index("--") if "--" in words else None]:
        sys.stdout.write(USAGE)
        return 0
    try:
        given, inner = split(PROGRAM, words)
        if given is None:
            return 0
        for option, value in given.items():
            if not value:
                raise UsageError(f"--{option} is missing: the platform did not fill it in; was this task registered?")
        if not inner:
            raise UsageError("the program to run is missing; it follows --")
    except UsageError as error:
        sys.stderr.write(f"{PROGRAM.name}: {error}\nsee {PROGRAM.name} --help\n")
        return 2
    uri, folder = given.get("additional-distribution"), given.get("dest-dir")
    try:
        place = os.path.realpath(os.path.expanduser(folder or os.curdir))
        if uri:
            fetch_code(uri, place)
            inner = with_code(inner, uri, folder or place)
    except Exception as error:  # noqa: BLE001 - whatever it is, the backend is told
        return _tell(error, inner)
    return _become(inner, place)


def fetch_code(uri: str, folder: str) -> None:
    """Unpack the bundle at a path or URI into a folder."""
    from fletching.container.unpack import unpack_code
    from fletching.types.blobs import is_remote, local_path, storage_for

    if not is_remote(uri):
        unpack_code(local_path(uri), folder)
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="fletching-") as scratch:
        archive = os.path.join(scratch, "code.tar.gz")
        storage_for(uri).download(uri, archive)
        unpack_code(archive, folder)


def with_code(inner: list[str], uri: str, folder: str) -> list[str]:
    """Return the words of a program with where its code is, for the tasks that it starts."""
    if "--resolver" not in inner:
        return inner
    at = inner.index("--resolver")
    return [*inner[:at], "--dynamic-addl-distro", uri, "--dynamic-dest-dir", folder, *inner[at:]]


def _become(inner: list[str], folder: str) -> int:
    """Replace this process: signals and the exit code are then the program's own, and nothing stands between.

    It returns an exit code if there is no such program.
    """
    import signal

    path = os.environ.get("PYTHONPATH")
    environment = {**os.environ, "PYTHONPATH": f"{path}{os.pathsep}{folder}" if path else folder}
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # Python ignores it, which a program inherits that may not want that.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execve(_found(inner[0]), inner, environment)  # noqa: S606 - the words are the program's, and no shell's
    except (OSError, ValueError) as error:
        return _tell(error, inner, f"the program {inner[0]!r} cannot be started", NOT_STARTED)


def _found(program: str) -> str:
    """Return the file of a program: it may lie beside this one, in an environment which is not on the path."""
    import shutil

    beside = os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), program)
    found = shutil.which(program) or shutil.which(beside)
    if found is None:
        raise ConfigError(f"there is no program {program!r} on the path {os.environ.get('PATH', '')!r} of this image")
    return found


def _tell(error: Exception, inner: Sequence[str], what: str = "the code cannot be unpacked", code: int = 1) -> int:
    """Write an error where the backend looks for it; return ``code`` if nobody said where, or it cannot be written."""
    from fletching.container.failure import error_document, message_of, verdict
    from fletching.container.result import OutputFolder, code_of_failure
    from fletching.errors import add_note

    add_note(error, what)
    message = message_of(error)
    sys.stderr.write(f"{PROGRAM.name}: {what}\n{message}\n")
    prefix = _output_prefix(inner)
    if prefix is None:
        return code
    found = verdict(error, "inputs")  # code is one: a store may answer next time, a broken archive stays broken
    folder = OutputFolder(prefix)
    try:
        folder.write(folder.error_name(), error_document(error, found, message).SerializeToString())
    except Exception as problem:  # noqa: BLE001 - the error that matters was printed above
        sys.stderr.write(f"the error cannot be written below {prefix!r}: {problem}\n")
        return code
    return code_of_failure()


def _output_prefix(inner: Sequence[str]) -> str | None:
    """Return where the program would write its outputs, if it says so and a platform filled it in."""
    option = "--output-prefix"
    words = list(inner[: inner.index("--") if "--" in inner else None])
    for at, word in enumerate(words):
        value = word.partition("=")[2] if word.startswith(f"{option}=") else ""
        if word == option and at + 1 < len(words):
            value = words[at + 1]
        if value and not value.startswith(("{{", "--")):
            return value
    return None
