"""Which transformer handles an annotation."""

from __future__ import annotations

import sys
import types
import typing
from _thread import _local  # what threading.local is; threading itself takes longer to import than all of this module
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

from fletching.errors import UnsupportedTypeError
from fletching.types.display import type_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from fletching.types.base import TypeTransformer

__all__ = ["Factory", "field_transformer", "generation", "part_transformer", "register", "transformer"]

Factory: TypeAlias = "Callable[[Any, tuple[Any, ...]], TypeTransformer[Any] | None]"
"""Makes the transformer of an annotation and of what stood beside it in ``Annotated``; None if it is not the one."""

BUILT_IN: dict[Any, str] = {
    type(None): "simple",
    bool: "simple",
    int: "simple",
    float: "simple",
    str: "simple",
    bytes: "pickled",
    list: "containers",
    dict: "containers",
    tuple: "inside",
    set: "inside",
    frozenset: "inside",
    Any: "inside",
    Enum: "enums",
    typing.Literal: "enums",
    typing.Union: "union",
    types.UnionType: "union",
}
"""The module of ``fletching.types`` whose ``factory`` handles a class, its subclasses, or a special form."""

BY_NAME = {
    "datetime.date": "temporal",
    "datetime.datetime": "temporal",
    "datetime.timedelta": "temporal",
    "collections.abc.Iterator": "iterators",
    "decimal.Decimal": "inside",
    "fletching.types.failure.FlyteError": "failure",
    "fletching.types.files.FlyteDirectory": "files",
    "fletching.types.files.FlyteFile": "files",
    "fletching.types.pickled.Pickled": "pickled",
    "google._upb._message.Message": "protobuf",
    "google.protobuf.message.Message": "protobuf",
    "os.PathLike": "files",
    "pathlib.Path": "files",
    "pathlib.PurePath": "files",
    "pathlib._local.Path": "files",
    "pathlib._local.PurePath": "files",
    "pydantic.main.BaseModel": "pydantic",
    "typing.BinaryIO": "streams",
    "typing.TextIO": "streams",
    "uuid.UUID": "inside",
}
"""The same by ``module.qualname``: the classes of libraries that need not be imported to be recognised."""

CACHE_LIMIT = 4096
"""How many transformers are kept; programs that make classes without end must not fill the memory."""

_registered: dict[Any, Factory] = {}
_cache: dict[Any, TypeTransformer[Any]] = {}
_generation = object()
_watching: list[bool] = []
_being_made = _local()


def transformer(annotation: Any) -> TypeTransformer[Any]:
    """Return the transformer of an input or output: the same one for each mention of the type, from any thread.

    Raises:
        UnsupportedTypeError: nothing handles the type; the message says what to use instead.
    """
    found = part_transformer(annotation)
    if found.inside_only:
        raise found.no_wire_form()
    return found


def field_transformer(annotation: Any) -> TypeTransformer[Any]:
    """Return the transformer of a value inside a dataclass or another plain form; more types can stand there."""
    found = part_transformer(annotation)
    if not found.has_plain():
        raise found.no_plain_form()
    return found


def part_transformer(annotation: Any) -> TypeTransformer[Any]:
    """Return the transformer of a part of a type, for a container that passes on what the part lacks.

    The container has to take over `TypeTransformer.inside_only` and `TypeTransformer.has_plain` of its parts.
    """
    # Unions are equal in any order of their variants, and so are lists of them; the order is part of the wire type.
    key = annotation if type(annotation) is type else (annotation, repr(annotation))
    # Looked up once: what was made before a registration must not be kept after it.
    cache = _cache
    try:
        found = cache.get(key)
    except TypeError:  # an unhashable extra in Annotated
        return _guarded(annotation)
    if found is None:
        made = _guarded(annotation)
        if len(cache) >= CACHE_LIMIT:
            cache.clear()
        found = cache.setdefault(key, made)
    return found


def generation() -> object:
    """Return an object that is another one after each registration, for who keeps what transformers gave."""
    return _generation


def _forget() -> None:
    global _cache, _generation
    _cache, _generation = {}, object()


def register(python_type: Any, factory: Factory) -> Callable[[], None]:
    """Let ``factory`` make the transformers of ``python_type``, its subclasses and its parametrised forms.

    Returns:
        A function that takes the registration back.
    """
    if python_type in _registered:
        raise ValueError(f"{type_name(python_type)} has a transformer already; undo that registration first")
    _registered[python_type] = factory
    _forget()

    def undo() -> None:
        if _registered.get(python_type) is factory:
            del _registered[python_type]
            _forget()

    return undo


def _guarded(annotation: Any) -> TypeTransformer[Any]:
    """Make a transformer, and refuse a type that contains itself instead of recursing for ever."""
    stack: list[Any] = _being_made.__dict__.setdefault("stack", [])
    if any(annotation is one for one in stack):
        raise UnsupportedTypeError(
            f"{type_name(annotation)} contains itself, and a type without end has no wire form; "
            f"refer to the inner values by an id, or pass a Pickled[{type_name(annotation)}]"
        )
    stack.append(annotation)
    try:
        return _make(annotation, ())
    finally:
        stack.pop()


def _make(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any]:
    if annotation is None:
        annotation = type(None)
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        from fletching.types.annotations import annotated

        return annotated(annotation, _make)
    if isinstance(annotation, typing.NewType):
        return _make(annotation.__supertype__, extras)
    if sys.version_info >= (3, 12) and isinstance(origin or annotation, typing.TypeAliasType):
        return _make(_aliased(annotation), extras)
    for factory in _factories(annotation, origin):
        made = factory(annotation, extras)
        if made is not None:
            return made
    from fletching.types.refused import unsupported

    raise unsupported(annotation)


def _aliased(alias: Any) -> Any:
    """Return what a ``type`` statement's name stands for, its own parameters filled in."""
    given = dict(zip(alias.__type_params__, typing.get_args(alias), strict=False))
    # Those of the value are the same ones, maybe in another order, and none if it uses none.
    open_parameters = getattr(alias.__value__, "__parameters__", ())
    if not (given and open_parameters):
        return alias.__value__
    return alias.__value__[tuple(given.get(parameter, parameter) for parameter in open_parameters)]


def _factories(annotation: Any, origin: Any) -> typing.Iterator[Factory]:
    """Yield who might handle the annotation, most specific first; each module is imported when its turn comes."""
    if origin is not None and _hashable(annotation) and annotation in _registered:
        yield _registered[annotation]
    root = annotation if origin is None else origin
    if not isinstance(root, type):
        if _hashable(root) and root in BUILT_IN:
            yield _built_in(BUILT_IN[root])
        return
    if issubclass(root, Enum):
        if root in _registered:
            yield _registered[root]
        yield _built_in("enums")
    if typing.is_typeddict(root):
        yield _built_in("typeddict")
    for cls in root.__mro__:
        if cls in _registered:
            yield _registered[cls]
        if cls in BUILT_IN:
            yield _built_in(BUILT_IN[cls])
        name = f"{cls.__module__}.{cls.__qualname__}"
        if name in BY_NAME:
            yield _built_in(BY_NAME[name])
        if cls is not object and cls.__module__ != "builtins":
            yield from _plugged_in(name)
    if hasattr(root, "__dataclass_fields__"):
        yield _built_in("dataclass")


def _built_in(module: str) -> Factory:
    from importlib import import_module

    factory: Factory = import_module(f"fletching.types.{module}").factory
    return factory


def _plugged_in(name: str) -> typing.Iterator[Factory]:
    """Yield the factory of the longest dotted prefix of ``name`` that an installed plugin claims."""
    from fletching.hooking import on_change
    from fletching.plugins import manager

    if not _watching:
        # With another manager, or another hook, someone else may handle a type.
        _watching.append(True)
        on_change(_forget)
    names = manager().names("types")
    while name:
        if name in names:
            yield manager().load("types", name)
            return
        name = name.rpartition(".")[0]


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
