"""A dataclass that says to mashumaro how it is written crosses in that form, as it does with flytekit 1.16.31."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, Optional, Union

import pytest
from mashumaro import field_options
from mashumaro.config import BaseConfig
from mashumaro.mixins.json import DataClassJSONMixin
from mashumaro.types import Alias, Discriminator

from fletching import FlyteFile, task
from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.extend import transformer
from fletching.types.plain import unpack


@dataclass
class Aliased(DataClassJSONMixin):
    first: int = field(metadata=field_options(alias="First"))
    second: Annotated[int, Alias("Second")] = 2
    file: Optional[FlyteFile] = None

    class Config(BaseConfig):
        serialize_by_alias = True


@dataclass
class PlainAliased:
    first: int
    data: bytes = b"a"

    class Config(BaseConfig):
        serialize_by_alias = True
        aliases = {"first": "First"}


@dataclass
class Sparse(DataClassJSONMixin):
    name: Optional[str] = None
    size: int = 3

    class Config(BaseConfig):
        omit_none = True
        omit_default = True


@dataclass
class Doubled(DataClassJSONMixin):
    number: int = field(metadata={"serialize": lambda number: number * 2, "deserialize": lambda number: number // 2})
    note: str = field(default="", metadata={"serialize": "omit"})


@dataclass
class Yearly(DataClassJSONMixin):
    when: datetime

    class Config(BaseConfig):
        serialization_strategy = {
            datetime: {"serialize": lambda when: str(when.year), "deserialize": lambda text: datetime(int(text), 1, 1)}
        }


@dataclass
class Shape(DataClassJSONMixin):
    class Config(BaseConfig):
        discriminator = Discriminator(field="kind", include_subtypes=True)


@dataclass
class Circle(Shape):
    kind: Literal["circle"] = "circle"
    radius: int = 1


@dataclass
class Square(Shape):
    kind: Literal["square"] = "square"
    side: int = 1


@dataclass
class Drawing:
    shape: Shape
    more: list[Shape]
    aliased: Aliased


@dataclass
class Noted:
    either: Annotated[Union[Circle, Square], Discriminator(field="kind", include_supertypes=True)]


@dataclass
class Hooked(DataClassJSONMixin):
    number: int

    def __post_serialize__(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"number": data["number"] + 1}

    @classmethod
    def __pre_deserialize__(cls, data: dict[str, Any]) -> dict[str, Any]:
        return {"number": data["number"] - 1}


@dataclass
class OwnJson(DataClassJSONMixin):
    number: int

    def to_json(self, *args: Any, **kwargs: Any) -> str:
        return '{"number": 77}'


@dataclass
class Silent(DataClassJSONMixin):
    first: int = field(metadata=field_options(alias="First"))


@dataclass
class Raw:
    data: bytes


@dataclass
class Packed(DataClassJSONMixin):
    data: bytes
    more: dict[str, list[Raw]] = field(default_factory=dict)


@dataclass
class Holder(DataClassJSONMixin):
    more: dict[str, list[Raw]]


CASES = [
    (Aliased, Aliased(1), {"First": 1, "Second": 2, "file": None}, Aliased(1)),
    (Aliased, Aliased(1, 3, FlyteFile("s3://b/x")), {"First": 1, "Second": 3, "file": {"path": "s3://b/x"}}, ...),
    (PlainAliased, PlainAliased(1), {"First": 1, "data": b"a"}, PlainAliased(1)),
    (Sparse, Sparse(), {}, Sparse()),
    (Sparse, Sparse("a"), {"name": "a"}, Sparse("a")),
    (Doubled, Doubled(4, "lost"), {"number": 8}, Doubled(4)),
    (Yearly, Yearly(datetime(2020, 5, 1)), {"when": "2020"}, Yearly(datetime(2020, 1, 1))),
    (Shape, Circle(radius=5), {"kind": "circle", "radius": 5}, Circle(radius=5)),
    (Circle, Circle(radius=5), {"kind": "circle", "radius": 5}, Circle(radius=5)),
    (
        Drawing,
        Drawing(Circle(), [Square(side=4)], Aliased(1)),
        {
            "shape": {"kind": "circle", "radius": 1},
            "more": [{"kind": "square", "side": 4}],
            "aliased": {"First": 1, "Second": 2, "file": None},
        },
        ...,
    ),
    (Noted, Noted(Square()), {"either": {"kind": "square", "side": 1}}, Noted(Square())),
    (Hooked, Hooked(4), {"number": 5}, Hooked(4)),
    # What JSON has no form for is text there, also in a dataclass within; flytekit refuses bytes.
    (Packed, Packed(b"x"), {"data": "eA==\n", "more": {}}, Packed(b"x")),
    (Holder, Holder({"a": [Raw(b"x")]}), {"more": {"a": [{"data": "eA==\n"}]}}, ...),
    (Raw, Raw(b"x"), {"data": b"x"}, Raw(b"x")),
    (OwnJson, OwnJson(4), {"number": 77}, OwnJson(77)),
    # Without serialize_by_alias flytekit writes the same, and cannot read it.
    (Silent, Silent(1), {"first": 1}, Silent(1)),
]


@pytest.mark.parametrize(("kind", "value", "data", "back"), CASES)
def test_what_is_written_and_what_arrives(kind: Any, value: Any, data: Any, back: Any) -> None:
    way = transformer(kind)
    literal = way.to_literal(value)
    assert unpack(literal.scalar.binary.value) == data
    assert way.to_python(literal) == way.carry(value) == (value if back is ... else back)


def test_the_schema_has_the_names_and_forms_that_are_written() -> None:
    schema = transformer(Aliased).json_schema()
    assert list(schema["properties"]) == ["First", "Second", "file"]
    assert schema["required"] == ["First"]
    assert set(transformer(Aliased).literal_type().structure.dataclass_type) == {"file", "first", "second"}
    assert list(transformer(PlainAliased).json_schema()["properties"]) == ["First", "data"]
    assert transformer(Doubled).json_schema()["properties"]["number"] == {}
    assert transformer(Doubled).json_schema()["properties"]["note"]["type"] == "string"
    assert transformer(Yearly).json_schema()["properties"] == {"when": {}}


def test_a_call_gives_what_arrives() -> None:
    @task
    def same(shape: Shape) -> Shape:
        return shape

    assert same(shape=Square(side=2)) == Square(side=2)


def test_what_the_class_refuses_is_an_error_with_its_reason() -> None:
    way = transformer(Aliased)
    with pytest.raises(ConversionError, match='MissingField: Field "first" of type int is missing'):
        way.from_plain({"first": 1})
    with pytest.raises(ConversionError, match="expected Aliased, got int 3"):
        way.to_plain(3)
    assert way.to_plain({"first": 1}) == {"First": 1, "Second": 2, "file": None}


def test_without_mashumaro_such_a_class_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass
    class Renamed:
        number: int = field(metadata={"serialize": str})

    monkeypatch.setitem(sys.modules, "mashumaro.codecs.msgpack", None)
    with pytest.raises(
        UnsupportedTypeError, match=r"by the 'serialize' of its field 'number' .* install mashumaro, or"
    ):
        transformer(Renamed)
