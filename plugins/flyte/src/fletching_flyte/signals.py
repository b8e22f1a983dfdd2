"""Answers to the gates of an execution: which wait for one, and what they are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fletching.errors import close_match
from fletching.extend import guess_python_type, to_literal_map
from fletching_flyte.problems import FlyteEntityNotExistException

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier

    from fletching_flyte.client import FlyteClient

__all__ = ["FlyteSignal", "answer", "signals"]


@dataclass(frozen=True, kw_only=True)
class FlyteSignal:
    """A gate that was reached: it waits for an answer, or has one."""

    id: str
    """The gate's name."""
    type: Any
    """The Python type of the answer; bool for an approval."""
    answered: bool


def signals(client: FlyteClient, execution: WorkflowExecutionIdentifier) -> Iterator[FlyteSignal]:
    """Tell the gates that an execution has reached."""
    from flyteidl.admin.signal_pb2 import SignalListRequest

    request = SignalListRequest(workflow_execution_id=execution, limit=100)
    doing = f"list the gates of execution {execution.name!r}"
    while True:
        page = client.call("SignalService", "ListSignals", request, doing=doing)
        for each in page.signals:
            answered = each.HasField("value") and each.value.WhichOneof("value") is not None
            yield FlyteSignal(id=each.id.signal_id, type=guess_python_type(each.type), answered=answered)
        if not page.token or not page.signals:
            return
        request.token = page.token


def answer(
    client: FlyteClient, execution: WorkflowExecutionIdentifier, gate: str, value: Any, kind: Any = None
) -> None:
    """Give a gate the value that it waits for.

    Args:
        client: the backend.
        execution: whose gate it is.
        gate: its name.
        value: the answer; True or False for an approval.
        kind: the Python type of the answer; what the gate asks for if not given.

    Raises:
        FlyteEntityNotExistException: the execution has reached no gate of that name.
        ConversionError: the value is not what it asks for.
    """
    from flyteidl.admin.signal_pb2 import SignalSetRequest
    from flyteidl.core.identifier_pb2 import SignalIdentifier

    known = {each.id: each for each in signals(client, execution)}
    if gate not in known:
        raise FlyteEntityNotExistException(
            f"execution {execution.name!r} has reached no gate {gate!r}"
            f"{close_match(gate, known) or f'; it has reached: {sorted(known)}'}"
        )
    literals = to_literal_map({gate: known[gate].type if kind is None else kind}, {gate: value}, task=execution.name)
    request = SignalSetRequest(
        id=SignalIdentifier(signal_id=gate, execution_id=execution), value=literals.literals[gate]
    )
    client.call("SignalService", "SetSignal", request, doing=f"answer gate {gate!r} of execution {execution.name!r}")
