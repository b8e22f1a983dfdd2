"""Every module can be imported first, and does nothing but define."""

from __future__ import annotations

import json
from pathlib import Path

from repository import SOURCES, run_python

IMPORT_ALONE = str(Path(__file__).with_name("import_alone.py"))


def test_every_module_imports_alone_and_silently() -> None:
    names = [name for name in SOURCES if not name.endswith("__main__")]
    assert json.loads(run_python(IMPORT_ALONE, *names).stdout) == {}


def test_a_noisy_module_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "noisy.py").write_text("import os\nprint('here')\nos.environ['NOISY'] = '1'\n")
    (tmp_path / "warning.py").write_text("import warnings\nwarnings.warn('old')\n")
    said = json.loads(run_python(IMPORT_ALONE, "noisy", "warning", PYTHONPATH=str(tmp_path)).stdout)
    assert said["noisy"] == "printed 'here\\n', changed the environment"
    assert "UserWarning: old" in said["warning"]
