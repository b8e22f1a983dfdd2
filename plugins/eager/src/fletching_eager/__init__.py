"""Eager tasks: plain async Python that awaits tasks, workflows and other eager tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fletching_eager.backend import LocalBackend as LocalBackend
    from fletching_eager.calls import EagerCall as EagerCall
    from fletching_eager.calls import UnawaitedCallError as UnawaitedCallError
    from fletching_eager.config import EagerConfig as EagerConfig
    from fletching_eager.decorator import eager as eager
    from fletching_eager.steps import checkpoint as checkpoint
    from fletching_eager.steps import traced as traced
    from fletching_eager.task import EagerAsyncPythonFunctionTask as EagerAsyncPythonFunctionTask

_HOMES = {
    "EagerAsyncPythonFunctionTask": "task",
    "EagerCall": "calls",
    "EagerConfig": "config",
    "LocalBackend": "backend",
    "UnawaitedCallError": "calls",
    "checkpoint": "steps",
    "eager": "decorator",
    "traced": "steps",
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
