"""What type a part of a promised value has: ``rows[0].price`` of a ``list[Row]``."""

from __future__ import annotations

import types
from typing import Annotated, Any, Union, get_args, get_origin, is_typeddict

from fletching.errors import PromiseError, close_match
from fletching.types.display import type_name

__all__ = ["plain_type", "step_text", "step_type", "take_step", "variants"]


def plain_type(annotation: Any) -> Any:
    """Return an annotation without ``Annotated``, ``NewType`` and a ``type`` statement's name around it."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif hasattr(annotation, "__supertype__"):
            annotation = annotation.__supertype__
        elif type(annotation).__name__ == "TypeAliasType":
            annotation = annotation.__value__
        else:
            return annotation


def variants(annotation: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the one annotation."""
    annotation = plain_type(annotation)
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(one for each in get_args(annotation) for one in variants(each))
    return (annotation,)


def step_text(step: int | str) -> str:
    """Return a step as a message shows it: ``[3]``, ``.price``."""
    return f".{step}" if isinstance(step, str) and step.isidentifier() else f"[{step!r}]"


def step_type(annotation: Any, step: int | str, where: str, *, as_attribute: bool) -> Any:
    """Return the type of a part.

    Args:
        annotation: what the part is taken of.
        step: an index, a key or an attribute.
        where: what the annotation belongs to, for errors.
        as_attribute: whether it was written with a dot.

    Raises:
        PromiseError: no value of the annotation has such a part.
    """
    found, hint = [], ""
    for variant in variants(annotation):
        if variant is type(None):
            continue
        try:
            found.append(_of_variant(variant, step, as_attribute=as_attribute))
        except _NoSuchPartError as missing:
            hint = hint or missing.hint
    if not found:
        raise PromiseError(
            f"{where} is {type_name(annotation)}, which has no {step_text(step)}{hint}; what it will hold is only "
            "known when the workflow runs: compute with it inside a task"
        )
    return found[0] if len(found) == 1 else Union[tuple(found)]  # noqa: UP007 - a tuple made at run time


class _NoSuchPartError(Exception):
    """A type has no such part."""

    def __init__(self, hint: str = "") -> None:
        super().__init__(hint)
        self.hint = hint


def _of_variant(kind: Any, step: int | str, *, as_attribute: bool) -> Any:
    origin, arguments = get_origin(kind) or kind, get_args(kind)
    if kind is Any:
        return Any
    if origin is dict:
        if as_attribute:
            raise _NoSuchPartError(f"; for a key, write [{step!r}]")
        return arguments[1] if arguments else Any
    if origin is list:
        if not isinstance(step, int):
            raise _NoSuchPartError("; a list has numbers")
        return arguments[0] if arguments else Any
    if isinstance(step, str):
        fields = field_types(origin)
        if step in fields:
            return fields[step]
        raise _NoSuchPartError(close_match(step, fields))
    raise _NoSuchPartError


def field_types(kind: Any) -> dict[str, Any]:
    """Return the names and types of what a class declares to hold; empty for one that says nothing of it."""
    if not isinstance(kind, type):
        return {}
    declared = hasattr(kind, "__dataclass_fields__") or hasattr(kind, "model_fields") or is_typeddict(kind)
    if not declared:
        return {}
    import typing

    try:
        return typing.get_type_hints(kind, include_extras=True)
    except NameError:  # an annotation that means something only where the class was written
        return dict.fromkeys(getattr(kind, "__annotations__", {}), Any)


def take_step(value: Any, step: int | str) -> Any:
    """Return a part of a value that is there."""
    if isinstance(step, int) or isinstance(value, dict):
        return value[step]
    return getattr(value, step)
