"""The typed inputs and outputs of a task: `inspect.signature`, reduced to what crosses a boundary."""

from __future__ import annotations

import keyword
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NoReturn, Union, get_args, get_origin

from fletching.errors import InterfaceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from fletching.docstring import Docstring

__all__ = ["MISSING", "Interface", "accepts_none"]


class _Missing:
    """The type of `MISSING`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __reduce__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()
"""Stands for "no default" where None could be one."""

POSITIONAL_ONLY: Final = "positional_only"
POSITIONAL_OR_KEYWORD: Final = "positional_or_keyword"
KEYWORD_ONLY: Final = "keyword_only"


class Interface:
    """Typed inputs and outputs. It never changes: `with_inputs`, `with_outputs` and `remove_inputs` return new ones.

    Args:
        inputs: name to type, or name to ``(type, default)``. `MISSING` as default means none; so does None,
            unless the type accepts None.
        outputs: name to type.
        output_tuple_name: the name of the named tuple that holds the outputs.
        docstring: what describes the inputs and outputs.
    """

    __slots__ = ("_defaults", "_doc", "_inputs", "_kinds", "_output_class", "_outputs", "_tuple_name")

    _inputs: dict[str, Any]
    _defaults: dict[str, Any]
    _kinds: dict[str, str]
    _outputs: dict[str, Any]
    _tuple_name: str
    _output_class: type[tuple[Any, ...]] | None
    _doc: Docstring | Callable[..., Any] | None

    def __init__(
        self,
        inputs: Mapping[str, Any] | None = None,
        outputs: Mapping[str, Any] | None = None,
        output_tuple_name: str | None = None,
        docstring: Docstring | None = None,
    ) -> None:
        types, defaults = _split_defaults(inputs)
        tuple_name = output_tuple_name or ""
        if tuple_name and not _is_name(tuple_name):
            raise InterfaceError(f"output_tuple_name is {output_tuple_name!r}, expected a Python identifier or None")
        self._fill(types, defaults, _kinds_of(types, defaults), _checked_outputs(outputs), tuple_name, None, docstring)

    def _fill(
        self,
        inputs: dict[str, Any],
        defaults: dict[str, Any],
        kinds: dict[str, str],
        outputs: dict[str, Any],
        tuple_name: str,
        output_class: type[tuple[Any, ...]] | None,
        doc: Docstring | Callable[..., Any] | None,
    ) -> None:
        for name, value in zip(
            self.__slots__, (defaults, doc, inputs, kinds, output_class, outputs, tuple_name), strict=True
        ):
            object.__setattr__(self, name, value)

    @classmethod
    def _make(cls, *parts: Any) -> Interface:
        interface = cls.__new__(cls)
        interface._fill(*parts)
        return interface

    @classmethod
    def from_function(
        cls, fn: Callable[..., Any], *, pickle_untyped: bool = False, check_return: bool = True
    ) -> Interface:
        """Return the interface that a function's signature declares.

        Args:
            fn: its annotations are evaluated where it was written; ``functools.wraps`` is followed.
            pickle_untyped: give what has no annotation the type ``Pickled[Any]`` instead of refusing it.
            check_return: refuse a function that declares an output and can only return None.

        Raises:
            MissingTypeError: a parameter has no annotation.
            MissingReturnError: an output is declared, and no path through the function returns a value.
            InterfaceError: anything else that cannot be an interface: ``*args``, ``tuple[int, ...]``, an unknown name.
        """
        from fletching.signatures import read_function

        return cls._make(*read_function(fn, pickle_untyped=pickle_untyped, check_return=check_return))

    @property
    def inputs(self) -> Mapping[str, Any]:
        """Name to type, in order; read-only."""
        return MappingProxyType(self._inputs)

    @property
    def defaults(self) -> Mapping[str, Any]:
        """Name to default, only for inputs that have one; None is a default like any other."""
        return MappingProxyType(self._defaults)

    @property
    def kinds(self) -> Mapping[str, str]:
        """Name to ``positional_only``, ``positional_or_keyword`` or ``keyword_only``.

        Together with `defaults` they always make a signature that Python accepts.
        """
        return MappingProxyType(self._kinds)

    @property
    def inputs_with_defaults(self) -> Mapping[str, tuple[Any, Any]]:
        """Name to ``(type, default)``, None where there is none; `defaults` tells the two apart."""
        return {name: (python_type, self._defaults.get(name)) for name, python_type in self._inputs.items()}

    @property
    def default_inputs_as_kwargs(self) -> dict[str, Any]:
        """The defaults that are not None, ready to be passed on."""
        return {name: value for name, value in self._defaults.items() if value is not None}

    @property
    def outputs(self) -> Mapping[str, Any]:
        """Name to type, in order; read-only."""
        return MappingProxyType(self._outputs)

    @property
    def output_names(self) -> list[str] | None:
        """The names of the outputs, or None if there are none."""
        return list(self._outputs) or None

    @property
    def output_tuple_name(self) -> str:
        """The class name of the named tuple that a function declares, or empty."""
        return self._tuple_name

    @property
    def output_tuple(self) -> type[tuple[Any, ...]] | None:
        """The named tuple class of the outputs: the user's own where there is one; None without outputs."""
        if self._output_class is not None or not self._outputs:
            return self._output_class
        from fletching.signatures import output_class

        return output_class(self._tuple_name or "DefaultNamedTupleOutput", tuple(self._outputs))

    @property
    def returns_tuple(self) -> bool:
        """Whether a call gives its outputs as a tuple: there are several, or they are declared as a named tuple."""
        return len(self._outputs) > 1 or bool(self._tuple_name)

    def named_outputs(self, value: Any) -> dict[str, Any]:
        """Return what a call returned as output name to value."""
        if self.returns_tuple:
            return dict(zip(self._outputs, value, strict=True))
        return dict.fromkeys(self._outputs, value)

    def returned(self, outputs: Mapping[str, Any]) -> Any:
        """Return outputs by name as a call returns them: None, the one value, or a named tuple; the inverse."""
        if not self._outputs:
            return None
        if self.returns_tuple:
            make: Any = self.output_tuple
            return make(*(outputs[name] for name in self._outputs))
        return outputs[next(iter(self._outputs))]

    @property
    def docstring(self) -> Docstring | None:
        """What describes the inputs and outputs, or None; parsed when first read."""
        doc = self._doc
        if callable(doc):
            from fletching.docstring import Docstring

            doc = Docstring(callable_=doc) if doc.__doc__ else None
            object.__setattr__(self, "_doc", doc)
        return doc

    def remove_inputs(self, vars: Iterable[str] | None = None) -> Interface:  # the seed names it vars
        """Return an interface without these inputs; names it does not have are ignored."""
        if not vars:
            return self
        gone = {vars} if isinstance(vars, str) else set(vars)
        inputs = {name: python_type for name, python_type in self._inputs.items() if name not in gone}
        defaults = {name: value for name, value in self._defaults.items() if name not in gone}
        kinds = {name: kind for name, kind in self._kinds.items() if name not in gone}
        return self._copy(inputs, defaults, kinds, self._outputs)

    def with_inputs(self, extra_inputs: Mapping[str, Any]) -> Interface:
        """Return an interface with more inputs after the present ones; a value may be ``(type, default)``."""
        types, defaults = _split_defaults(extra_inputs)
        _refuse_known("input", types, self._inputs)
        types, defaults = {**self._inputs, **types}, {**self._defaults, **defaults}
        return self._copy(types, defaults, _kinds_of(types, defaults, self._kinds), self._outputs)

    def with_outputs(self, extra_outputs: Mapping[str, Any]) -> Interface:
        """Return an interface with more outputs after the present ones.

        A named tuple keeps its name and gets the new fields; it is then no longer the class that the user wrote.
        """
        extra = _checked_outputs(extra_outputs)
        _refuse_known("output", extra, self._outputs)
        return self._copy(self._inputs, self._defaults, self._kinds, {**self._outputs, **extra})

    def _copy(
        self, inputs: dict[str, Any], defaults: dict[str, Any], kinds: dict[str, str], outputs: dict[str, Any]
    ) -> Interface:
        kept = self._output_class if len(outputs) == len(self._outputs) else None
        return self._make(inputs, defaults, kinds, outputs, self._tuple_name, kept, self._doc)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Interface):
            return NotImplemented
        return (
            list(self._inputs.items()) == list(other._inputs.items())
            and list(self._outputs.items()) == list(other._outputs.items())
            and self._tuple_name == other._tuple_name
            and self._kinds == other._kinds
            and self._defaults.keys() == other._defaults.keys()
            and all(_same(value, other._defaults[name]) for name, value in self._defaults.items())
        )

    def __hash__(self) -> int:
        # Types and defaults may be unhashable; equal interfaces still hash alike by their names.
        return hash((tuple(self._inputs), tuple(self._outputs), self._tuple_name))

    def __repr__(self) -> str:
        from inspect import formatannotation

        inputs = ", ".join(
            f"{name}: {formatannotation(python_type)}"
            + (f" = {self._defaults[name]!r}" if name in self._defaults else "")
            for name, python_type in self._inputs.items()
        )
        outputs = ", ".join(f"{name}: {formatannotation(python_type)}" for name, python_type in self._outputs.items())
        name = f" {self._tuple_name}" if self._tuple_name else ""
        return f"<Interface ({inputs}) ->{name} ({outputs})>"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(
            f"cannot set {name!r}: an Interface never changes; with_inputs and with_outputs return new ones"
        )

    def __delattr__(self, name: str) -> NoReturn:
        self.__setattr__(name, None)

    def __reduce__(self) -> tuple[Any, ...]:
        # A function stands in for its docstring only until someone asks; by then it may be hidden behind its task.
        doc = self.docstring
        parts = self._inputs, self._defaults, self._kinds, self._outputs, self._tuple_name, self._output_class, doc
        return type(self)._make, parts


def _split_defaults(inputs: Mapping[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    types: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    for name, given in (inputs or {}).items():
        if not _is_name(name):
            raise InterfaceError(f"input name {name!r} is not a Python identifier")
        python_type = given
        if isinstance(given, tuple):
            if len(given) != 2:
                raise InterfaceError(f"input {name!r} is {given!r}, expected a type or a pair of type and default")
            python_type, default = given
            if default is not MISSING and (default is not None or accepts_none(python_type)):
                defaults[name] = default
        types[name] = python_type
    return types, defaults


def _checked_outputs(outputs: Mapping[str, Any] | None) -> dict[str, Any]:
    for name in outputs or ():
        if not _is_name(name) or name.startswith("_"):
            raise InterfaceError(f"output name {name!r} is not a Python identifier without leading underscore")
    return dict(outputs or {})


def _kinds_of(types: dict[str, Any], defaults: dict[str, Any], known: dict[str, str] | None = None) -> dict[str, str]:
    """Give new inputs a kind: keyword-only from the first one on that Python could not bind by position."""
    kinds = dict(known or {})
    new = [name for name in types if name not in kinds]
    keyword_only = KEYWORD_ONLY in kinds.values()
    after_default = any(name in defaults for name in kinds)
    for name in new:
        after_default = after_default or name in defaults
        keyword_only = keyword_only or (after_default and name not in defaults)
        kinds[name] = KEYWORD_ONLY if keyword_only else POSITIONAL_OR_KEYWORD
    return kinds


def _refuse_known(what: str, extra: Iterable[str], known: Iterable[str]) -> None:
    for name in extra:
        if name in known:
            raise InterfaceError(f"{what} {name!r} is already there; choose another name")


def _is_name(name: object) -> bool:
    return isinstance(name, str) and name.isidentifier() and not keyword.iskeyword(name)


def _same(one: object, other: object) -> bool:
    try:
        return one is other or (type(one) is type(other) and bool(one == other))
    except Exception:  # noqa: BLE001 - an array has no single truth value; then only identity can say that they are equal
        return False


def accepts_none(annotation: Any) -> bool:
    """Return whether None is a value of the annotation, as far as it shows."""
    if annotation is None or annotation is type(None) or annotation is Any or annotation is object:
        return True
    origin = get_origin(annotation)
    if origin is Union or origin is _UnionType:
        return any(accepts_none(choice) for choice in get_args(annotation))
    return hasattr(annotation, "__metadata__") and accepts_none(annotation.__origin__)


_UnionType = type(int | str)
