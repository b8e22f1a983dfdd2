"""Tasks of a notebook, which no other process can import, are found in a file that travels with the code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fletching import task
from fletching.errors import ResolverError
from fletching.resolver import default_notebook_task_resolver

LOAD = """
from fletching.resolver import default_notebook_task_resolver
print(default_notebook_task_resolver.load_task(["entity-name", "cell.double"])(a=4))
"""


def test_it_is_written_here_and_found_in_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    space = {"__name__": "cell", "task": task}
    exec("@task\ndef double(a: int) -> int:\n    return 2 * a\n", space)
    double = space["double"]
    assert default_notebook_task_resolver.loader_args(None, double) == ["entity-name", "cell.double"]
    default_notebook_task_resolver.dump_tasks([double])
    ran = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, env=dict(os.environ))
    assert (ran.stdout, ran.returncode) == ("8\n", 0), ran.stderr
    with pytest.raises(ResolverError, match=r"holds no task 'cell.dobule'; did you mean 'cell.double'"):
        default_notebook_task_resolver.load_task(["entity-name", "cell.dobule"])
