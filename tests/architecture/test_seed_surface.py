"""The documented public surface: its classes, constructor parameters, methods and properties exist.

``seed_surface.json`` is written by ``derive_seed_surface.py``; ``seed_expected_missing.txt`` lists what is not there
yet. A line for something that exists fails, so the list only gets shorter.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import fletching
import fletching.extend
from fletching.errors import UnknownPluginError

HERE = Path(__file__).parent
SURFACE: dict[str, dict[str, Any]] = json.loads((HERE / "seed_surface.json").read_text(encoding="utf-8"))
EXPECTED_MISSING = [
    line.partition("#")[0].strip()
    for line in (HERE / "seed_expected_missing.txt").read_text(encoding="utf-8").splitlines()
    if line.partition("#")[0].strip()
]


def find(name: str) -> Any:
    """Find a class where its users look for it."""
    for module in (fletching, fletching.extend):
        try:
            return getattr(module, name)
        except (AttributeError, UnknownPluginError):
            continue
    return None


def instance(cls: type) -> object:
    """Make an instance, for what a class shows only then."""

    def function() -> None: ...

    makers: list[Callable[[], object]] = [
        lambda: cls(),
        lambda: cls(task_config=None, task_function=function),
        lambda: cls(task_type="seed", name="seed"),
        lambda: cls(name="seed"),
        lambda: cls(project="p", domain="d", name="n", version="v"),
        lambda: cls(group="g", key="k"),
    ]
    for make in makers:
        try:
            return make()
        except (TypeError, ValueError):
            continue
    return cls


def parameters(function: Callable[..., object]) -> tuple[set[str], bool]:
    """Tell a callable's parameter names, and whether it takes any keyword."""
    found = inspect.signature(function).parameters.values()
    return {p.name for p in found}, any(p.kind is p.VAR_KEYWORD for p in found)


def constructor_parameters(cls: type) -> set[str]:
    """Tell the keywords a class can be made with: its own, and its bases' where it passes them on."""
    names: set[str] = set()
    for base in cls.__mro__[:-1]:
        if "__init__" in vars(base):
            own, passes_on = parameters(base)
            names |= own
            if not passes_on:
                break
    return names


def missing(name: str) -> Iterator[str]:
    """Tell what a class lacks of the surface, as the expected-missing list writes it."""
    wanted, cls = SURFACE[name], find(name)
    if cls is None:
        yield name
        return
    has = constructor_parameters(cls)
    yield from (f"{name}({parameter})" for parameter in wanted["constructor"] if parameter not in has)
    for method, arguments in wanted["methods"].items():
        function = getattr(cls, method, None)
        if function is None:
            yield f"{name}.{method}"
        elif callable(function):
            own, passes_on = parameters(function)
            yield from (f"{name}.{method}({a})" for a in arguments if a not in own and not passes_on)
    made = instance(cls)
    yield from (
        f"{name}.{found}" for found in wanted["properties"] if not hasattr(cls, found) and not hasattr(made, found)
    )


@pytest.mark.parametrize("name", SURFACE)
def test_what_the_surface_lists_exists(name: str) -> None:
    lacking = set(missing(name)) - set(EXPECTED_MISSING)
    assert not lacking


@pytest.mark.parametrize("line", EXPECTED_MISSING)
def test_what_is_expected_missing_is_missing(line: str) -> None:
    name = line.partition(".")[0].partition("(")[0]
    assert line in set(missing(name)), "it exists now: remove the line from seed_expected_missing.txt"


def test_the_expected_missing_list_is_sorted_and_short() -> None:
    assert sorted(set(EXPECTED_MISSING)) == EXPECTED_MISSING
    assert len(EXPECTED_MISSING) <= 24, "this list may only get shorter"
