"""Nodes of a backend for tests that wait: for a while, for somebody's consent, for a value."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from flyteidl.admin import signal_pb2
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.types_pb2 import LiteralType, SimpleType

if TYPE_CHECKING:
    from flyte_runs import Run

__all__ = ["Gate", "wait_at"]


class Gate:
    """One that was reached."""

    def __init__(self, name: str, run: Run, kind: LiteralType) -> None:
        self.signal = signal_pb2.Signal(type=kind)
        self.signal.id.signal_id = name
        self.signal.id.execution_id.CopyFrom(run.id)
        self.answered = threading.Event()


def wait_at(run: Run, node: Any, inputs: LiteralMap) -> LiteralMap | str:
    """Wait at a gate, and return what its node gives, or why it fails."""
    which = node.WhichOneof("condition")
    if which == "sleep":
        run.stopped.wait(node.sleep.duration.ToTimedelta().total_seconds())
        return LiteralMap()
    condition = getattr(node, which)
    kind = condition.type if which == "signal" else LiteralType(simple=SimpleType.BOOLEAN)
    gate = run.gates[condition.signal_id] = Gate(condition.signal_id, run, kind)
    run.reached.set()
    while not gate.answered.wait(0.05):
        if run.stopped.is_set():
            return "the execution was stopped"
    if which == "signal":
        return LiteralMap(literals={condition.output_variable_name: gate.signal.value})
    return inputs if gate.signal.value.scalar.primitive.boolean else "approval was denied"
