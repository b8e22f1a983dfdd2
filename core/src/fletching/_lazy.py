"""Names that are imported when somebody asks for them."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["resolve"]


def resolve(package: str, name: str, homes: Mapping[str, str], renamed: Mapping[str, str] | None = None) -> Any:
    """Return ``name``'s object and keep it on the module ``package``, so that it is looked up once.

    Raises:
        AttributeError: ``homes`` has no such name.
    """
    try:
        home = homes[name]
    except KeyError:
        if name.startswith("__"):  # the import system asks each module for __path__; nobody misspelt anything
            raise AttributeError(name) from None
        from fletching.errors import close_match

        raise AttributeError(f"module {package!r} has no attribute {name!r}{close_match(name, homes)}") from None
    found = getattr(import_module(f"fletching.{home}"), (renamed or {}).get(name, name))
    setattr(sys.modules[package], name, found)
    return found
