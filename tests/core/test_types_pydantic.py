"""Pydantic models: the law, validation when read, and the messages."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Generic, Optional, TypeVar

import pytest
from flyteidl.core.literals_pb2 import Literal
from hypothesis import given
from hypothesis import strategies as st

from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.types.engine import transformer
from fletching.types.files import FlyteDirectory, FlyteFile

pydantic = pytest.importorskip("pydantic")
T = TypeVar("T")


class Color(Enum):
    RED = "red"


class Part(pydantic.BaseModel):
    x: int
    y: Optional[float] = None


class Model(pydantic.BaseModel):
    parts: list[Part]
    when: datetime
    color: Color = Color.RED
    by_name: dict[str, int] = pydantic.Field(default_factory=dict, alias="byName")
    number: float = 0.0

    model_config = pydantic.ConfigDict(populate_by_name=False)


class Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=True, extra="forbid", frozen=True)
    when: datetime
    a: int

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def twice(self) -> int:
        return self.a * 2


class Checked(pydantic.BaseModel):
    low: int
    high: int

    @pydantic.model_validator(mode="after")
    def in_order(self) -> Checked:
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


class Held(pydantic.BaseModel, Generic[T]):
    value: T


class Tree(pydantic.BaseModel):
    value: int
    children: list[Tree] = []


class Files(pydantic.BaseModel):
    file: FlyteFile
    folder: Optional[FlyteDirectory] = None


PARTS = st.builds(Part, x=st.integers(-(1 << 63), (1 << 63) - 1), y=st.none() | st.floats(allow_nan=False))
MODELS = st.builds(
    Model,
    parts=st.lists(PARTS, max_size=2),
    when=st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    byName=st.dictionaries(st.text(max_size=3), st.integers(0, 9), max_size=2),
    number=st.floats(allow_nan=False),
)


def obeys(annotation: Any, value: Any) -> Any:
    kind = transformer(annotation)
    carried = kind.carry(value)
    assert carried == kind.to_python(kind.to_literal(value))
    return carried


@given(MODELS)
def test_law(value: Model) -> None:
    carried = obeys(Model, value)
    assert carried == value
    assert carried is not value
    assert carried.parts is not value.parts


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (Strict, Strict(when=datetime(2020, 1, 1), a=1)),
        (Held[int], Held[int](value=1)),
        (Tree, Tree(value=1, children=[Tree(value=2)])),
        (list[Part], [Part(x=1)]),
        (Optional[Part], Part(x=1)),
    ],
)
def test_law_of_special_models(annotation: Any, value: Any) -> None:
    assert obeys(annotation, value) == value


def test_a_model_inside_a_model_of_files(tmp_path: Path) -> None:
    place = tmp_path / "a.txt"
    place.write_text("x")
    value = Files(file=FlyteFile(str(place), metadata={"k": "v"}), folder=FlyteDirectory("s3://bucket/d"))
    carried = obeys(Files, value)
    assert Path(carried.file).read_text() == "x"
    assert carried.file.metadata == {"k": "v"}
    assert carried.folder.remote_source == "s3://bucket/d"
    assert Files.model_validate({"file": str(place)}).file == str(place)
    with pytest.raises(ConversionError, match="which does not exist"):
        transformer(Files).carry(Files(file=FlyteFile(str(tmp_path / "none"))))


def test_a_subclass_and_a_dict() -> None:
    class More(Part):
        z: int = 3

    assert type(obeys(Part, More(x=1))) is Part
    assert obeys(Part, {"x": 1}) == Part(x=1)


def test_the_old_struct_form_is_read() -> None:
    literal = Literal()
    literal.scalar.generic.update({"x": 3.0, "y": 4})
    assert transformer(Part).to_python(literal) == Part(x=3, y=4.0)


@pytest.mark.parametrize(
    ("annotation", "value", "message"),
    [
        (Part, 3, "expected Part, got int 3"),
        (Part, {"y": 1.0}, "expected Part, got dict {'y': 1.0} ('x' is missing)"),
        (
            Part,
            {"x": "a"},
            "value.x: expected a valid integer, unable to parse string as an integer, got str 'a'",
        ),
        (
            Checked,
            Checked.model_construct(low=2, high=1),
            "expected Checked, got dict {'high': 1, 'low': 2} (Value error, low is above high)",
        ),
    ],
)
def test_what_does_not_fit(annotation: Any, value: Any, message: str) -> None:
    kind = transformer(annotation)
    with pytest.raises(ConversionError) as caught:
        kind.carry(value)
    assert str(caught.value) == message
    with pytest.raises(ConversionError) as caught:
        kind.to_python(kind.to_literal(value))
    assert str(caught.value) == message


def test_a_field_that_was_set_to_another_type() -> None:
    value = Part.model_construct(x="a")
    for method in (transformer(Part).carry, transformer(Part).to_literal):
        with pytest.raises(ConversionError, match="expected Part, got Part Part\\(x='a', y=None\\)"):
            method(value)


class Failing(pydantic.BaseModel):
    a: int

    @pydantic.field_validator("a")
    @classmethod
    def fails(cls, value: int, info: pydantic.ValidationInfo) -> int:
        if info.context:
            raise OSError("no disk") if value else ConversionError("a disk", "none")
        return value

    @pydantic.field_serializer("a", when_used="json")
    def written(self, value: int) -> int:
        if value > 1:
            raise OSError("no paper") if value > 2 else ConversionError("paper", "none")
        return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1, "expected Failing, got dict {'a': 1} (OSError: no disk)"),
        (0, "value.a: expected Failing, got int 0 (Value error, expected a disk, got none)"),
        (
            2,
            (
                "expected Failing, got Failing Failing(a=2) "
                "(Error calling function `written`: ConversionError: expected paper, got none)"
            ),
        ),
        (3, "expected Failing, got Failing Failing(a=3) (Error calling function `written`: OSError: no paper)"),
    ],
)
def test_what_the_code_of_a_model_raises(value: int, message: str) -> None:
    with pytest.raises(ConversionError) as caught:
        transformer(Failing).carry(Failing(a=value))
    assert str(caught.value) == message


def test_more_than_one_error_and_fields_only_pydantic_knows() -> None:
    class Wide(pydantic.BaseModel):
        a: int
        b: int
        link: Optional[pydantic.AnyUrl] = None

    made = transformer(Wide)
    with pytest.raises(ConversionError) as caught:
        made.from_plain({"a": [], "b": []})
    assert str(caught.value) == "value.a: expected a valid integer, got list [] (and 1 more)"
    assert set(made.literal_type().structure.dataclass_type) == {"a", "b"}
    with pytest.raises(ConversionError, match="Object of type bytes is not JSON serializable"):
        made.from_plain({"a": b"x"})
    value = Wide(a=1, b=2, link="https://example.org")  # type: ignore[arg-type]
    assert obeys(Wide, value) == value


def test_a_model_that_is_not_defined() -> None:
    class Broken(pydantic.BaseModel):
        a: Nowhere  # type: ignore[name-defined]

    with pytest.raises(UnsupportedTypeError, match="cannot be validated by pydantic"):
        transformer(Broken)


def test_wire_type_of_a_model_that_contains_itself() -> None:
    made = transformer(Tree).literal_type()
    assert made.metadata["$defs"]["Tree"]["title"] == "Tree"
    assert not made.structure.dataclass_type["children"].collection_type.structure.dataclass_type
