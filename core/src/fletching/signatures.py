"""Reading an interface off a Python function: hints, kinds, outputs, and whether it can return them."""

from __future__ import annotations

import sys
import typing
from collections import namedtuple
from functools import cache, partial
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, get_args, get_origin

from fletching.errors import BareTupleError, InterfaceError, MissingReturnError, MissingTypeError
from fletching.interface import MISSING, accepts_none

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["can_return_value", "output_class", "read_function"]

VARIADIC = 0x04 | 0x08
"""``inspect.CO_VARARGS | inspect.CO_VARKEYWORDS``; inspect is only imported where a plain look is not enough."""
GENERATES = 0x20 | 0x200
"""``inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR``."""


class Parts(NamedTuple):
    """What an interface is made of."""

    inputs: dict[str, Any]
    defaults: dict[str, Any]
    kinds: dict[str, str]
    outputs: dict[str, Any]
    tuple_name: str
    output_class: type[tuple[Any, ...]] | None
    doc: Callable[..., Any]


def read_function(fn: Callable[..., Any], *, pickle_untyped: bool, check_return: bool) -> Parts:
    """Return the parts of the interface that ``fn`` declares; see `Interface.from_function`."""
    name = getattr(fn, "__name__", type(fn).__name__)
    parameters = list(read_parameters(fn, name))
    hints = read_hints(fn, name)
    if pickle_untyped:
        # Any says as little as no annotation.
        hints = {key: pickled_any() if hint is Any else hint for key, hint in hints.items()}
    inputs: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    kinds: dict[str, str] = {}
    for key, kind, default in parameters:
        if key in hints:
            inputs[key] = hints[key]
        elif pickle_untyped:
            inputs[key] = pickled_any()
        else:
            raise MissingTypeError(f"{name}: parameter {key!r} has no annotation; {annotate(fn, key)}")
        kinds[key] = kind
        if default is not MISSING:
            defaults[key] = default
    if "return" in hints:
        outputs, own_class = read_outputs(hints["return"], name, pickle_untyped)
    else:
        outputs, own_class = ({"o0": pickled_any()} if pickle_untyped else {}), None
    if check_return and outputs and not can_return_value(fn) and not all(map(accepts_none, outputs.values())):
        from inspect import formatannotation

        declared = (
            f"declared to return {formatannotation(hints['return'])}"
            if "return" in hints
            else "has a pickle for an output"
        )
        raise MissingReturnError(
            f"{name}: {declared}, but it never returns a value; return one, or annotate it with -> None"
        )
    return Parts(inputs, defaults, kinds, outputs, own_class.__name__ if own_class else "", own_class, fn)


def annotate(fn: Callable[..., Any], key: str) -> str:
    """Say what to do about a parameter without annotation."""
    outer = getattr(fn, "__qualname__", "").rpartition(".")[0].rpartition(".")[2]
    if key in ("self", "cls") and outer and outer != "<locals>":
        return f"a method cannot be a task, so move it out of class {outer!r} and pass it what it needs"
    return f"write its type ({key}: int), or allow pickles with pickle_untyped=True"


def read_parameters(fn: Callable[..., Any], name: str) -> Iterator[tuple[str, str, Any]]:
    """Yield name, kind and default of each parameter, `MISSING` for none."""
    plain = type(fn) is FunctionType and not hasattr(fn, "__wrapped__") and not hasattr(fn, "__signature__")
    if not plain or fn.__code__.co_flags & VARIADIC:
        import inspect

        try:
            signature = inspect.signature(fn)
        except ValueError as error:
            raise InterfaceError(f"{name}: {error}; wrap it in a function with annotations") from error
        for parameter in signature.parameters.values():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                refuse_variadic(name, parameter)
            default = MISSING if parameter.default is parameter.empty else parameter.default
            yield parameter.name, parameter.kind.name.lower(), default
        return
    code, defaults, by_name = fn.__code__, fn.__defaults__ or (), fn.__kwdefaults__ or {}
    count, names = code.co_argcount, code.co_varnames
    for at, key in enumerate(names[:count]):
        kind = "positional_only" if at < code.co_posonlyargcount else "positional_or_keyword"
        last = at - count  # defaults belong to the last parameters
        yield key, kind, defaults[last] if -last <= len(defaults) else MISSING
    for key in names[count : count + code.co_kwonlyargcount]:
        yield key, "keyword_only", by_name.get(key, MISSING)


def refuse_variadic(name: str, parameter: inspect.Parameter) -> NoReturn:
    from inspect import formatannotation

    hint = "" if parameter.annotation is parameter.empty else formatannotation(parameter.annotation)
    element = hint.strip("'") or "int"
    if parameter.kind is parameter.VAR_POSITIONAL:
        raise InterfaceError(
            f"{name}: parameter '*{parameter.name}' cannot be an input, every input has a name and one type;"
            f" take a list ({parameter.name}: list[{element}])"
        )
    raise InterfaceError(
        f"{name}: parameter '**{parameter.name}' cannot be an input, every input has a name and one type;"
        f" take a dict ({parameter.name}: dict[str, {element}])"
    )


def read_hints(fn: Callable[..., Any], name: str) -> dict[str, Any]:
    """Return a function's evaluated annotations, ``Annotated`` kept."""
    target: Any = fn
    if hasattr(fn, "__wrapped__"):
        import inspect

        target = inspect.unwrap(fn, stop=lambda one: hasattr(one, "__signature__"))
    while isinstance(target, partial):
        target = target.func
    if not hasattr(target, "__annotations__") and not isinstance(target, type):
        target = type(target).__call__
    try:
        try:
            return typing.get_type_hints(target, include_extras=True)
        except NameError:
            parameters = {one.__name__: one for one in getattr(target, "__type_params__", ())}
            return typing.get_type_hints(target, None, {**enclosing_names(target), **parameters}, include_extras=True)
    except NameError as error:
        raise InterfaceError(
            f"{name}: an annotation names {error.name!r}, which is not defined in module {target.__module__!r};"
            " import it there, outside of 'if TYPE_CHECKING', or define it before the task"
        ) from error
    except TypeError as error:
        raise InterfaceError(f"{name}: an annotation is not a type: {error}") from error


def enclosing_names(fn: Any) -> Mapping[str, Any]:
    """Return the local names of the functions around ``fn``, while they still run.

    A string annotation may name a class that is local to the function a task is written in. Only the frames of those
    very functions are looked at, and only when a name was found nowhere else.
    """
    found: dict[str, Any] = {}
    outer = getattr(fn, "__qualname__", "").rpartition(".<locals>.")[0]
    frame = sys._getframe(1) if outer else None
    while frame is not None:
        code = frame.f_code
        if frame.f_globals is getattr(fn, "__globals__", None) and (outer + ".").startswith(code.co_qualname + "."):
            found = {**frame.f_locals, **found}
        frame = frame.f_back
    return found


def read_outputs(hint: Any, name: str, pickle_untyped: bool) -> tuple[dict[str, Any], type[tuple[Any, ...]] | None]:
    """Return the outputs of a return annotation, and its class if that is a named tuple."""
    if hint is None or hint is type(None) or hint is typing.NoReturn or hint is typing.Never:
        return {}, None
    origin = get_origin(hint)
    named = origin or hint
    if isinstance(named, type) and issubclass(named, tuple) and hasattr(named, "_fields"):
        return read_named_tuple(named, get_args(hint), name, pickle_untyped), named
    if not (origin is tuple or hint is tuple or isinstance(hint, tuple)):
        return {"o0": hint}, None
    items = hint if isinstance(hint, tuple) else get_args(hint)
    if items and Ellipsis not in items and len(items) > 1:
        return {f"o{index}": item for index, item in enumerate(items)}, None
    from inspect import formatannotation

    if Ellipsis in items:
        raise InterfaceError(
            f"{name}: {formatannotation(hint)} has no fixed number of outputs; return a list"
            f" (list[{formatannotation(items[0])}])"
        )
    if not items:
        raise BareTupleError(f"{name}: a bare tuple says nothing about its outputs; write each type (tuple[int, str])")
    one = formatannotation(items[0])
    raise InterfaceError(f"{name}: a tuple of one output is not supported; return {one} itself, or a NamedTuple")


def read_named_tuple(named: Any, arguments: tuple[Any, ...], name: str, pickle_untyped: bool) -> dict[str, Any]:
    hints = typing.get_type_hints(named, include_extras=True)
    given = dict(zip(getattr(named, "__parameters__", ()), arguments, strict=False))
    outputs: dict[str, Any] = {}
    for field in named._fields:
        if field not in hints and not pickle_untyped:
            raise MissingTypeError(
                f"{name}: field {field!r} of {named.__name__} has no type; declare it with typing.NamedTuple"
            )
        hint = hints[field] if field in hints else pickled_any()
        parameters = getattr(hint, "__parameters__", ())
        if hint in given:
            hint = given[hint]
        elif given and parameters:
            hint = hint[tuple(given.get(parameter, parameter) for parameter in parameters)]
        outputs[field] = hint
    if not outputs:
        raise InterfaceError(f"{name}: {named.__name__} has no fields; annotate the function with -> None")
    return outputs


def can_return_value(fn: Callable[..., Any]) -> bool:
    """Return whether a function may give something else than None; also true if it only raises or yields.

    The bytecode decides, not the source: a comment cannot satisfy it, and no file is read.
    """
    code = getattr(fn, "__code__", None)
    if not isinstance(code, CodeType) or code.co_flags & GENERATES:
        return True
    from opcode import opmap, opname

    instructions = code.co_code
    ends_with_none = False
    labels: list[int] | None = None
    extended, constants = opmap["EXTENDED_ARG"], code.co_consts
    previous: tuple[str, int] = ("", 0)
    argument = 0
    for at in range(0, len(instructions), 2):
        opcode = instructions[at]
        argument = argument << 8 | instructions[at + 1]
        if opcode == extended:
            continue
        name = opname[opcode]
        if name == "RETURN_CONST":
            if constants[argument] is not None:
                return True
            ends_with_none = True
        elif name == "RETURN_VALUE":
            if previous[0] != "LOAD_CONST" or constants[previous[1]] is not None:
                return True
            # `a and None` reaches the return by a jump, with a on the stack.
            labels = find_labels(instructions) if labels is None else labels
            if at in labels:
                return True
            ends_with_none = True
        previous, argument = (name, argument), 0
    return not ends_with_none


def find_labels(instructions: bytes) -> list[int]:
    from dis import findlabels

    labels: list[int] = findlabels(instructions)  # type: ignore[arg-type]  # it takes bytecode, says its docstring
    return labels


def pickled_any() -> Any:
    from importlib import import_module

    # The type lies above this layer, and stands for an annotation that the user could have written.
    return import_module("fletching.types.pickled").Pickled[Any]


@cache
def output_class(name: str, fields: tuple[str, ...]) -> type[tuple[Any, ...]]:
    """Return the named tuple class for outputs, the same one for the same names; its values can be pickled."""
    base = namedtuple(name, fields)  # type: ignore[misc]  # the name is only known at run time

    def reduce(self: tuple[Any, ...]) -> tuple[object, ...]:
        return rebuild_output, (name, fields, tuple(self))

    return type(name, (base,), {"__slots__": (), "__reduce__": reduce, "__module__": __name__})


def rebuild_output(name: str, fields: tuple[str, ...], values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a value of `output_class` from its pickle."""
    return output_class(name, fields)(*values)
