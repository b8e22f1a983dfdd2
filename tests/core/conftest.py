"""Folders of fake distributions for the tests of plugins."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from distributions import Site
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
