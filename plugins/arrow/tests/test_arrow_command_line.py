"""A dataset on the command line: named by its file or folder, whose name says how it is written."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pandas as pd
import pytest

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
def folder(tmp_path: Path) -> Path:
    (tmp_path / "flow.py").write_text(FLOW, encoding="utf-8")
    FRAME.to_parquet(tmp_path / "x.parquet")
    FRAME.to_csv(tmp_path / "x.CSV", index=False)
    FRAME.to_feather(tmp_path / "x.feather")
    return tmp_path


def run(folder: Path, task: str, data: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fletching", "run", "--no-record", "--progress", "none", "flow.py", task]
    return subprocess.run([*command, "--data", data], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("task", "data"),
    [
        ("frame", "x.parquet"),
        ("perhaps", "x.CSV"),
        ("dataset", "x.feather"),
        ("dataset", '{"uri": "x.CSV", "file_format": "csv"}'),
    ],
)
def test_a_dataset_is_named_by_its_file(folder: Path, task: str, data: str) -> None:
    done = run(folder, task, data)
    assert done.stdout == "6\n", done.stderr


def test_a_file_that_is_not_there_is_told(folder: Path) -> None:
    refused = run(folder, "frame", "y.parquet")
    assert refused.returncode == 2
    assert "there is no file or folder 'y.parquet'" in refused.stderr
    assert "expected JSON" in run(folder, "frame", '{"uri').stderr
