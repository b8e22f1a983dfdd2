"""The version of this package, read from its metadata when somebody asks."""

from __future__ import annotations

from functools import cache

__all__ = ["own_version"]


@cache
def own_version() -> str:
    """Return the installed version of fletching, or ``"0"`` where it runs without being installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("fletching")
    except PackageNotFoundError:
        return "0"
