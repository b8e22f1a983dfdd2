"""Types and values that come as text, each made and converted on both sides."""

import dataclasses
import typing
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from uuid import UUID


class Color(Enum):
    RED = "red"
    GREEN = "green"


class Level(Enum):
    LOW = "low"


class Number(IntEnum):
    ONE = 1
    TWO = 2


def scope():
    """Return the names that the texts use."""
    # typing keeps what it made: List[Union[int, str]] would be what another test wrote as List[Union[str, int]].
    for forget in typing._cleanups:
        forget()
    made = {}

    def record(name, **fields):
        """Return a dataclass with these fields, the same one for each mention; a pair is a type and a default."""
        key = (name, tuple((field, str(kind)) for field, kind in fields.items()))
        if key not in made:
            parts = []
            for field, kind in fields.items():
                if isinstance(kind, tuple):
                    default = kind[1]
                    parts.append((field, kind[0], dataclasses.field(default_factory=lambda default=default: default)))
                else:
                    parts.append((field, kind))
            made[key] = dataclasses.make_dataclass(name, parts)
            made[key].__module__ = __name__
            globals()[name] = made[key]
        return made[key]

    def model(name, **fields):
        from pydantic import create_model

        key = ("model", name, tuple((field, str(kind)) for field, kind in fields.items()))
        if key not in made:
            made[key] = create_model(name, **{field: (kind, ...) for field, kind in fields.items()})
        return made[key]

    names = {"typing": typing, "Iterator": Iterator, "datetime": datetime, "date": date, "timedelta": timedelta}
    names |= {"Decimal": Decimal, "UUID": UUID}
    return names | {
        "timezone": timezone,
        "Color": Color,
        "Level": Level,
        "Number": Number,
        "record": record,
        "model": model,
    }


def convert(given):
    """Convert each of (type, value, their literal): return the type, the literal and what both literals are read as."""
    from flyteidl.core.literals_pb2 import Literal as Message
    from flytekit.core.context_manager import FlyteContextManager
    from flytekit.core.type_engine import TypeEngine
    from flytekit.models.literals import Literal
    from literal_canon import canon

    context, names, said = FlyteContextManager.current_context(), scope(), []

    def read(data, kind):
        try:
            return canon(TypeEngine.to_python_value(context, Literal.from_flyte_idl(Message.FromString(data)), kind))
        except Exception as error:
            return f"{type(error).__name__}: {error}"

    for annotation, value, theirs in given:
        try:
            kind = eval(annotation, names)
            literal_type = TypeEngine.to_literal_type(kind)
            literal = TypeEngine.to_literal(context, eval(value, names), kind, literal_type).to_flyte_idl()
            literal_type = literal_type.to_flyte_idl()
        except Exception as error:
            said.append({"failed": f"{type(error).__name__}: {error}"})
            continue
        data = literal.SerializeToString(deterministic=True)
        said.append(
            {
                "type": literal_type.SerializeToString(deterministic=True),
                "literal": data,
                "own": read(data, kind),
                "theirs": read(theirs, kind) if theirs else None,
            }
        )
    return said
