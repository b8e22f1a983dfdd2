"""What a map is of: the target, the inputs that are the same for every element, and the interface that follows."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from fletching.errors import ConfigError, ConversionError, InterfaceError, close_match
from fletching.extend import Executable, Interface, transformer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fletching_map.config import MapConfig

__all__ = ["bound_inputs_of", "lifted", "unwrapped"]


def unwrapped(target: Any) -> tuple[Executable, dict[str, Any]]:
    """Return what is called for each element, and the values that a ``functools.partial`` around it binds.

    Raises:
        ConfigError: it cannot be called for each element, or is given values that it has no inputs for.
    """
    values: dict[str, Any] = {}
    if isinstance(target, functools.partial):
        entity, args = target.func, target.args
        values = dict(target.keywords)
        if isinstance(entity, Executable):
            names = list(entity.python_interface.inputs)
            if len(args) > len(names):
                raise ConfigError(f"partial binds {len(args)} inputs of {entity.short_name}, which has {len(names)}")
            for name, value in zip(names, args, strict=False):
                if name in values:
                    raise ConfigError(f"partial binds input {name!r} of {entity.short_name} twice")
                values[name] = value
        target = entity
    if not isinstance(target, Executable):
        hint = "; put @task in front of it" if callable(target) and not isinstance(target, type) else ""
        raise ConfigError(
            f"a map is of a task, a workflow, a launch plan, or functools.partial of one, got {target!r}{hint}"
        )
    return target, values


def bound_inputs_of(
    target: Executable,
    partial_values: Mapping[str, Any],
    bound_inputs: Iterable[str] | None,
    bound_inputs_values: Mapping[str, Any] | None,
) -> tuple[frozenset[str], dict[str, Any]]:
    """Return the names of the inputs that every element gets whole, and the values known for them.

    Raises:
        ConfigError: a name is no input, the two ways to say it differ, or nothing is left to map over.
        ConversionError: a value does not fit.
    """
    named = None if bound_inputs is None else _checked_names(bound_inputs)
    explicit = dict(bound_inputs_values or {})
    if named is not None and bound_inputs_values is not None and named != explicit.keys():
        raise ConfigError(
            f"bound_inputs names {sorted(named)} and bound_inputs_values has {sorted(explicit)}; give one of them, or "
            "the same names"
        )
    values = {**partial_values, **explicit}
    names = frozenset(values) | (named or frozenset())
    inputs = target.python_interface.inputs
    for name in names:
        if name not in inputs:
            raise ConfigError(f"{name!r} is bound, and is no input of {target.short_name}{close_match(name, inputs)}")
    if names >= inputs.keys():
        left = "every input is bound" if inputs else "it has no inputs"
        raise ConfigError(f"nothing is left to map {target.short_name} over: {left}")
    return names, {name: _checked(target, name, value) for name, value in values.items()}


def _checked_names(names: Iterable[str]) -> frozenset[str]:
    if isinstance(names, str):
        raise ConfigError(f"bound_inputs must be several names of inputs, such as {{{names!r}}}, got {names!r}")
    return frozenset(names)


def _checked(target: Executable, name: str, value: Any) -> Any:
    """Return a bound value after a look at whether it fits; a promise is looked at when the call becomes a node."""
    if isinstance(value, Iterator):
        value = list(value)  # every element reads it
    if _holds_promise(value):
        return value
    try:
        transformer(target.python_interface.inputs[name]).carry(value)
    except ConversionError as error:
        raise error.within(target.short_name, f"bound argument {name!r}") from None
    return value


def _holds_promise(value: Any) -> bool:
    from fletching import Promise

    if isinstance(value, list):
        return any(map(_holds_promise, value))
    if isinstance(value, dict):
        return any(map(_holds_promise, value.values()))
    return isinstance(value, Promise)


def lifted(target: Executable, bound: frozenset[str], config: MapConfig) -> Interface:
    """Return the interface of a map: a list for every input that is not bound, and a list of the output.

    Raises:
        InterfaceError: the target has more than one output.
    """
    own = target.python_interface
    inputs = {name: kind if name in bound else list[kind] for name, kind in own.inputs.items()}  # type: ignore[valid-type]
    if len(own.outputs) > 1:
        raise InterfaceError(
            f"{target.short_name} has {len(own.outputs)} outputs ({', '.join(own.outputs)}), and a map gives one list; "
            "return one value that holds them, such as a dataclass"
        )
    outputs: dict[str, Any] = {}
    for name, kind in own.outputs.items():
        element: Any = kind if config.needs_all else kind | None
        outputs[name] = list[element]
    # Without the docstring: as flytekit writes it, a map is described by its target alone.
    return Interface(inputs, outputs)
