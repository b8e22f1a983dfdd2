"""Two type checkers agree with the files beside this one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from repository import ROOT

HERE = Path(__file__).parent
TYPED = sorted(HERE.glob("typed_*.py"))
STRICTLY = {
    "typeCheckingMode": "strict",
    "enableTypeIgnoreComments": True,
    "reportUnnecessaryTypeIgnoreComment": "error",
}


def command(checker: str, folder: Path) -> list[str]:
    """Tell how to run a checker strictly over copies of the files in ``folder``."""
    for file in TYPED:
        (folder / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    if checker == "mypy":
        configured = ["--strict", "--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(folder / "cache")]
        return ["mypy", *configured, *(str(folder / file.name) for file in TYPED)]
    (folder / "pyrightconfig.json").write_text(json.dumps(STRICTLY), encoding="utf-8")
    return ["basedpyright", "--pythonpath", sys.executable, "-p", str(folder)]


@pytest.mark.parametrize("checker", ["mypy", "basedpyright"])
def test_a_checker_sees_what_is_asserted(checker: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command(checker, tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("checker", ["mypy", "basedpyright"])
def test_a_checker_notices_a_wrong_file(checker: str, tmp_path: Path) -> None:
    arguments = command(checker, tmp_path)
    wrong = tmp_path / TYPED[0].name
    wrong.write_text(wrong.read_text(encoding="utf-8").replace("add(1), int)", "add(1), str)"), encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert {"mypy": "[assert-type]", "basedpyright": "reportAssertTypeFailure"}[checker] in done.stdout
