"""Nodes that wait: ``sleep``, ``wait_for_input`` and ``approve`` as gate nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fletching.errors import SerializationError
from fletching.gates import ApproveGate, InputGate, SleepGate

if TYPE_CHECKING:
    from flyteidl.core.workflow_pb2 import Node as WireNode

    from fletching.gates import Gate

__all__ = ["fill_gate_node"]


def fill_gate_node(message: WireNode, gate: Gate) -> None:
    """Write what a node waits for into its message.

    Raises:
        SerializationError: a kind of gate that a backend does not know.
    """
    wire = message.gate_node
    if isinstance(gate, SleepGate):
        wire.sleep.duration.FromTimedelta(gate.duration)
    elif isinstance(gate, InputGate):
        ((name, variable),) = gate.interface.outputs.variables.items()
        wire.signal.signal_id = gate.name
        wire.signal.type.CopyFrom(variable.type)
        wire.signal.output_variable_name = name
    elif isinstance(gate, ApproveGate):
        wire.approve.signal_id = gate.name
    else:
        raise SerializationError(f"{gate!r} waits for something that a Flyte backend does not know")
