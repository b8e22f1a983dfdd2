"""A dataclass with the JSON mixin of mashumaro has files and datasets as fields."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Optional

import pyarrow as pa
from mashumaro.mixins.json import DataClassJSONMixin

from fletching import FlyteDirectory, FlyteFile
from fletching.extend import transformer
from fletching_arrow import StructuredDataset


class Color(Enum):
    RED = "red"


@dataclass
class Page(DataClassJSONMixin):
    file: FlyteFile["html"]
    color: Color = Color.RED
    old: Optional[FlyteFile] = None


@dataclass
class Report(DataClassJSONMixin):
    page: Page
    images: FlyteDirectory
    rows: StructuredDataset
    more: list[StructuredDataset] = field(default_factory=list)
    last: Optional[StructuredDataset] = None


def test_files_and_datasets_cross_and_have_a_json_form(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("hello")
    rows = pa.table({"a": [1]})
    report = Report(Page(FlyteFile["html"](page)), FlyteDirectory(tmp_path), StructuredDataset(dataframe=rows))
    way = transformer(Report)
    for back in (way.carry(report), way.to_python(way.to_literal(report)), Report.from_json(report.to_json())):
        assert isinstance(back.page.file, FlyteFile["html"])
        assert Path(back.page.file).read_text() == "hello"
        assert [Path(one).name for one in back.images.listdir()] == ["page.html"]
        assert back.rows.open(pa.Table).all().equals(rows)
    data = json.loads(report.to_json())
    # What flytekit writes, to the letter.
    assert data["page"] == {"file": {"path": str(page)}, "color": "red", "old": None}
    assert data["images"] == {"path": str(tmp_path)}
    assert data["rows"].keys() == {"uri", "file_format"}
    assert (data["more"], data["last"]) == ([], None)


def test_what_is_remote_is_not_fetched_for_its_json_form() -> None:
    report = Report(
        Page(FlyteFile["html"]("s3://b/p.html")),
        FlyteDirectory("s3://b/d"),
        StructuredDataset(uri="s3://b/t", file_format="parquet"),
    )
    text = report.to_json()
    assert json.loads(text)["page"]["file"] == {"path": "s3://b/p.html"}
    assert Report.from_json(text).rows.uri == "s3://b/t"
    assert Page.from_json('{"file": "s3://b/p.html"}').file.remote_source == "s3://b/p.html"
