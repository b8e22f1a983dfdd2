"""What a plugin adds to what its task may ask for, put together step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import Self

    from fletching.context import ExecutionParameters

__all__ = ["ParametersBuilder"]


class ParametersBuilder:
    """What ``params.builder()`` gives in a `pre_execute` written for the Flyte SDK."""

    def __init__(self, parameters: ExecutionParameters) -> None:
        self._parameters = parameters

    def add_attr(self, key: str, v: Any) -> Self:
        """Have the task find ``v`` as an attribute of its context; ``SESSION`` is ``current_context().session``."""
        self._parameters = self._parameters.with_attributes(**{key: v})
        return self

    def build(self) -> ExecutionParameters:
        """Return what the task may ask for."""
        return self._parameters
