"""FlyteWorkflowExecution: one execution, as it was when it was last asked for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fletching.errors import RunError
from fletching_flyte.nodes import FlyteNodeExecution, failing_node, node_executions
from fletching_flyte.problems import (
    BackendError,
    ExecutionFailedError,
    FlyteSystemUnavailableException,
    FlyteTimeout,
)
from fletching_flyte.transfers import download
from fletching_flyte.values import Values

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Iterator

    from flyteidl.core.identifier_pb2 import Identifier, WorkflowExecutionIdentifier
    from flyteidl.core.literals_pb2 import LiteralMap

    from fletching.extend import Interface
    from fletching_flyte.client import FlyteClient

__all__ = ["FlyteWorkflowExecution", "pauses"]

ENDED = frozenset({"SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"})

OUTAGE = 600.0
"""Seconds that whoever waits bears a backend that cannot be reached: it is restarted now and then, and runs on."""

FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 0.1, 10.0, 1.4


def pauses(interval: float | None = None) -> Iterator[float]:
    """Tell how long to wait before each next look: shortly at first, then longer, unless it is said."""
    pause = FIRST_PAUSE
    while True:
        yield interval if interval is not None else pause
        pause = min(pause * GROWTH, LONGEST_PAUSE)


class FlyteWorkflowExecution:
    """One execution of a workflow, a launch plan or a single task.

    It does not change by itself: `sync` and `wait` look again.

    Args:
        client: the backend.
        message: what the backend says about it, an ``admin.Execution``.
        interface: of what is executed, where its code is here; else types are guessed from the wire.
    """

    def __init__(
        self,
        client: FlyteClient,
        message: Any,
        interface: Interface | None = None,
    ) -> None:
        self._client = client
        self._message = message
        self._interface = interface
        self._data: Any = None
        self._away_since: float | None = None
        """Since when the backend does not answer."""
        self._nodes: dict[str, FlyteNodeExecution] = {}

    @property
    def message(self) -> Any:
        """What the backend said about it."""
        return self._message

    @property
    def id(self) -> WorkflowExecutionIdentifier:
        """Its project, domain and name."""
        found: WorkflowExecutionIdentifier = self._message.id
        return found

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.id.name)

    @property
    def spec(self) -> Any:
        """What it was started with, an ``admin.ExecutionSpec``."""
        return self._message.spec

    @property
    def closure(self) -> Any:
        """How it goes, an ``admin.ExecutionClosure``."""
        return self._message.closure

    @property
    def launched(self) -> Identifier:
        """The launch plan or task that it is of."""
        found: Identifier = self._message.spec.launch_plan
        return found

    @property
    def phase(self) -> str:
        """``QUEUED``, ``RUNNING``, ``SUCCEEDED``, ``FAILED``, ``ABORTED`` or another word of the backend's."""
        from flyteidl.core.execution_pb2 import WorkflowExecution

        return str(WorkflowExecution.Phase.Name(self._message.closure.phase))

    @property
    def is_done(self) -> bool:
        """Whether it has ended."""
        return self.phase in ENDED

    @property
    def is_successful(self) -> bool:
        """Whether it has ended, and has outputs."""
        return self.phase == "SUCCEEDED"

    @property
    def error(self) -> Any:
        """Why it failed, a ``core.ExecutionError``; None if it did not, or has not ended."""
        if not self.is_done or self.is_successful:
            return None
        from flyteidl.core.execution_pb2 import ExecutionError

        closure = self._message.closure
        if self.phase == "ABORTED":
            return ExecutionError(code="ABORTED", message=closure.abort_metadata.cause or closure.abort_cause)
        return closure.error

    @property
    def started_at(self) -> datetime.datetime | None:
        """When it began, in UTC; None if it has not."""
        import datetime

        closure = self._message.closure
        return closure.started_at.ToDatetime(datetime.UTC) if closure.HasField("started_at") else None

    @property
    def interface(self) -> Interface:
        """The signature of what is executed, in Python types."""
        if self._interface is None:
            from fletching.extend import interface_from_idl
            from fletching_flyte.fetched import registered_interface
            from fletching_flyte.fetching import fetch

            at = self.launched
            kind = "task" if at.resource_type == 1 else "launch_plan"
            found = fetch(self._client, kind, at.project, at.domain, at.name, at.version)
            self._interface = interface_from_idl(registered_interface(found))
        return self._interface

    @property
    def inputs(self) -> Values:
        """Its inputs as Python values."""
        return Values(self._literals("inputs"), lambda: self.interface.inputs)

    @property
    def outputs(self) -> Values:
        """Its outputs as Python values.

        Raises:
            ExecutionFailedError: it ended without.
            RunError: it has not ended, as far as is known here.
        """
        self.raise_if_failed()
        if not self.is_done:
            raise RunError(f"execution {self.name!r} is {self.phase.lower()} and has no outputs yet; wait() for it")
        return Values(self._literals("outputs"), lambda: self.interface.outputs)

    def returned(self) -> Any:
        """Return its outputs as a call of what is executed returns them; see `outputs`."""
        return self.outputs.as_python_native(self.interface)

    @property
    def node_executions(self) -> dict[str, FlyteNodeExecution]:
        """Its nodes by id, as `sync` with ``sync_nodes`` found them last."""
        return self._nodes

    def raise_if_failed(self) -> None:
        """Raise the error that it ended with, if it did.

        Raises:
            ExecutionFailedError: naming the node that failed.
        """
        error = self.error
        if error is None:
            return
        node, its = failing_node(self._client, self.id) if self.phase == "FAILED" else ("", None)
        raise ExecutionFailedError.of(self.name, self.phase, error if its is None else its, node)

    def sync(self, *, sync_nodes: bool = False) -> FlyteWorkflowExecution:
        """Look again how it is, and return itself."""
        from flyteidl.admin.execution_pb2 import WorkflowExecutionGetRequest

        request = WorkflowExecutionGetRequest(id=self.id)
        self._message = self._client.admin("GetExecution", request, doing=f"fetch execution {self.name!r}")
        if sync_nodes:
            self._nodes = {each.id: each for each in node_executions(self._client, self.id)}
        return self

    def look(self) -> FlyteWorkflowExecution:
        """Look again, as `sync` does, and bear a backend that is away for some minutes; return itself.

        Raises:
            FlyteSystemUnavailableException: it has been away for too long.
        """
        try:
            self.sync()
        except (FlyteSystemUnavailableException, FlyteTimeout):
            now = time.monotonic()
            self._away_since = now if self._away_since is None else self._away_since
            if now - self._away_since >= OUTAGE:
                raise
        else:
            self._away_since = None
        return self

    def wait(
        self,
        timeout: float | datetime.timedelta | None = None,
        poll_interval: float | datetime.timedelta | None = None,
        *,
        sync_nodes: bool = True,
        on_look: Callable[[FlyteWorkflowExecution], None] | None = None,
    ) -> FlyteWorkflowExecution:
        """Look again until it has ended, and return itself.

        Args:
            timeout: after how many seconds to give up.
            poll_interval: seconds between looks; else they are close at first, and up to ten seconds apart later.
            sync_nodes: whether its nodes are fetched in the end.
            on_look: called after each look.

        Raises:
            FlyteTimeout: it has not ended in time. It goes on.
        """
        limit, interval = _seconds(timeout), _seconds(poll_interval)
        end = None if limit is None else time.monotonic() + limit
        for pause in pauses(interval):
            self.look()
            if on_look is not None:
                on_look(self)
            if self.is_done:
                break
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                raise FlyteTimeout(
                    f"execution {self.name!r} is still {self.phase.lower()} after {limit:g} seconds; it goes on"
                )
            time.sleep(pause if left is None else min(pause, left))
        return self.sync(sync_nodes=True) if sync_nodes else self

    def terminate(self, cause: str = "") -> None:
        """Stop it; nothing if it has ended."""
        from flyteidl.admin.execution_pb2 import ExecutionTerminateRequest

        request = ExecutionTerminateRequest(id=self.id, cause=cause)
        try:
            self._client.admin("TerminateExecution", request, doing=f"terminate execution {self.name!r}")
        except BackendError:
            if not self.sync().is_done:
                raise

    def __repr__(self) -> str:
        at = self.id
        return f"<execution {at.name!r} of {self.launched.name!r} in {at.project}/{at.domain}: {self.phase}>"

    def _literals(self, side: str) -> LiteralMap:
        """Return inputs or outputs: as they came, or from where a backend has put those that are too large for that."""
        from flyteidl.core.literals_pb2 import LiteralMap

        data = self._fetched_data()
        found: LiteralMap = getattr(data, f"full_{side}")
        apart = getattr(data, side)
        if found.literals or not apart.url or not apart.bytes:
            return found
        doing = f"fetch the {side} of execution {self.name!r}"
        return LiteralMap.FromString(download(self._client, apart.url, doing=doing))

    def _fetched_data(self) -> Any:
        if self._data is None or not (self.is_done and self._data[0]):
            from flyteidl.admin.execution_pb2 import WorkflowExecutionGetDataRequest

            request = WorkflowExecutionGetDataRequest(id=self.id)
            data = self._client.admin("GetExecutionData", request, doing=f"fetch the data of execution {self.name!r}")
            self._data = self.is_done, data
        return self._data[1]


def _seconds(given: float | datetime.timedelta | None) -> float | None:
    if given is None or isinstance(given, (int, float)):
        return given
    return given.total_seconds()
