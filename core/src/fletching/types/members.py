"""The named members of a dataclass or a ``TypedDict``: their annotations resolved, and a transformer for each."""

from __future__ import annotations

import inspect
import typing
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

from fletching.errors import ConversionError, UnsupportedTypeError, close_match
from fletching.types.display import preview, type_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fletching.types.base import TypeTransformer

__all__ = ["check_keys", "member_transformer", "member_types"]


def member_types(annotation: Any) -> dict[str, Any]:
    """Return the annotations of a class's members, inherited ones included, its type parameters filled in."""
    cls: Any = get_origin(annotation) or annotation
    try:
        try:
            hints = typing.get_type_hints(cls, include_extras=True)
        except NameError:
            # A class that is local to a function is no name of its module, and may still refer to itself.
            # So are its type parameters, before Python 3.13.
            parameters = {one.__name__: one for base in cls.__mro__ for one in getattr(base, "__type_params__", ())}
            local = {**vars(cls), **parameters, cls.__name__: cls}
            hints = typing.get_type_hints(cls, localns=local, include_extras=True)
    except NameError as error:
        raise UnsupportedTypeError(
            f"{type_name(annotation)} names {error.name!r} in an annotation, and its module has no such name; "
            "define or import it at module level, outside 'if TYPE_CHECKING'"
        ) from error
    except Exception as error:
        raise UnsupportedTypeError(
            f"{type_name(annotation)} has an annotation that cannot be evaluated: {error}"
        ) from error
    bindings: dict[Any, dict[Any, Any]] = {}
    _bind(cls, get_args(annotation), bindings)
    result = {}
    for name, hint in hints.items():
        owners = [base for base in _bases(cls) if name in inspect.get_annotations(base)] or [cls]
        # A TypedDict repeats the annotations of its bases: theirs is the last that has it, a class's own the first.
        result[name] = _fill(hint, bindings.get(owners[-1 if typing.is_typeddict(cls) else 0], {}))
    return result


def member_transformer(owner: Any, name: str, annotation: Any) -> TypeTransformer[Any]:
    """Return the transformer of a member, which must have a plain form; an error names the member."""
    from fletching.types.engine import field_transformer

    parameters = [annotation] if isinstance(annotation, TypeVar) else list(getattr(annotation, "__parameters__", ()))
    if parameters:
        cls = type_name(get_origin(owner) or owner)
        raise UnsupportedTypeError(
            f"{cls}.{name}: {cls} is generic in {parameters[0].__name__}; say what it holds: {cls}[int]"
        )
    try:
        return field_transformer(annotation)
    except UnsupportedTypeError as error:
        raise UnsupportedTypeError(f"{type_name(owner)}.{name}: {error}") from error


def check_keys(expected: str, data: Any, known: Mapping[str, Any], required: Iterable[str]) -> None:
    """Refuse keys that are no members, and the lack of a required one."""
    for key in data:
        if key not in known:
            guess = close_match(key, known) if isinstance(key, str) else ""
            raise ConversionError(expected, preview(data), hint=f"it has no {key!r}{guess}")
    for name in required:
        if name not in data:
            raise ConversionError(expected, preview(data), hint=f"{name!r} is missing")


def _bases(cls: Any) -> tuple[Any, ...]:
    """Return a class and what it inherits from, also for a ``TypedDict``, whose only real base is dict."""
    if not typing.is_typeddict(cls):
        return tuple(cls.__mro__)
    found: list[Any] = [cls]
    for base in getattr(cls, "__orig_bases__", ()):
        origin = get_origin(base) or base
        if typing.is_typeddict(origin):
            found.extend(_bases(origin))
    return tuple(found)


def _bind(cls: Any, args: tuple[Any, ...], bindings: dict[Any, dict[Any, Any]]) -> None:
    """Note for ``cls`` and each generic base what its type variables stand for."""
    parameters = getattr(cls, "__parameters__", ())
    mine = dict(zip(parameters, args, strict=False)) if args else {}
    bindings.setdefault(cls, mine)
    for base in getattr(cls, "__orig_bases__", getattr(cls, "__bases__", ())):
        origin = get_origin(base) or base
        if origin is not typing.Generic and isinstance(origin, type) and origin is not object:
            _bind(origin, tuple(_fill(arg, mine) for arg in get_args(base)), bindings)


def _fill(hint: Any, binding: Mapping[Any, Any]) -> Any:
    if isinstance(hint, TypeVar):
        return binding.get(hint, hint)
    parameters = getattr(hint, "__parameters__", ())
    if not binding or not parameters or isinstance(hint, type):
        return hint
    return hint[tuple(binding.get(parameter, parameter) for parameter in parameters)]
