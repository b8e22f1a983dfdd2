"""An echo task is registered with the bytes that flytekit writes (see tests/core/golden/write_echo.py)."""

from __future__ import annotations

import base64
import json
import runpy

import pytest
from flyteidl.admin.task_pb2 import TaskSpec

from fletching.testing import template_of
from fletching_echo import Echo
from repository import ROOT

GOLDEN = ROOT / "tests" / "core" / "golden"
WRITTEN = json.loads((GOLDEN / "echo.json").read_text(encoding="utf-8"))
CASES = runpy.run_path(str(GOLDEN / "write_echo.py"))["CASES"]


@pytest.mark.parametrize("line", ["1.15", "1.16"])
@pytest.mark.parametrize("case", CASES)
def test_an_echo_task_is_what_flytekit_registers(line: str, case: str) -> None:
    there = TaskSpec.FromString(base64.b64decode(WRITTEN[line][case])).template
    here = template_of(Echo(f"echo.{case}", inputs=CASES[case]))
    # What differs by itself: the version of who wrote it, and a field that 1.15 does not know yet.
    here.metadata.runtime.version = there.metadata.runtime.version
    if line == "1.15":
        here.metadata.ClearField("metadata")
    assert here == there
    assert here.WhichOneof("target") is None
