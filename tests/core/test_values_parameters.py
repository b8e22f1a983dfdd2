"""The parameters of a plain function are read without inspect; that must say what inspect says."""

from __future__ import annotations

import inspect
from itertools import combinations, product
from typing import Any

import pytest

from fletching import Interface
from fletching.interface import MISSING


def functions() -> list[Any]:
    """Return functions with every order of kinds and defaults that Python accepts."""
    made = []
    for before, middle, after in product(range(3), repeat=3):
        names = [f"p{number}" for number in range(before + middle + after)]
        positional = before + middle
        for without in range(positional + 1):
            for chosen in (set(some) for size in range(after + 1) for some in combinations(names[positional:], size)):
                parts = [
                    f"{name}: int = {at}" if (without <= at < positional or name in chosen) else f"{name}: int"
                    for at, name in enumerate(names)
                ]
                if before:
                    parts.insert(before, "/")
                if after:
                    parts.insert(positional + bool(before), "*")
                scope: dict[str, Any] = {}
                exec(f"def f({', '.join(parts)}) -> int:\n    local = 1\n    return local", scope)
                made.append(scope["f"])
    return made


@pytest.mark.parametrize("wrapped", [False, True])
def test_plain_functions_are_read_as_inspect_reads_them(wrapped: bool) -> None:
    for function in functions():
        if wrapped:  # inspect itself is asked here
            function.__signature__ = inspect.signature(function)
        interface = Interface.from_function(function)
        expected = inspect.signature(function).parameters
        assert list(interface.inputs) == list(expected)
        for name, parameter in expected.items():
            assert interface.kinds[name] == parameter.kind.name.lower()
            default = interface.defaults.get(name, MISSING)
            assert default == (MISSING if parameter.default is parameter.empty else parameter.default)
