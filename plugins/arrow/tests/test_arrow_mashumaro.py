"""A dataclass with the JSON mixin of mashumaro has files and datasets as fields."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from mashumaro.mixins.json import DataClassJSONMixin

from fletching import FlyteDirectory, FlyteFile
from fletching.extend import transformer
from fletching_arrow import StructuredDataset

DATASET = transformer(StructuredDataset)


def test_files_and_datasets_cross_and_have_a_json_form(tmp_path: Path) -> None:
    @dataclass
    class Report(DataClassJSONMixin):
        page: FlyteFile
        images: FlyteDirectory
        rows: StructuredDataset = field(metadata={"serialize": DATASET.to_plain, "deserialize": DATASET.from_plain})

    page = tmp_path / "page.html"
    page.write_text("hello")
    rows = pa.table({"a": [1]})
    report = Report(FlyteFile(page), FlyteDirectory(tmp_path), StructuredDataset(dataframe=rows))
    way = transformer(Report)
    for back in (way.carry(report), way.to_python(way.to_literal(report)), Report.from_json(report.to_json())):
        assert Path(back.page).read_text() == "hello"
        assert [Path(one).name for one in back.images.listdir()] == ["page.html"]
        assert back.rows.open(pa.Table).all().equals(rows)
    assert json.loads(report.to_json())["page"] == str(page)
