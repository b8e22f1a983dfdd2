"""Thousands of broken bundles and command lines; `bundle_fuzz` says what each must end in.

``FLETCHING_FUZZ=10000`` tries that many; the seed of what went wrong is in the message.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from repository import ROOT

COUNT = int(os.environ.get("FLETCHING_FUZZ", "120"))
SEED = os.environ.get("FLETCHING_FUZZ_SEED", "0")


def test_broken_bundles_end_in_a_clear_error_inside_their_folder() -> None:
    program = ROOT / "tests" / "support" / "bundle_fuzz.py"
    done = subprocess.run([sys.executable, program, SEED, str(COUNT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    counts = json.loads(done.stdout)
    assert sum(counts.values()) == COUNT
    # Each kind of end is among the first hundred; a fuzz that only ever fails early finds nothing.
    assert {"refused", "usage", "unpacked", "error.pb", "ran"} <= set(counts)
