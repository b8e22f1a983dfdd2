"""LiteralsResolver: wire forms by name, read when they are asked for, as code written for the Flyte SDK does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError, close_match
from fletching.type_plugins import TypeEngine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flyteidl.core.interface_pb2 import Variable
    from flyteidl.core.literals_pb2 import Literal

    from fletching.flyte_context import FlyteContext
    from fletching.interface import Interface

__all__ = ["LiteralsResolver"]


class LiteralsResolver(Mapping[str, Any]):
    """The values of wire forms, such as the outputs of a run. What was read is kept for whoever asks without a type.

    Args:
        literals: the wire forms.
        variable_map: what they were declared as, for the names that are asked for without a type.
        ctx: where it was made; says nothing about how a value is read.
    """

    def __init__(
        self,
        literals: Mapping[str, Literal],
        variable_map: Mapping[str, Variable] | None = None,
        ctx: FlyteContext | None = None,
    ) -> None:
        self._literals, self._variables = literals, variable_map
        self._hints: dict[str, Any] = {}
        self._values: dict[str, Any] = {}

    @property
    def literals(self) -> Mapping[str, Literal]:
        """The wire forms."""
        return self._literals

    @property
    def variable_map(self) -> Mapping[str, Variable] | None:
        """What they were declared as."""
        return self._variables

    @property
    def native_values(self) -> Mapping[str, Any]:
        """The values read so far."""
        return self._values

    def update_type_hints(self, type_hints: Mapping[str, Any]) -> None:
        """Say as which types values are read that nobody asked for yet."""
        self._hints.update(type_hints)

    def get_literal(self, key: str) -> Literal:
        """Return one wire form.

        Raises:
            ConfigError: there is none of that name.
        """
        if key not in self._literals:
            raise ConfigError(f"there is no value {key!r}{close_match(key, self._literals)}")
        return self._literals[key]

    def get(self, attr: str, as_type: Any = None) -> Any:
        """Return one value, read as ``as_type``, or as what was said or declared of it.

        Raises:
            ConfigError: there is none of that name, or nothing says its type.
        """
        literal = self.get_literal(attr)
        if as_type is not None or attr not in self._values:
            self._values[attr] = TypeEngine.to_python_value(None, literal, self._type_of(attr, as_type))
        return self._values[attr]

    def as_python_native(self, python_interface: Interface) -> Any:
        """Return the values as a call of something with that interface returns them."""
        return python_interface.returned(
            {name: self.get(name, kind) for name, kind in python_interface.outputs.items()}
        )

    def _type_of(self, name: str, as_type: Any) -> Any:
        if as_type is not None:
            return as_type
        if name in self._hints:
            return self._hints[name]
        if self._variables is not None and name in self._variables:
            return TypeEngine.guess_python_type(self._variables[name].type)
        raise ConfigError(f"nothing says the type of the value {name!r}; use get({name!r}, its type)")

    def __getitem__(self, name: str) -> Any:
        return self.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self._literals

    def __iter__(self) -> Iterator[str]:
        return iter(self._literals)

    def __len__(self) -> int:
        return len(self._literals)

    def __repr__(self) -> str:
        return f"LiteralsResolver({', '.join(map(repr, self._literals))})"
