"""Every error and warning Fletching raises, in one place.

Each class is also the built-in a caller would expect, so ``except ValueError`` keeps working:

    FletchingError
    ├── ConfigError (ValueError)                  an option, a config or a value object is wrong
    │   ├── UnknownOptionError (TypeError)        a keyword nobody knows
    │   ├── ResourceError (TypeError, AssertionError)
    │   ├── AcceleratorError
    │   ├── ImageError (AssertionError)           an image string names what is not configured
    │   └── InterfaceError (TypeError)            a signature that cannot be an interface
    │       ├── MissingTypeError                  a parameter without annotation
    │       └── MissingReturnError                an output is declared and never returned
    ├── TypeEngineError (ValueError, TypeError)
    │   ├── UnsupportedTypeError                  no transformer handles the type
    │   │   └── BareTupleError (InterfaceError)   a tuple of nobody knows what is declared as output
    │   ├── ConversionError (AssertionError)      a value does not fit its type
    │   └── OutputTooLargeError                   an output is larger than a backend takes
    ├── CallError (TypeError, AssertionError)     arguments do not bind to the inputs
    ├── GraphError (ValueError, AssertionError)   a workflow cannot be built as it is written
    │   ├── PromiseError (TypeError)              an output that does not exist yet was used like a value
    │   ├── BindingError (TypeError)              what one node gives does not fit what the next one takes
    │   ├── MissingOutputError (MissingReturnError)  outputs are declared, and what builds the graph returns none
    │   └── CycleError                            nodes wait for each other
    ├── ExecutorError (ValueError)                an executor cannot do what a task asks for, or does not exist
    ├── RunError (RuntimeError)                   a run ended without outputs for a reason of its own
    │   ├── BranchFailedError (ValueError)        the last branch of a conditional says that the run fails
    │   ├── DisapprovedError                      somebody was asked to approve, and did not
    │   └── RunCancelledError                     somebody stopped it
    ├── RecoveryError (ValueError)                an earlier run cannot be gone on from
    ├── RunStoreError (RuntimeError)              the store of runs cannot be used, or holds no such run
    ├── PluginError
    │   ├── UnknownPluginError (LookupError)      nothing of that name is installed
    │   │   └── UnknownTaskTypeError
    │   ├── DuplicatePluginError (LookupError)    two distributions claim one name
    │   ├── PluginBlockedError (PermissionError)  switched off by the user
    │   ├── PluginIncompatibleError               its range on core is not met
    │   ├── PluginBrokenError (ImportError)       it is installed and cannot be imported
    │   └── PluginContractError (TypeError)       what it gave is not what was asked for
    ├── ResolverError (LookupError, ValueError, RuntimeError)  a task cannot be found again
    ├── SerializationError (ValueError)           an entity has no wire form
    ├── DriftError (ValueError)                   what is registered has another signature than what is written here
    ├── WireError (ValueError)                    bytes that cannot be read as what they should be
    ├── CodeBundleError (ValueError)              code cannot be packed, or a bundle not be unpacked
    ├── StorageError (OSError)                    an object store does not do what it is asked for
    │   └── StorageNotFoundError (FileNotFoundError)
    ├── SecretNotFoundError (LookupError, ValueError)
    ├── TaskTimeoutError (TimeoutError)           an attempt was stopped at its deadline
    ├── WorkerDiedError (RuntimeError)            the process of an attempt ended by itself
    ├── RecoverableError (RuntimeError)           raised by user code to ask for a retry
    ├── NonRecoverableError (RuntimeError)        raised by user code to forbid a retry
    │   └── RemoteOnlyError (NotImplementedError) a reference was run where its code is not
    └── IgnoreOutputs                             raised in a container that is to leave no outputs

    FletchingWarning (UserWarning)
    ├── PluginWarning                             a plugin nobody asked for was skipped
    ├── TaskDeprecatedWarning (FutureWarning)     a task marked ``deprecated`` was called
    ├── OptionDeprecatedWarning (FutureWarning)   an old spelling of an option was used
    ├── CacheWarning                              the cache could not be used; the task ran
    ├── RunStoreWarning                           a run could not be recorded; it goes on
    ├── ImageWarning                              a task was registered whose image nobody here builds
    └── ExecutionWarning                          a local run cannot apply something the task asked for
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "AcceleratorError", "BareTupleError", "BindingError", "BranchFailedError", "CacheWarning", "CallError",
    "CodeBundleError", "ConfigError", "ConversionError", "CycleError", "DisapprovedError", "DriftError",
    "DuplicatePluginError", "ExecutionWarning", "ExecutorError", "FletchingError", "FletchingWarning", "GraphError",
    "IgnoreOutputs", "ImageError", "ImageWarning", "InterfaceError", "MissingOutputError", "MissingReturnError",
    "MissingTypeError", "NonRecoverableError", "OptionDeprecatedWarning", "OutputTooLargeError",
    "PluginBlockedError", "PluginBrokenError", "PluginContractError", "PluginError", "PluginIncompatibleError",
    "PluginWarning", "PromiseError", "RecoverableError", "RecoveryError", "RemoteOnlyError", "ResolverError",
    "ResourceError", "RunCancelledError", "RunError", "RunStoreError", "RunStoreWarning", "SecretNotFoundError",
    "SerializationError", "StorageError", "StorageNotFoundError", "TaskDeprecatedWarning", "TaskTimeoutError",
    "TypeEngineError", "UnknownOptionError", "UnknownPluginError", "UnknownTaskTypeError", "UnsupportedTypeError",
    "WireError", "WorkerDiedError", "add_note", "close_match", "text_of",
]  # fmt: skip


class FletchingError(Exception):
    """Root of every error this package raises."""


class ConfigError(FletchingError, ValueError):
    """An option, a config or a value object is wrong."""


class UnknownOptionError(ConfigError, TypeError):
    """A keyword was given that nobody knows."""


class ResourceError(ConfigError, TypeError, AssertionError):
    """A resource quantity is impossible."""


class AcceleratorError(ConfigError):
    """A device or a partition of it does not exist."""


class ImageError(ConfigError, AssertionError):
    """An image string names no version, or a placeholder in it cannot be filled in."""


class InterfaceError(ConfigError, TypeError):
    """A function signature cannot become an interface."""


class MissingTypeError(InterfaceError):
    """A parameter has no annotation."""


class MissingReturnError(InterfaceError):
    """An output is declared, and the function never returns one."""


class TypeEngineError(FletchingError, ValueError, TypeError):
    """A type or a value cannot cross a task boundary."""


class UnsupportedTypeError(TypeEngineError):
    """No transformer handles the type."""


class BareTupleError(UnsupportedTypeError, InterfaceError):
    """A signature declares a tuple as its output, and not what is in it."""


class ConversionError(TypeEngineError, AssertionError):
    """A value does not fit the type it was declared with.

    The place is assembled while the error travels outward: a container adds its key with `at`,
    the task adds its own name and the argument's with `within`.
    """

    def __init__(self, expected: str, got: str, *, hint: str = "") -> None:
        super().__init__(expected, got)
        self.expected = expected
        """What the type asks for, as text."""
        self.got = got
        """What was given: a bounded preview with its type."""
        self.hint = hint
        """What would probably help, or empty."""
        self.path = ""
        """Where inside the argument, as Python would write it: ``.rows[3].price``."""
        self.task = ""
        self.where = ""
        """``argument 'b'`` or ``output 'o0'``."""

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.expected, self.got), self.__dict__

    def at(self, step: str) -> ConversionError:
        """Put ``step`` (``[3]``, ``.price``, ``['key']``) in front of the path and return self."""
        self.path = step + self.path
        return self

    def within(self, task: str, where: str) -> ConversionError:
        """Say which task and which of its inputs or outputs this is about; the first caller wins."""
        if not self.where:
            self.task, self.where = task, where
        return self

    def __str__(self) -> str:
        place = self.where
        if self.path:
            # An argument's path reads best with its name as root: p.rows[3].price.
            name = self.where.partition(" ")[2].strip("'") or "value"
            place = f"{self.where} at {name}{self.path}" if self.where else f"{name}{self.path}"
        head = ": ".join(part for part in (self.task, place) if part)
        text = f"expected {self.expected}, got {self.got}"
        if head:
            text = f"{head}: {text}"
        return f"{text} ({self.hint})" if self.hint else text


class OutputTooLargeError(TypeEngineError):
    """An output is larger than what the platform lets a task store."""


class CallError(FletchingError, TypeError, AssertionError):
    """The arguments of a call do not bind to the inputs."""


class GraphError(FletchingError, ValueError, AssertionError):
    """A workflow cannot be built as it is written."""


class PromiseError(GraphError, TypeError):
    """An output that does not exist yet was used like a value."""


class BindingError(GraphError, TypeError):
    """What one node gives does not fit what the next one takes."""


class MissingOutputError(GraphError, MissingReturnError):
    """A workflow, or a dynamic task, declares outputs and returns none."""


class CycleError(GraphError):
    """Nodes of a workflow wait for each other."""


class ExecutorError(FletchingError, ValueError):
    """An executor does not exist, or cannot do what a task asks for."""


class RunError(FletchingError, RuntimeError):
    """A run ended without outputs, for a reason that is no task's error."""


class BranchFailedError(RunError, ValueError):
    """The last branch of a conditional says that the run fails."""


class DisapprovedError(RunError):
    """Somebody was asked to approve of going on, and did not."""


class RunCancelledError(RunError):
    """A run, or a part of it, was stopped before it ended."""


class RecoveryError(FletchingError, ValueError):
    """An earlier run cannot be gone on from."""


class RunStoreError(FletchingError, RuntimeError):
    """The store of runs cannot be used, or holds no such run."""


class PluginError(FletchingError):
    """Something is wrong with a plugin."""


class UnknownPluginError(PluginError, LookupError):
    """Nothing of that name is installed."""


class UnknownTaskTypeError(UnknownPluginError):
    """No installed plugin brings the task type."""


class DuplicatePluginError(PluginError, LookupError):
    """Two distributions claim one name."""


class PluginBlockedError(PluginError, PermissionError):
    """The plugin was switched off by the user."""


class PluginIncompatibleError(PluginError):
    """The plugin's range on core is not met by the core that runs."""


class PluginBrokenError(PluginError, ImportError):
    """The plugin is installed and cannot be imported."""


class PluginContractError(PluginError, TypeError):
    """What a plugin gave is not what was asked for."""


class ResolverError(FletchingError, LookupError, ValueError, RuntimeError):
    """A task cannot be found again from another process."""


class SerializationError(FletchingError, ValueError):
    """An entity has no wire form."""


class CodeBundleError(FletchingError, ValueError):
    """Code cannot be packed into a bundle, or a bundle cannot be unpacked."""


class StorageError(FletchingError, OSError):
    """An object store does not do what it is asked for: the bucket, the credentials, the network, the service."""


class StorageNotFoundError(StorageError, FileNotFoundError):
    """There is nothing at a URI."""


class DriftError(FletchingError, ValueError):
    """What is registered has another signature than what is written here."""


class WireError(FletchingError, ValueError):
    """Bytes cannot be read as the message they should hold."""


class SecretNotFoundError(FletchingError, LookupError, ValueError):
    """A secret exists in none of the places where it was looked for."""


class TaskTimeoutError(FletchingError, TimeoutError):
    """An attempt was stopped at its deadline."""


class WorkerDiedError(FletchingError, RuntimeError):
    """The process of an attempt ended before it gave a result."""

    def __init__(self, *args: object, signal: str | None = None, exit_code: int | None = None) -> None:
        super().__init__(*args)
        self.signal = signal
        """Name of the signal that ended the process, or None if none did."""
        self.exit_code = exit_code
        """What the process exited with, or None if it did not exit by itself."""

    @property
    def system(self) -> bool:
        """Whether it was somebody else's doing, as far as one can tell: another attempt may do better."""
        return self.signal in {"SIGKILL", "SIGTERM", "SIGHUP", "SIGINT"}


class RecoverableError(FletchingError, RuntimeError):
    """Raise it in a task to ask for another attempt."""

    error_code = "USER:Recoverable"
    """What a backend is told; an error of your own may have such an attribute too."""


class NonRecoverableError(FletchingError, RuntimeError):
    """Raise it in a task to forbid another attempt, whatever ``retries`` says."""


class RemoteOnlyError(NonRecoverableError, NotImplementedError):
    """What only a backend can run was run here."""


class IgnoreOutputs(FletchingError):  # no error; code for the Flyte SDK knows it by this name
    """Raise it in a container that is to end well and leave no outputs, as all but one worker of a training do."""


class FletchingWarning(UserWarning):
    """Root of every warning this package gives."""


class PluginWarning(FletchingWarning):
    """A plugin nobody asked for by name was skipped."""


class TaskDeprecatedWarning(FletchingWarning, FutureWarning):
    """A task marked ``deprecated`` was called."""


class OptionDeprecatedWarning(FletchingWarning, FutureWarning):
    """An old spelling of an option was used."""


class CacheWarning(FletchingWarning):
    """The cache could not be used; the task ran."""


class RunStoreWarning(FletchingWarning):
    """A run could not be recorded; it goes on."""


class ImageWarning(FletchingWarning):
    """A task was registered whose image nobody here builds."""


class ExecutionWarning(FletchingWarning):
    """A local run cannot apply something the task asked for."""


def add_note(error: BaseException, note: str) -> None:
    """Add a note to an error, unless it takes none, as a frozen dataclass doesn't; it is the error that matters."""
    with suppress(Exception):
        error.add_note(note)


def close_match(word: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the known name nearest to ``word``, or an empty string."""
    import difflib

    found = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {found[0]!r}?" if found else ""


def text_of(error: BaseException) -> str:
    """Return ``str(error)``, also of an error whose own text raises."""
    try:
        return str(error)
    except Exception as problem:  # noqa: BLE001 - whatever its __str__ does, somebody has to hear of the error
        return f"<str failed: {type(problem).__name__}>"
