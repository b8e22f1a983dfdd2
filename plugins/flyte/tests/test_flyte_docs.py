"""What the documentation shows of a backend is run, at the server of the tests."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from flyte_server import FlyteServer
from repository import ROOT
from snippets import steps

PAGES = ("docs/how-to/flyte.md", "plugins/flyte/README.md")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs(page: str, server: FlyteServer, tmp_path: Path) -> None:
    text = re.sub(r"<!-- not run: needs a backend -->\n", "\n", (ROOT / page).read_text(encoding="utf-8"))
    folder = tmp_path / "page"
    folder.mkdir()
    environment = {
        **os.environ,
        "FLYTE_PLATFORM_URL": server.endpoint,
        "FLYTE_PLATFORM_INSECURE": "true",
        "FLYTE_PROJECT": "flytesnacks",
        "FLYTE_DOMAIN": "development",
    }
    for command in steps(text, folder):
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    assert server.admin.runs.all
