"""Two type checkers agree with the files beside this one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from repository import ROOT

HERE = Path(__file__).parent
TYPED = sorted(str(file) for file in HERE.glob("typed_*.py"))
STRICTLY = {"typeCheckingMode": "strict", "enableTypeIgnoreComments": True, "reportUnnecessaryTypeIgnoreComment": "error"}
    '{"typeCheckingMode": "strict", "enableTypeIgnoreComments": true, "reportUnnecessaryTypeIgnoreComment": "error"}'
)


@pytest.mark.parametrize("checker", ["mypy", "basedpyright"])
def test_a_checker_sees_what_is_asserted(checker: str, tmp_path: Path) -> None:
    if checker == "mypy":
        options = ["--strict", "--cache-dir", str(tmp_path), "--config-file", str(ROOT / "pyproject.toml")]
            "--strict",
            "--warn-unused-ignores",
            "--cache-dir",
            str(tmp_path),
            "--config-file",
            str(ROOT / "pyproject.toml"),
        ]
        command = [sys.executable, "-m", "mypy", *options, *TYPED]
    else:
        (tmp_path / "pyrightconfig.json").write_text(json.dumps(STRICTLY), encoding="utf-8")
        for file in TYPED:
            (tmp_path / Path(file).name).write_text(Path(file).read_text(encoding="utf-8"), encoding="utf-8")
        command = [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, "-p", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
