"""What can go wrong between this machine and a backend, as errors that say what was asked and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.errors import FletchingError, RunError

if TYPE_CHECKING:
    from flyteidl.core.execution_pb2 import ExecutionError

__all__ = [
    "BackendError",
    "ExecutionFailedError",
    "FlyteAuthenticationException",
    "FlyteEntityAlreadyExistsException",
    "FlyteEntityNotExistException",
    "FlyteInvalidInputException",
    "FlyteSystemUnavailableException",
    "FlyteTimeout",
    "problem_of",
]


class BackendError(FletchingError, RuntimeError):
    """A backend did not do what it was asked; the root of the errors below."""


class FlyteEntityNotExistException(BackendError, LookupError, AssertionError):
    """The backend has no such task, workflow, launch plan, execution, project or domain."""


class FlyteEntityAlreadyExistsException(BackendError, AssertionError):
    """The name and version are taken by something else."""


class FlyteInvalidInputException(BackendError, ValueError):
    """The backend refuses what it was given."""


class FlyteAuthenticationException(BackendError, PermissionError):
    """Nobody is signed in, the token has expired, or it does not allow this."""


class FlyteSystemUnavailableException(BackendError, ConnectionError):
    """The backend cannot be reached, or is not ready."""


class FlyteTimeout(BackendError, TimeoutError, AssertionError):
    """Something took longer than it was given."""


class ExecutionFailedError(RunError):
    """An execution on a backend ended without outputs."""

    def __init__(self, message: str, *, execution: str, node: str = "", code: str = "", phase: str = "FAILED") -> None:
        super().__init__(message)
        self.execution = execution
        """Its name."""
        self.node = node
        """The node that failed, as a path such as ``n1/n0``; empty if none is known."""
        self.code = code
        """What the backend calls the error, such as ``USER:ValueError``."""
        self.phase = phase
        """``FAILED``, ``ABORTED`` or ``TIMED_OUT``."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (str(self), self.execution, self.node, self.code, self.phase), {"__notes__": self._notes()}

    def _notes(self) -> list[str]:
        return list(getattr(self, "__notes__", ()))

    @classmethod
    def of(cls, execution: str, phase: str, error: ExecutionError, node: str = "") -> ExecutionFailedError:
        """Return the error that a backend reports."""
        where = f" at node {node!r}" if node else ""
        said = error.message.strip() or "the backend gave no reason"
        return cls(
            f"execution {execution!r} {phase.lower().replace('_', ' ')}{where}: {error.code or 'no code'}: {said}",
            execution=execution,
            node=node,
            code=error.code,
            phase=phase,
        )


def _again(message: str, execution: str, node: str, code: str, phase: str) -> ExecutionFailedError:
    return ExecutionFailedError(message, execution=execution, node=node, code=code, phase=phase)


def problem_of(error: Any, doing: str, endpoint: str) -> BackendError:
    """Return the error to raise for one that gRPC raised.

    Args:
        error: a ``grpc.RpcError``.
        doing: what was asked, as ``fetch task 'x'``.
        endpoint: of whom.
    """
    code = error.code().name
    said = (error.details() or "").strip()
    text = f"cannot {doing}: {said or code}"
    if code == "NOT_FOUND":
        return FlyteEntityNotExistException(f"{text} (the backend is {endpoint})")
    if code == "ALREADY_EXISTS":
        return FlyteEntityAlreadyExistsException(text)
    if code in ("INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE"):
        return FlyteInvalidInputException(text)
    if code == "UNAUTHENTICATED":
        return FlyteAuthenticationException(
            f"cannot {doing}: {endpoint} wants to know who asks: {said or code}; check auth_mode (authType in "
            "flytectl's file) and what it needs, or sign in again"
        )
    if code == "PERMISSION_DENIED":
        return FlyteAuthenticationException(f"cannot {doing}: {endpoint} does not allow it: {said or code}")
    if code == "UNAVAILABLE":
        return FlyteSystemUnavailableException(
            f"cannot {doing}: {endpoint} cannot be reached: {said or code}; check the endpoint, and insecure, which "
            "says whether it speaks TLS; FLYTE_PLATFORM_URL, or flytectl's file (~/.flyte/config.yaml), names it"
        )
    if code == "DEADLINE_EXCEEDED":
        return FlyteTimeout(f"cannot {doing}: {endpoint} did not answer in time; rpc_timeout says how long it may take")
    if code == "UNIMPLEMENTED":
        return BackendError(f"cannot {doing}: {endpoint} does not offer it: {said or code}")
    return BackendError(f"{text} ({code} from {endpoint})")
