"""What is built once for the tests of this folder."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from uv import find_uv_bin

from repository import MEMBERS, ROOT


@pytest.fixture(scope="session")
def uv() -> str:
    """The pinned uv."""
    return str(find_uv_bin())


@pytest.fixture(scope="session")
def built(uv: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every member's wheel and source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [
            uv,
            "build",
            "--quiet",
            "--all-packages",
            "--build-constraints",
            ROOT / "constraints.txt",
            "--out-dir",
            folder,
        ],
        cwd=ROOT,
        check=True,
    )
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
