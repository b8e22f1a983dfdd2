"""fletch-execute and fletch-map-execute: the programs that a container starts."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from fletching.container.arguments import EXECUTE, MAP_EXECUTE, UsageError, parse, rooted, usage
from fletching.container.attempt import ContainerAttempt
from fletching.container.ending import TOLD, Ending, TerminatedError
from fletching.container.lingering import end_in_time
from fletching.container.result import DECK, ERROR, OutputFolder, code_of_failure
from fletching.errors import IgnoreOutputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fletching.container.arguments import Arguments, Program

__all__ = ["execute", "map_execute", "run"]

INTERRUPTED = 1
UNREPORTED = 1
"""Exit code where the backend cannot be told what went wrong."""
CAUGHT = "the container was told to end, and the task went on"


def execute() -> int:
    """Run the task that the command line names and return the exit code."""
    return run(EXECUTE, sys.argv[1:])


def map_execute() -> int:
    """Run one element of the map task that the command line names and return the exit code."""
    return run(MAP_EXECUTE, sys.argv[1:])


def run(program: Program, argv: Sequence[str]) -> int:
    """Run one of the programs and return its exit code: 0 also for a task that failed, whose error is in a file."""
    if "--help" in argv[: argv.index("--") if "--" in argv else None]:
        sys.stdout.write(usage(program))
        return 0
    try:
        arguments = parse(program, argv)
    except UsageError as error:
        from fletching.versions import own_version

        # A template may be of a newer version than what is in the image.
        _say(
            f"{program.name}: {error}\nthis is {program.name} of fletching {own_version()}; --help tells what it takes"
        )
        return 2
    return 0 if arguments is None else _Container(rooted(arguments), maps=program is MAP_EXECUTE).run()


class _Container:
    """One run of a program, from its arguments to its exit code."""

    def __init__(self, arguments: Arguments, *, maps: bool) -> None:
        self._pid = os.getpid()
        self._claimed = False
        self._folder = OutputFolder(arguments.output_prefix)
        self._attempt = ContainerAttempt(arguments, self._folder, maps=maps)
        self._ending = Ending(self._last_words)

    def run(self) -> int:
        code = 0
        try:
            try:
                self._ending.watch()
                code = self._outcome()
            except TerminatedError as error:  # it came between two steps
                code = self._tell(error)
            return code
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else int(error.code is not None)
            raise
        finally:
            _flush()
            self._ending.stop(code)
            end_in_time(code, say=_say, flush=_flush)

    def _outcome(self) -> int:
        problem: BaseException
        try:
            name, data = self._attempt.run(self._ending)
            if not self._ending.told:
                self._claim()
                self._folder.write(name, data)
                self._write_deck()
                return 0
            # It caught what was to end it and went on; nobody knows what its outputs are worth.
            problem = TerminatedError(CAUGHT)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the backend is told
            problem = error
        if self._ending.told:
            problem = _terminated(problem)
        elif isinstance(problem, IgnoreOutputs):
            return 0
        elif isinstance(problem, SystemExit):
            _say(f"the task called sys.exit({problem.code!r}), so it has neither outputs nor an error")
            raise problem
        elif isinstance(problem, KeyboardInterrupt):
            _say("the task was interrupted, so it has neither outputs nor an error")
            return INTERRUPTED
        return self._tell(problem)

    def _claim(self) -> None:
        """Take the right to write the result."""
        if os.getpid() != self._pid:
            os._exit(0)  # a process that the task forked and did not end: the result is its parent's to write
        if not self._claimed and not self._ending.claim():
            # Time is up, and another thread writes that and ends the process.
            while True:
                time.sleep(60)
        self._claimed = True

    def _tell(self, error: BaseException) -> int:
        """Write an error for the backend and return the exit code."""
        self._claim()
        return self._write_error(error)

    def _last_words(self) -> int:
        """Write that time was up, from another thread, while the task goes on."""
        return self._write_error(TerminatedError("the container was told to end, and the task did not end in time"))

    def _write_error(self, error: BaseException) -> int:
        from fletching.container.failure import error_document, message_of, verdict
        from fletching.identity import first_set

        task = self._attempt.task
        found = verdict(error, self._attempt.stage, eager=bool(getattr(task, "orchestrates", False)))
        message = message_of(error)
        _say(f"{'recoverable ' if found.recoverable else ''}error {found.code}\n{message}")
        name = self._folder.error_name()
        worker = first_set("FLYTE_INTERNAL_WORKER_NAME", "_F_WN") if name != ERROR else ""
        try:
            document = error_document(error, found, message, worker)
            self._folder.write(name, document.SerializeToString())
        except Exception as problem:  # noqa: BLE001 - the error that matters was printed above
            _say(f"the error cannot be written below {self._folder.prefix!r}: {problem}")
            return UNREPORTED
        self._write_deck()
        return code_of_failure()

    def _write_deck(self) -> None:
        """Write the report of a task that has one; it is no reason to fail."""
        try:
            page = self._attempt.report()
            if page is not None:
                self._folder.write(DECK, page.encode("utf-8", "backslashreplace"))
        except Exception as problem:  # noqa: BLE001 - the task's outcome is what matters
            _say(f"the report cannot be written below {self._folder.prefix!r}: {problem}")


def _say(text: str) -> None:
    """Tell whoever reads the log; that nobody can is no reason not to tell the backend."""
    with suppress(BaseException):  # the task may have put anything in its place
        sys.stderr.write(f"{text}\n")


def _flush() -> None:
    """Let go of what was printed, and of a stream that cannot: else Python makes that the exit code of a task."""
    for name in ("stdout", "stderr"):
        try:
            getattr(sys, name).flush()
        except BaseException:  # noqa: BLE001 - the disk of the log is full, or the task closed or replaced the stream
            setattr(sys, name, None)


def _terminated(problem: BaseException) -> TerminatedError:
    """Return the error of a task that was told to end, whatever it left with."""
    if isinstance(problem, TerminatedError):
        return problem
    made = TerminatedError(TOLD)
    made.__cause__ = problem
    return made
