"""The echo task itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fletching.extend import Interface, PythonTask
from fletching_echo.config import EchoConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Echo"]


class Echo(PythonTask[EchoConfig]):
    """Gives its inputs back as ``o0``, ``o1``, … in the order they were declared in."""

    def __init__(self, name: str, inputs: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        """Make the task; ``inputs`` maps names to types, ``kwargs`` are those of `PythonTask`."""
        given = Interface(inputs)
        outputs = {f"o{index}": python_type for index, python_type in enumerate(given.inputs.values())}
        config = EchoConfig()
        super().__init__(config.task_type, name, config, given.with_outputs(outputs), **kwargs)

    def execute(self, **kwargs: Any) -> Any:
        """Return the value of the only input, or all of them as a tuple, or nothing if there are none."""
        values = tuple(kwargs[name] for name in self.python_interface.inputs)
        return values[0] if len(values) == 1 else values or None
