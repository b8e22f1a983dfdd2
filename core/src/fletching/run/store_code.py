"""A digest of what an executable does, by which a later run knows whether its code changed."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

__all__ = ["code_digest", "find_entity", "place_of"]


def code_digest(entity: Any) -> str:
    """Return 64 hexadecimal digits for what an executable does; empty if nothing can tell.

    An executable may know better: what it says as ``code_digest`` counts. Otherwise it is a task's function with what
    that uses of its own module, and the config; of a task without a function its type, name and config. An executable
    that is made of others, and does not say, has none: its parts are looked at one by one.
    """
    own = getattr(entity, "code_digest", None)
    if isinstance(own, str):
        return own
    kind = getattr(entity, "task_type", None)
    if kind is None:
        return ""
    from fletching.fingerprint import digest, function_fingerprint

    config = _form(getattr(entity, "task_config", None))
    function = getattr(entity, "task_function", None)
    try:
        if function is not None:
            return digest(kind, function_fingerprint(function), config)
        return digest(kind, entity.name, config)
    except Exception:  # noqa: BLE001 - it reads whatever objects the user's module holds
        return ""


def _form(config: Any) -> str:
    """Return a config as text, with its class alone if the text has an address, which is another one each time."""
    if config is None:
        return ""
    text = ""
    with suppress(Exception):
        text = repr(config)
    return text if text and " at 0x" not in text else f"{type(config).__module__}.{type(config).__qualname__}"


def place_of(entity: Any) -> str:
    """Return ``module:variable`` of an executable, or an empty string for one that no variable holds."""
    module = getattr(entity, "instantiated_in", "")
    find = getattr(entity, "find_lhs", None)
    if not module or find is None:
        return ""
    try:
        return f"{module}:{find()}"
    except Exception:  # noqa: BLE001 - it looks at whatever the user's module holds
        return ""


def find_entity(place: str) -> Any:
    """Return what stands at a place now, None if its module is not loaded or has no such variable."""
    import sys

    module, _, variable = place.partition(":")
    found = sys.modules.get(module)
    return None if found is None or not variable else vars(found).get(variable)
