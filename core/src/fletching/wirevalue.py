"""What every value with a wire form can do besides: bytes, and two texts for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from google.protobuf.message import Message

__all__ = ["WireValue"]


class WireValue:
    """A value that has ``to_flyte_idl``."""

    __slots__ = ()

    def to_flyte_idl(self) -> Any:
        """Return the wire form."""
        raise NotImplementedError

    @property
    def is_empty(self) -> bool:
        """Whether the wire form says nothing."""
        message: Message = self.to_flyte_idl()
        return message.ByteSize() == 0

    def serialize_to_string(self) -> bytes:
        """Return the bytes of the wire form."""
        message: Message = self.to_flyte_idl()
        return message.SerializeToString(deterministic=True)

    def short_string(self) -> str:
        """Return the class and the wire form, indented, as text for people."""
        message: Message = self.to_flyte_idl()
        text = str(message).rstrip()
        lines = "".join(f"\n  {line}" for line in text.splitlines()) if text else ""
        return f"{type(self).__name__}:{lines}"

    def verbose_string(self) -> str:
        """Return the wire form as protobuf text, one field a line."""
        return str(self.to_flyte_idl())
