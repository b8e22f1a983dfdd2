"""What is built once for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from environments import run_uv
from repository import MEMBERS, ROOT


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every member's wheel and source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    run_uv("build", "--all-packages", "--build-constraints", ROOT / "constraints.txt", "--out-dir", folder)
    return folder


def one_each(folder: Path, pattern: str) -> dict[str, Path]:
    return {member.distribution: next(folder.glob(f"{member.package}-[0-9]{pattern}")) for member in MEMBERS}


@pytest.fixture(scope="session")
def wheels(built: Path) -> dict[str, Path]:
    """Each distribution's wheel."""
    return one_each(built, "*.whl")


@pytest.fixture(scope="session")
def sdists(built: Path) -> dict[str, Path]:
    """Each distribution's source distribution."""
    return one_each(built, "*.tar.gz")
