"""Columns within columns: declared by a dict or a dataclass, checked, and no more of them read than was asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from flyteidl.core.literals_pb2 import Literal
from hypothesis import given
from hypothesis import strategies as st

import fletching
from fletching.errors import ConversionError, UnsupportedTypeError
from fletching.types.annotations import kwtypes
from fletching.types.engine import transformer
from fletching_arrow import StructuredDataset

GOLDEN = Path(__file__).parent / "golden"
ROWS = [
    {"name": "ada", "info": {"age": 36, "contacts": {"tel": "1", "mail": "a@b"}}, "marks": [1, 2]},
    {"name": "bob", "info": {"age": 7, "contacts": {"tel": "2", "mail": None}}, "marks": []},
]
FRAMES = [pd.DataFrame(ROWS), pl.DataFrame(ROWS), pa.Table.from_pylist(ROWS)]
TEL = kwtypes(info={"contacts": {"tel": str}})
ONLY_TEL = [{"info": {"contacts": {"tel": "1"}}}, {"info": {"contacts": {"tel": "2"}}}]


@dataclass
class Contacts:
    tel: str
    mail: str


@dataclass
class Info:
    age: int
    contacts: Contacts


@dataclass
class Person:
    name: str
    info: Info
    marks: list[int]


@dataclass
class Parent:
    child: Parent


def rows(frame: Any) -> Any:
    """Return any kind of frame as rows."""
    if isinstance(frame, pd.DataFrame):
        return frame.to_dict("records")
    return frame.to_dicts() if isinstance(frame, pl.DataFrame) else frame.to_pylist()


def written_by_flytekit(name: str) -> Literal:
    literal = Literal.FromString((GOLDEN / name / "literal.pb").read_bytes())
    dataset = literal.scalar.structured_dataset
    dataset.uri = dataset.uri.replace("@", str(GOLDEN / name))
    return literal


def column_names(annotation: Any) -> list[str]:
    return [one.name for one in transformer(annotation).literal_type().structured_dataset_type.columns]


@pytest.mark.parametrize("frame", FRAMES, ids=["pandas", "polars", "arrow"])
def test_only_the_declared_inner_columns_cross(frame: Any) -> None:
    way = transformer(Annotated[type(frame), TEL])
    plain = transformer(type(frame))
    for back in (way.carry(frame), way.to_python(way.to_literal(frame)), way.to_python(plain.to_literal(frame))):
        assert rows(back) == ONLY_TEL


@pytest.mark.parametrize("name", ["parquet", "arrow", "feather"])
def test_a_dataset_is_opened_with_the_inner_columns_its_annotation_asks_for(name: str) -> None:
    @fletching.task
    def numbers(people: Annotated[StructuredDataset, TEL]) -> list[str]:
        first = people.open(pa.Table).all().to_pylist()
        chunks = [row for chunk in people.open(pa.Table).iter() for row in chunk.to_pylist()]
        assert first == chunks == ONLY_TEL
        return [row["info"]["contacts"]["tel"] for row in first]

    people = StructuredDataset(dataframe=FRAMES[2], file_format=name)
    assert numbers(people=people) == ["1", "2"]
    literal = transformer(StructuredDataset).to_literal(people)
    opened = transformer(Annotated[StructuredDataset, TEL]).to_python(literal).open(pd.DataFrame)
    assert rows(opened.all()) == [row for chunk in opened.iter() for row in rows(chunk)] == ONLY_TEL


def test_what_flytekit_wrote_is_read_in_part() -> None:
    way = transformer(Annotated[pa.Table, TEL])
    for name in ("pandas_nested", "dataset_dataclass"):
        assert way.to_python(written_by_flytekit(name)).to_pylist() == ONLY_TEL


def test_dotted_columns_of_a_literal_restrict_a_reader_that_names_none() -> None:
    literal = written_by_flytekit("pandas_nested")
    described = literal.scalar.structured_dataset.metadata.structured_dataset_type
    assert [one.name for one in described.columns] == ["name", "info.age", "info.contacts.tel", "info.contacts.mail"]
    del described.columns[:2], described.columns[1:]
    assert transformer(pa.Table).to_python(literal).to_pylist() == ONLY_TEL
    (chunk,) = transformer(StructuredDataset).to_python(literal).open(pa.Table).iter()
    assert chunk.to_pylist() == ONLY_TEL


def test_a_column_with_a_dot_in_its_name_is_itself() -> None:
    table = pa.table({"a.b": [1], "a": [{"b": 2}]})
    literal = transformer(Annotated[pa.Table, {"a.b": int}]).to_literal(table)
    assert transformer(pa.Table).to_python(literal).to_pylist() == [{"a.b": 1}]


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (TEL, ["info.contacts.tel"]),
        (kwtypes(name=str, info=Info), ["name", "info.age", "info.contacts.tel", "info.contacts.mail"]),
        (kwtypes(info={"contacts": Contacts}), ["info.contacts.tel", "info.contacts.mail"]),
        (Person, ["name", "info.age", "info.contacts.tel", "info.contacts.mail", "marks"]),
    ],
)
def test_names_have_dots_on_the_wire_and_a_dataclass_is_its_fields(columns: Any, names: list[str]) -> None:
    assert column_names(Annotated[StructuredDataset, columns]) == names
    assert transformer(Annotated[pa.Table, columns]).carry(FRAMES[2]).num_rows == 2


def test_a_dict_of_values_is_a_struct_or_a_map() -> None:
    way = transformer(Annotated[pa.Table, kwtypes(d=dict[str, int])])
    assert way.literal_type().structured_dataset_type.columns[0].literal_type.map_value_type.simple
    for kind in (pa.struct([("x", pa.int64())]), pa.map_(pa.string(), pa.int64())):
        assert way.carry(pa.table({"d": pa.array([{"x": 1}], kind)})).num_rows == 1
    with pytest.raises(ConversionError) as caught:
        way.carry(pa.table({"d": [{"x": "text"}]}))
    assert str(caught.value) == "value['d']: expected a column of dict[str, int], got a column of struct<x: string>"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            kwtypes(info={"contacts": {"tell": str}}),
            (
                "value['info']['contacts']['tell']: expected a column of str, "
                "got no such column (the columns are 'tel', 'mail'; did you mean 'tel'?)"
            ),
        ),
        (
            kwtypes(info={"contacts": {"tel": int}}),
            "value['info']['contacts']['tel']: expected a column of int, got a column of string",
        ),
        (kwtypes(name=Contacts), "value['name']: expected a column of columns 'tel', 'mail', got a column of string"),
        (
            kwtypes(infos=Contacts),
            (
                "value['infos']: expected a column of columns 'tel', 'mail', got no such column "
                "(the columns are 'name', 'info', 'marks'; did you mean 'info'?)"
            ),
        ),
    ],
)
def test_an_inner_column_that_does_not_fit_is_named(columns: Any, message: str) -> None:
    table = FRAMES[2]
    way = transformer(Annotated[pa.Table, columns])
    literal = transformer(pa.Table).to_literal(table)
    for convert, value in ((way.carry, table), (way.to_literal, table), (way.to_python, literal)):
        with pytest.raises(ConversionError) as caught:
            convert(value)
        assert str(caught.value) == message


def test_a_dataclass_that_holds_itself_is_refused() -> None:
    with pytest.raises(UnsupportedTypeError) as caught:
        transformer(Annotated[pa.Table, kwtypes(parent=Parent)])
    assert str(caught.value) == "Parent holds itself, and no table has columns without end"


def test_a_dataclass_whose_annotations_cannot_be_read_is_refused() -> None:
    @dataclass
    class Local:
        contacts: Missing  # type: ignore[name-defined]

    with pytest.raises(UnsupportedTypeError) as caught:
        transformer(Annotated[pa.Table, kwtypes(info=Local)])
    assert str(caught.value).endswith(
        "Local names 'Missing' in an annotation, and its module has no such name; "
        "define or import it at module level, outside 'if TYPE_CHECKING'"
    )


def test_an_inner_column_type_that_cannot_be_checked_is_refused_at_once() -> None:
    with pytest.raises(UnsupportedTypeError, match=r"^column 'info\.contacts' is declared as set; "):
        transformer(Annotated[pa.Table, kwtypes(info={"contacts": set})])
    with pytest.raises(UnsupportedTypeError, match=r"^column 'people' is declared as list\[.*Info\]; "):
        transformer(Annotated[pa.Table, kwtypes(people=list[Info])])
    with pytest.raises(UnsupportedTypeError, match=r"^column 'info' is declared without columns of its own; "):
        transformer(Annotated[pa.Table, kwtypes(info={})])


INNER = st.none() | st.fixed_dictionaries({"x": st.none() | st.integers(-9, 9), "y": st.none() | st.text("ab")})
OUTER = st.none() | st.fixed_dictionaries({"inner": INNER, "z": st.lists(st.integers(-9, 9)) | st.none()})
KIND = pa.struct(
    [("inner", pa.struct([("x", pa.int64()), ("y", pa.string())])), ("z", pa.list_(pa.int64()))],
)


@given(values=st.lists(OUTER, max_size=9), start=st.integers(0, 5), split=st.integers(0, 5))
def test_nulls_and_slices_keep_their_rows(values: list[Any], start: int, split: int) -> None:
    whole = pa.table({"a": pa.chunked_array([pa.array(values[:split], KIND), pa.array(values[split:], KIND)])})
    way = transformer(Annotated[pa.Table, {"a": {"inner": {"y": str}}}])

    def less(value: Any) -> Any:
        inner = value and value["inner"]
        return value and {"inner": inner and {"y": inner["y"]}}

    expected = [{"a": less(value)} for value in values[start:]]
    assert way.carry(whole.slice(start)).to_pylist() == expected
    assert way.to_python(way.to_literal(whole.slice(start))).to_pylist() == expected
