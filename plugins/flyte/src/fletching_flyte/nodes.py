"""The nodes of an execution: what each has done, which one failed, and where its logs are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier

    from fletching_flyte.client import FlyteClient

__all__ = ["FlyteNodeExecution", "TaskLog", "failing_node", "node_executions", "task_logs"]

DEEPEST = 20
"""How far down a failure is looked for."""


@dataclass(frozen=True, kw_only=True)
class FlyteNodeExecution:
    """One node of an execution."""

    id: str
    """What the backend calls it: that of an inner node begins with its parent's."""
    spec_id: str
    """The id it has in its graph."""
    phase: str
    """``RUNNING``, ``SUCCEEDED``, ``FAILED`` or another word of the backend's."""
    is_parent: bool
    """Whether there are nodes in it."""
    message: Any
    """What the backend says about it, an ``admin.NodeExecution``."""

    @property
    def error(self) -> Any:
        """Why it failed, a ``core.ExecutionError``, or None."""
        closure = self.message.closure
        return closure.error if closure.HasField("error") else None


@dataclass(frozen=True, kw_only=True)
class TaskLog:
    """Where the log of one attempt can be read."""

    node: str
    attempt: int
    phase: str
    name: str
    uri: str


def node_executions(
    client: FlyteClient, execution: WorkflowExecutionIdentifier, parent: str = ""
) -> Iterator[FlyteNodeExecution]:
    """Tell the nodes of an execution, or those in one of its nodes."""
    from flyteidl.admin.node_execution_pb2 import NodeExecutionListRequest
    from flyteidl.core.execution_pb2 import NodeExecution

    request = NodeExecutionListRequest(workflow_execution_id=execution, limit=100, unique_parent_id=parent)
    while True:
        page = client.admin("ListNodeExecutions", request, doing=f"list the nodes of execution {execution.name!r}")
        for each in page.node_executions:
            yield FlyteNodeExecution(
                id=each.id.node_id,
                spec_id=each.metadata.spec_node_id or each.id.node_id,
                phase=NodeExecution.Phase.Name(each.closure.phase),
                is_parent=each.metadata.is_parent_node,
                message=each,
            )
        if not page.token or not page.node_executions:
            return
        request.token = page.token


def failing_node(client: FlyteClient, execution: WorkflowExecutionIdentifier) -> tuple[str, Any]:
    """Return the path of the innermost node that failed, as ``n1/n0``, and its error; an empty one if none is known."""
    from fletching_flyte.problems import BackendError

    path: list[str] = []
    error, parent = None, ""
    try:
        for _ in range(DEEPEST):
            failed = next((each for each in node_executions(client, execution, parent) if each.phase == "FAILED"), None)
            if failed is None:
                break
            path.append(failed.spec_id)
            error = failed.error or error
            if not failed.is_parent:
                break
            parent = failed.id
    except BackendError:
        pass  # that it failed is the news; where is a help
    return "/".join(path), error


def task_logs(client: FlyteClient, execution: WorkflowExecutionIdentifier) -> Iterator[TaskLog]:
    """Tell where the logs of every attempt of every task are."""
    from flyteidl.admin.task_execution_pb2 import TaskExecutionListRequest
    from flyteidl.core.execution_pb2 import TaskExecution

    pending = list(node_executions(client, execution))
    while pending:
        node = pending.pop(0)
        if node.is_parent:
            pending = [*node_executions(client, execution, node.id), *pending]
        request = TaskExecutionListRequest(node_execution_id=node.message.id, limit=100)
        page = client.admin("ListTaskExecutions", request, doing=f"list the attempts of node {node.id!r}")
        for attempt in page.task_executions:
            for log in attempt.closure.logs:
                yield TaskLog(
                    node=node.id,
                    attempt=attempt.id.retry_attempt,
                    phase=TaskExecution.Phase.Name(attempt.closure.phase),
                    name=log.name or "log",
                    uri=log.uri,
                )
