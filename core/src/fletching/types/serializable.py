"""How our classes stand in the JSON of a dataclass that has mashumaro's mixin: as they do on the wire."""

from __future__ import annotations

import sys
from abc import ABCMeta
from typing import Any, Self

__all__ = ["Serializable"]


class _Meta(ABCMeta):
    """Lets mashumaro find its own base class in ours, which do not need it.

    It takes a class of others for serializable if that inherits from its ``SerializableType``, and for nothing else.
    Before it looks, it asks the class for its origin, so that is when the base is added: mashumaro is there then.
    """

    def __getattr__(cls, name: str) -> Any:
        theirs = sys.modules.get("mashumaro.types") if name == "__origin__" else None
        if theirs is not None and Serializable.__bases__ != (theirs.SerializableType,):
            Serializable.__bases__ = (theirs.SerializableType,)
        raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")


class _Alone:
    """What is inherited from until then: the bases of a class that has none but object cannot be changed."""

    __slots__ = ()


class Serializable(_Alone, metaclass=_Meta):
    """Base of a class whose values a dataclass with mashumaro's mixin may hold: ``to_json`` writes their plain form."""

    __slots__ = ()

    def _serialize(self) -> Any:
        from fletching.types.engine import transformer

        return transformer(type(self)).to_plain(self)

    @classmethod
    def _deserialize(cls, value: Any) -> Self:
        from fletching.types.engine import transformer

        kind = transformer(cls)
        made: Self = kind.from_plain(value) if isinstance(value, dict) else kind.carry(value)
        return made
