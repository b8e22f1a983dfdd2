"""A dataset on the command line: named by its file or folder, whose name says how it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from fletching.cli.main import fletch

if TYPE_CHECKING:
    from pathlib import Path

FRAME = pd.DataFrame({"a": [1, 2, 3]})
FLOW = """
from typing import Optional

import pandas as pd

from fletching import task
from fletching_arrow import StructuredDataset


@task
def frame(data: pd.DataFrame) -> int:
    return int(data.a.sum())


@task
def perhaps(data: Optional[pd.DataFrame] = None) -> int:
    return -1 if data is None else int(data.a.sum())


@task
def dataset(data: StructuredDataset) -> int:
    return int(data.open(pd.DataFrame).all().a.sum())
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "frames_flow.py").write_text(FLOW, encoding="utf-8")
    FRAME.to_parquet(tmp_path / "x.parquet")
    FRAME.to_csv(tmp_path / "x.CSV", index=False)
    FRAME.to_feather(tmp_path / "x.feather")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def run(task: str, data: str) -> Result:
    words = ["run", "--no-record", "--progress", "none", "frames_flow.py", task, "--data", data]
    return CliRunner().invoke(fletch, words, prog_name="fletch")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("task", ["frame", "perhaps", "dataset"])
@pytest.mark.parametrize("data", ["x.parquet", "x.CSV", "x.feather", '{"uri": "x.CSV", "file_format": "csv"}'])
def test_a_dataset_is_named_by_its_file(task: str, data: str) -> None:
    assert run(task, data).stdout == "6\n"


@pytest.mark.usefixtures("folder")
def test_a_file_that_is_not_there_is_told() -> None:
    refused = run("frame", "y.parquet")
    assert refused.exit_code == 2
    assert "there is no file or folder 'y.parquet'" in refused.stderr
    assert "expected JSON" in run("frame", '{"uri').stderr
