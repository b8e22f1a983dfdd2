"""The command fletch migrate: rewrites the imports of programs written for flytekit, and tells what needs a hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fletching_migrate.program import migrate_text as migrate_text
    from fletching_migrate.values import Finding as Finding
    from fletching_migrate.values import Migrated as Migrated

_HOMES = {"Finding": "values", "Migrated": "values", "migrate_text": "program"}
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
