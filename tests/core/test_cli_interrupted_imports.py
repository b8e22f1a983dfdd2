"""Ctrl-C before anything runs."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

FLOW = """
import threading

print("begun", flush=True)
threading.Event().wait(60)
"""


def test_ctrl_c_while_a_file_is_imported(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(FLOW, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "fletching", "run", "flow.py", "flow"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGINT)
    after = process.communicate()[1]
    assert (process.returncode, after) == (130, "")
