"""What a task is for, in its author's words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from fletching.frozen import check_text, refuse, set_field
from fletching.wirevalue import WireValue

if TYPE_CHECKING:
    from flyteidl.admin import description_entity_pb2

    from fletching.docstring import Docstring

__all__ = ["Description", "DescriptionFormat", "Documentation", "SourceCode", "completed"]


class DescriptionFormat(IntEnum):
    """The markup of a description."""

    UNKNOWN = 0
    MARKDOWN = 1
    HTML = 2
    RST = 3


Markup: TypeAlias = DescriptionFormat
"""The same; its own name means an attribute inside of the class that has it."""


@dataclass(frozen=True)
class Description(WireValue):
    """A long description: its text, or where it can be read."""

    DescriptionFormat: ClassVar = DescriptionFormat

    value: str | None = None
    uri: str | None = None
    icon_link: str | None = None
    format: Markup = Markup.RST

    def __post_init__(self) -> None:
        check_text(self, "value", "uri", "icon_link", optional=True)
        if self.value and self.uri:
            refuse(self, "uri", self.uri, "None because value is given; a description is text or a place, not both")
        try:
            set_field(self, "format", DescriptionFormat(self.format))
        except ValueError:
            known = ", ".join(f"DescriptionFormat.{one.name}" for one in DescriptionFormat)
            refuse(self, "format", self.format, known)

    def to_flyte_idl(self) -> description_entity_pb2.Description:
        """Return the wire form."""
        from flyteidl.admin import description_entity_pb2

        message = description_entity_pb2.Description(icon_link=self.icon_link or "")
        # Open enums take any number; the stubs want the generated type.
        message.format = description_entity_pb2.DescriptionFormat.ValueType(self.format)
        if self.value:
            message.value = self.value
        elif self.uri:
            message.uri = self.uri
        return message

    @classmethod
    def from_flyte_idl(cls, pb2_object: description_entity_pb2.Description) -> Description:
        """Return the value of a wire form."""
        return cls(
            pb2_object.value or None,
            pb2_object.uri or None,
            pb2_object.icon_link or None,
            DescriptionFormat(pb2_object.format),
        )


@dataclass(frozen=True)
class SourceCode(WireValue):
    """Where the code of a task can be read."""

    link: str | None = None

    def __post_init__(self) -> None:
        check_text(self, "link", optional=True)

    def to_flyte_idl(self) -> description_entity_pb2.SourceCode:
        """Return the wire form."""
        from flyteidl.admin import description_entity_pb2

        return description_entity_pb2.SourceCode(link=self.link or "")

    @classmethod
    def from_flyte_idl(cls, pb2_object: description_entity_pb2.SourceCode) -> SourceCode:
        """Return the value of a wire form."""
        return cls(pb2_object.link or None)


@dataclass(frozen=True)
class Documentation(WireValue):
    """The description of a task: one line, a long text, and a link to the code."""

    short_description: str | None = None
    long_description: Description | None = None
    source_code: SourceCode | None = None

    def __post_init__(self) -> None:
        check_text(self, "short_description", optional=True)
        if self.long_description is not None and not isinstance(self.long_description, Description):
            refuse(self, "long_description", self.long_description, "a Description or None")
        if self.source_code is not None and not isinstance(self.source_code, SourceCode):
            refuse(self, "source_code", self.source_code, "a SourceCode or None")

    def to_flyte_idl(self) -> description_entity_pb2.DescriptionEntity:
        """Return the wire form, ``flyteidl.admin.DescriptionEntity``."""
        from flyteidl.admin import description_entity_pb2

        return description_entity_pb2.DescriptionEntity(
            short_description=self.short_description or "",
            long_description=self.long_description.to_flyte_idl() if self.long_description else None,
            source_code=self.source_code.to_flyte_idl() if self.source_code else None,
        )

    @classmethod
    def from_flyte_idl(cls, pb2_object: description_entity_pb2.DescriptionEntity) -> Documentation:
        """Return the value of a wire form."""
        has = pb2_object.HasField
        return cls(
            pb2_object.short_description or None,
            Description.from_flyte_idl(pb2_object.long_description) if has("long_description") else None,
            SourceCode.from_flyte_idl(pb2_object.source_code) if has("source_code") else None,
        )


def completed(given: Documentation | None, docstring: Docstring | None) -> Documentation | None:
    """Return a documentation in which the docstring fills what is empty; None if there is neither."""
    if docstring is None:
        return given
    long = docstring.long_description
    if given is None:
        # As flytekit: what is read from a docstring has a long description, if only with its format.
        return Documentation(docstring.short_description, Description(value=long))
    return Documentation(
        short_description=given.short_description or docstring.short_description,
        long_description=given.long_description or (Description(value=long) if long else None),
        source_code=given.source_code,
    )
