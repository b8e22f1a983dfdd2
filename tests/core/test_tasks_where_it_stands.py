"""Warnings stand at the user's line, and a program without a file has a name without one."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fletching import task
from fletching.errors import CacheWarning, OptionDeprecatedWarning

if TYPE_CHECKING:
    from pathlib import Path


@task(cache=True)
def cached(a: int) -> int:
    return a


def test_a_warning_about_the_cache_stands_at_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file where the folder should be", encoding="utf-8")
    monkeypatch.setenv("FLETCHING_HOME", str(taken))
    with pytest.warns(CacheWarning, match=r"was not used: .* the task runs") as caught:
        assert cached(1) == 1
    assert {warning.filename for warning in caught} == {__file__}


def test_a_warning_about_an_option_stands_at_the_decorator() -> None:
    with pytest.warns(OptionDeprecatedWarning, match="use enable_deck") as caught:

        @task(disable_deck=True)
        def f() -> None:
            return

    assert [warning.filename for warning in caught] == [__file__]


def test_a_program_from_stdin_has_no_file() -> None:
    program = "from fletching import task\n@task\ndef f() -> None:\n    return\nprint(f.name)\n"
    done = subprocess.run([sys.executable, "-"], input=program, capture_output=True, text=True, check=True)
    assert done.stdout == "__main__.f\n"
