"""Task type ``echo``: gives its inputs back, without a container."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fletching_echo.config import EchoConfig
    from fletching_echo.task import Echo

__all__ = ["Echo", "EchoConfig"]

_HOME = {"Echo": "task", "EchoConfig": "config"}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
