"""What several tests of core start from: fake distributions, files, folders."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from distributions import Site
from fletching.types.blobs import raw_output_prefix
from rendering import Renderer
from sites import STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A folder for distributions, in front of ``sys.path``; what was imported from it is forgotten afterwards."""
    made = Site(tmp_path / "site")
    monkeypatch.syspath_prepend(str(made.folder))
    monkeypatch.setenv("FLETCHING_HOME", str(tmp_path / "home"))
    for name in ("FLETCHING_BLOCK", "FLETCHING_STRICT", "FLETCHING_TRACE", "FLETCHING_INDEX"):
        monkeypatch.delenv(name, raising=False)
    yield made
    made.forget()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the index is kept, empty."""
    monkeypatch.setenv("FLETCHING_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FLETCHING_INDEX", raising=False)
    return tmp_path / "home"


@pytest.fixture
def only_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A folder for distributions that is all there is on ``sys.path``, but for the standard library."""
    made = Site(tmp_path / "site")
    monkeypatch.setattr(sys, "path", [str(made.folder), *STANDARD])
    return made


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A CSV file."""
    place = tmp_path / "table.csv"
    place.write_text("a,b\n1,2\n")
    return place


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with files three levels deep."""
    root = tmp_path / "root"
    (root / "below" / "deep").mkdir(parents=True)
    (root / "a.txt").write_text("a")
    (root / "below" / "b.txt").write_text("b")
    (root / "below" / "deep" / "c.txt").write_text("c")
    return root


@pytest.fixture
def outputs(tmp_path: Path) -> Iterator[Path]:
    """Where outputs are written while the test runs."""
    token = raw_output_prefix.set(str(tmp_path / "outputs"))
    yield tmp_path / "outputs"
    raw_output_prefix.reset(token)


@pytest.fixture
def fletch(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Renderer:
    """Runs ``fletch render`` and ``fletch package`` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setenv("FLYTE_INTERNAL_IMAGE", "example.com/image:v1")
    return Renderer(tmp_path, capfd)
