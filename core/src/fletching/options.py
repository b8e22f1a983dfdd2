"""Checks of the options that every task takes."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, TypeVar

from fletching.errors import ConfigError, OptionDeprecatedWarning, UnknownOptionError, close_match

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fletching.deck import DeckField

__all__ = ["checked_environment", "checked_object", "deck_options", "describe_inputs", "unknown_option"]

T = TypeVar("T")


def checked_environment(task: str, environment: Mapping[str, str] | None) -> dict[str, str]:
    """Return a copy of ``environment`` after checking that an operating system could take it."""
    for key, value in (environment or {}).items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise ConfigError(f"task {task!r}: environment maps strings to strings, got {key!r}: {value!r}")
        if not key or "=" in key or "\0" in key + value:
            raise ConfigError(f"task {task!r}: environment has the impossible entry {key!r}: {value!r}")
    return dict(environment or {})


def checked_object(task: str, option: str, value: T, home: str) -> T:
    """Return an option after checking that it is None or an object of the class ``home``, ``module.Class``.

    The class is imported for a value only: a task that doesn't ask for it pays nothing.
    """
    if value is not None:
        from importlib import import_module

        module, _, kind = home.rpartition(".")
        if not isinstance(value, getattr(import_module(module), kind)):
            # Only its type: what was given in the place of secrets may be one.
            raise ConfigError(
                f"task {task!r}: {option} must be a {kind}, got an object of {type(value).__qualname__!r}"
            )
    return value


def deck_options(
    task: str, disable_deck: bool | None, enable_deck: bool | None, fields: tuple[DeckField, ...]
) -> tuple[bool, tuple[DeckField, ...]]:
    """Return whether a task makes a report, and of which sections."""
    from fletching.deck import check_deck_fields

    if disable_deck is not None and enable_deck is not None:
        raise ConfigError(f"task {task!r}: disable_deck and enable_deck are opposites; give enable_deck only")
    checked = check_deck_fields(fields)
    if disable_deck is not None:
        from fletching.frames import caller_level

        warnings.warn("disable_deck is deprecated; use enable_deck", OptionDeprecatedWarning, stacklevel=caller_level())
        enable_deck = not disable_deck
    return bool(enable_deck), checked if enable_deck else ()


def unknown_option(cls: type[Any], task: str, option: str) -> UnknownOptionError:
    """Return the error for a keyword that no constructor of ``cls`` knows."""
    import inspect

    known = {
        parameter
        for base in cls.__mro__
        if "__init__" in vars(base)
        for parameter in inspect.signature(vars(base)["__init__"]).parameters
    } - {"self", "args", "kwargs", "unknown"}
    hint = close_match(option, known)
    if not hint:
        from dataclasses import fields

        from fletching.metadata import TaskMetadata

        if option in {field.name for field in fields(TaskMetadata)}:
            hint = f"; it is part of metadata: metadata=TaskMetadata({option}=...)"
    return UnknownOptionError(f"task {task!r}: unknown option {option!r}{hint}")


def describe_inputs(inputs: Mapping[str, Any]) -> str:
    """Return inputs as ``a: int, b: str``, or ``none``."""
    from fletching.types.display import type_name

    return ", ".join(f"{name}: {type_name(kind)}" for name, kind in inputs.items()) or "none"
