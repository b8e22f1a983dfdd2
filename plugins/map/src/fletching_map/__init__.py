"""Map tasks: one task, workflow or launch plan for every element of its inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fletching_map.config import ExecutionMode as ExecutionMode
    from fletching_map.mapping import array_node as array_node
    from fletching_map.mapping import map_task as map_task
    from fletching_map.node import ArrayNode as ArrayNode
    from fletching_map.resolver import ArrayNodeMapTaskResolver as ArrayNodeMapTaskResolver
    from fletching_map.task import ArrayNodeMapTask as ArrayNodeMapTask

_HOMES = {
    "ArrayNode": "node",
    "ArrayNodeMapTask": "task",
    "ArrayNodeMapTaskResolver": "resolver",
    "ExecutionMode": "config",
    "array_node": "mapping",
    "map_task": "mapping",
}
"""Name -> module below this package that holds it. Nothing is imported before it is asked for."""

__all__ = [  # noqa: PLE0604 - the names are resolved by __getattr__
    *sorted(_HOMES)
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
