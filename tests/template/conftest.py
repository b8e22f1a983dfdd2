"""What is built once for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments import build_wheel
from repository import CORE


@pytest.fixture(scope="session")
def core_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Core's wheel."""
    return build_wheel(CORE.folder, tmp_path_factory.mktemp("dist"))
