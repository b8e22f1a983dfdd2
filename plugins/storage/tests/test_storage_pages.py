"""The examples of the documentation that need a bucket, run with one."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from object_stores import S3Server
from repository import ROOT, clean_environment
from snippets import steps

MARK = re.compile(r"<!-- not run: needs a bucket; .* -->\n")


@pytest.mark.parametrize("page", ["plugins/storage/README.md", "docs/how-to/storage.md"])
def test_a_page_runs_with_a_bucket(page: str, s3: S3Server, tmp_path: Path) -> None:
    text, count = MARK.subn("", (ROOT / page).read_text(encoding="utf-8"))
    assert count
    s3.put("my-bucket")
    s3.put("my-bucket", "in/table.csv", b"a,b\n1,2\n3,4\n")
    if "how-to" in page:
        s3.put("my-bucket", "in/text.txt", b"a few words")
    else:
        s3.ask("DELETE", "my-bucket", "in/text.txt")  # of the other page, which may have been first
    for command in steps(text, tmp_path):
        done = subprocess.run(
            command, cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    if "how-to" in page:
        assert s3.get("my-bucket", "words/2.txt") == b"words"
