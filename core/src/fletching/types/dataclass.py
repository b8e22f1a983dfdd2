"""Dataclasses: objects of named fields, MessagePack on the wire."""

from __future__ import annotations

import dataclasses
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple, get_origin

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.types.base import LENIENT, TypeTransformer
from fletching.types.display import preview, type_name
from fletching.types.members import check_keys, member_transformer, member_types
from fletching.types.schema import WireObject

if TYPE_CHECKING:
    from collections.abc import Callable

    from flyteidl.core.literals_pb2 import Literal
    from flyteidl.core.types_pb2 import LiteralType

__all__ = ["DataclassTransformer", "Member", "factory"]

ABSENT = object()
"""Stands for a field that ``__init__`` does not take and nobody has set."""

DEPTH = 16
"""How often a generic dataclass may stand inside itself, each time with other arguments."""

_being_made: ContextVar[tuple[type, ...]] = ContextVar("_being_made", default=())


class Member(NamedTuple):
    """One field and how its values cross."""

    name: str
    kind: TypeTransformer[Any]
    field: dataclasses.Field[Any]

    @property
    def required(self) -> bool:
        field = self.field
        return field.init and field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def factory(annotation: Any, extras: tuple[Any, ...]) -> TypeTransformer[Any] | None:
    """Return the transformer of a dataclass, or of a generic one with its arguments."""
    cls = get_origin(annotation) or annotation
    if not isinstance(cls, type) or not dataclasses.is_dataclass(cls):
        return None
    outer = _being_made.get()
    if outer.count(cls) >= DEPTH:
        raise RecursionError
    token = _being_made.set((*outer, cls))
    try:
        hints = member_types(annotation)
        members = [
            Member(field.name, member_transformer(annotation, field.name, hints[field.name]), field)
            for field in dataclasses.fields(cls)
        ]
    except RecursionError:
        if outer:
            raise
        raise UnsupportedTypeError(
            f"{type_name(annotation)} contains ever deeper forms of itself, and a type without end has no wire form; "
            f"pass a Pickled[{type_name(cls)}]"
        ) from None
    finally:
        _being_made.reset(token)
    _check_init_vars(cls)
    from fletching.types.mashumaro import SelfWrittenTransformer, says_how

    how = says_how(cls, hints)
    return (
        SelfWrittenTransformer(annotation, cls, members, how) if how else DataclassTransformer(annotation, cls, members)
    )


class DataclassTransformer(TypeTransformer[Any]):
    """Carries the instances of one dataclass.

    The other side calls the class with the fields that its ``__init__`` takes, so ``__post_init__`` runs there again,
    and then sets the others. An instance of a subclass arrives as the annotated class: the wire has only its fields.
    A dict of the same fields is taken for an instance. A field whose default is None may be None, whatever its type.
    """

    name = "Object-Dataclass-Transformer"

    def __init__(self, python_type: Any, cls: type, members: list[Member]) -> None:
        super().__init__(python_type)
        self.cls = cls
        self.members = members
        self.by_name = {member.name: member for member in members}
        self.expected = type_name(python_type)
        self.carry = _compile_carry(self)  # type: ignore[method-assign]  # one call less on the hot path

    def literal_type(self) -> LiteralType:
        from fletching.types.schema import field_types, schema_type

        return schema_type(self.json_schema(), field_types((member.name, member.kind) for member in self.members))

    def to_literal(self, value: Any, /) -> Literal:
        from fletching.types.wire import plain_literal

        return plain_literal(self.to_plain(value))

    def fill(self, literal: Literal, value: Any, /) -> None:
        from fletching.types.wire import plain_literal

        plain_literal(self.to_plain(value), literal)

    def to_python(self, literal: Literal, /) -> Any:
        from fletching.types.wire import read_larger

        return read_larger(self, literal)

    def carry(self, value: Any, /) -> Any:
        raise NotImplementedError  # replaced by compiled code in __init__

    def to_plain(self, value: Any, /) -> dict[str, Any]:
        if not isinstance(value, self.cls):
            value = self.adapt(value)
        data = {}
        for name, kind, field in self.members:
            item = getattr(value, name, ABSENT)
            if item is ABSENT:
                if field.init:
                    raise self.unset(value)
                continue
            if item is not None or field.default is not None:
                try:
                    item = kind.to_plain(item)
                except ConversionError as error:
                    error.at(f".{name}")
                    raise
            data[name] = item
        return data

    def from_plain(self, data: Any, /) -> Any:
        if type(data) is not dict:
            raise ConversionError(self.expected, preview(data))
        return self.make(data, lambda kind: kind.from_plain)

    def json_schema(self) -> dict[str, Any]:
        from fletching.types.schema import json_form, object_schema

        properties = {}
        for member in self.members:
            schema = member.kind.json_schema()
            default = member.field.default
            # A file as default would have to be stored first; the schema can do without it.
            if default is not dataclasses.MISSING and not hasattr(default, "remote_source"):
                try:
                    schema["default"] = None if default is None else json_form(member.kind.to_plain(default))
                except ConversionError:
                    pass
            if member.field.init:
                properties[member.name] = schema
        return object_schema(self.cls.__name__, properties, [member.name for member in self.members if member.required])

    def adapt(self, value: Any) -> Any:
        """Return the instance that something else stands for; refuse what is no dict of the fields."""
        if isinstance(value, dict):
            return self.make(value, lambda kind: kind.carry_plain)
        cls = type(value)
        if issubclass(self.cls, WireObject) and (dataclasses.is_dataclass(value) or hasattr(value, "model_fields")):
            from fletching.types.engine import field_transformer

            return self.from_plain(field_transformer(cls).to_plain(value))
        same = cls.__qualname__ == self.cls.__qualname__
        hint = "another class of the same name; was it defined twice?" if same else ""
        raise ConversionError(self.expected, preview(value), hint=hint)

    def make(self, data: dict[str, Any], reader: Callable[[TypeTransformer[Any]], Callable[[Any], Any]]) -> Any:
        """Return an instance made of a dict, each item converted by what ``reader`` gives for its field."""
        if LENIENT.get() and not data.keys() <= self.by_name.keys():
            data = {name: item for name, item in data.items() if name in self.by_name}
        check_keys(self.expected, data, self.by_name, [member.name for member in self.members if member.required])
        arguments: dict[str, Any] = {}
        later: dict[str, Any] = {}
        for name, item in data.items():
            _, kind, field = self.by_name[name]
            if item is not None or field.default is not None:
                try:
                    item = reader(kind)(item)
                except ConversionError as error:
                    error.at(f".{name}")
                    raise
            (arguments if field.init else later)[name] = item
        try:
            made = self.cls(**arguments)
        except Exception as error:
            raise self.refused(data, error) from error
        for name, item in later.items():
            object.__setattr__(made, name, item)
        return made

    def refused(self, value: Any, error: Exception) -> ConversionError:
        """Return the error for values that the class itself does not take."""
        return ConversionError(
            self.expected, preview(value), hint=f"{self.cls.__name__}() raised {type(error).__name__}: {error}"
        )

    def unset(self, value: Any) -> ConversionError:
        """Return the error for an instance that lacks a field."""
        gone = [member.name for member in self.members if member.field.init and not hasattr(value, member.name)]
        return ConversionError(self.expected, preview(value), hint=f"its field {gone[0]!r} is not set")


def _check_init_vars(cls: Any) -> None:
    for name, field in cls.__dataclass_fields__.items():
        is_init_var = field._field_type is dataclasses._FIELD_INITVAR  # type: ignore[attr-defined]  # fields() leaves them out
        if is_init_var and field.default is dataclasses.MISSING:
            raise UnsupportedTypeError(
                f"{type_name(cls)}.{name}: an InitVar is not kept, so the other side cannot call {cls.__name__}(); "
                "give it a default, or make it a field"
            )


def _compile_carry(owner: DataclassTransformer) -> Callable[[Any], Any]:
    """Generate `DataclassTransformer.carry`: one function without loops, tests inline where a transformer allows it."""
    names: dict[str, Any] = {"cls": owner.cls, "owner": owner, "ConversionError": ConversionError, "ABSENT": ABSENT}
    names["set_later"] = object.__setattr__
    read, convert, later = [], [], []
    for at, (name, kind, field) in enumerate(owner.members):
        names[f"carry{at}"] = kind.carry_plain
        read.append(f"f{at} = value.{name}" if field.init else f"f{at} = getattr(value, {name!r}, ABSENT)")
        tests = [kind.inline.format(v=f"f{at}")] if kind.inline else []
        if field.default is None:
            tests.insert(0, f"f{at} is None")
        if not field.init:
            tests.append(f"f{at} is ABSENT")
            later += [f"if f{at} is not ABSENT:", f"    set_later(made, {name!r}, f{at})"]
        step = [f"try: f{at} = carry{at}(f{at})", f"except ConversionError as error: error.at({'.' + name!r}); raise"]
        test = " or ".join(f"({test})" for test in tests)
        convert += [f"if not ({test}):", *(f"    {line}" for line in step)] if tests else step
    lines = ["if not isinstance(value, cls): value = owner.adapt(value)"]
    if read:
        lines += [
            "try:",
            *(f"    {line}" for line in read),
            "except AttributeError: raise owner.unset(value) from None",
        ]
    lines += [*convert, f"try: made = cls({_arguments(owner)})"]
    lines += ["except Exception as error: raise owner.refused(value, error) from error", *later, "return made"]
    text = "def carry(value, /):\n" + "\n".join(f"    {line}" for line in lines)
    exec(compile(text, f"<carry of {owner.expected}>", "exec"), names)  # noqa: S102 - only our own text is compiled
    made: Callable[[Any], Any] = names["carry"]
    return made


def _arguments(owner: DataclassTransformer) -> str:
    """Return the arguments of the class's call: by position, which is quicker, as long as that is certain."""
    own: Any = owner.cls.__dict__
    by_position = "__dataclass_params__" in own and own["__dataclass_params__"].init
    places = {member.name: at for at, member in enumerate(owner.members)}
    positional, named = [], []
    for name, field in owner.cls.__dataclass_fields__.items():  # type: ignore[attr-defined]  # it is a dataclass
        if name not in places:
            # An InitVar takes a place among the parameters; what follows it must be named. A ClassVar does not matter.
            by_position = False
        elif field.init and (field.kw_only or not by_position):
            named.append(f"{name}=f{places[name]}")
        elif field.init:
            positional.append(f"f{places[name]}")
    return ", ".join((*positional, *named))
