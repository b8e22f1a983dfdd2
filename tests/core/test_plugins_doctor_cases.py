"""What ``fletch plugins`` says of libraries that are absent, and on a terminal of 80 columns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from distributions import Site
from fletching.cli.plugin_probe import main
from fletching.cli.plugins import misspelt, print_table
from fletching.extend import PluginManager
from fletching.installed import Distribution, EntryPoint, Installed

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    made = Site(tmp_path / "site")
    monkeypatch.syspath_prepend(str(made.folder))
    return made


@pytest.mark.parametrize(
    ("kind", "name", "state"),
    [
        ("types", "absent_library", "unused"),
        ("types", "absent_library.frames.Frame", "unused"),
        ("types", "something_else", "broken"),
        ("tasks", "absent_library", "broken"),
    ],
)
def test_a_type_of_a_library_that_is_absent_is_unused(
    site: Site, tmp_path: Path, kind: str, name: str, state: str
) -> None:
    site.add("fletching-frames", {kind: {name: "mine_frames:X"}}, modules={"mine_frames": "import absent_library"})
    main([str(tmp_path / "answer"), kind, name, "mine_frames:X", "fletching-frames", "1.0"])
    site.forget()
    found = json.loads((tmp_path / "answer").read_text(encoding="utf-8"))
    assert found["state"] == state
    if state == "unused":
        assert found["reason"] == "there is no module 'absent_library' here whose types it would carry"


def test_a_type_of_a_plugin_that_is_itself_absent_is_broken(tmp_path: Path) -> None:
    main([str(tmp_path / "answer"), "types", "mine_gone", "mine_gone.types:X", "fletching-gone", "1.0"])
    assert json.loads((tmp_path / "answer").read_text(encoding="utf-8"))["state"] == "broken"


COLUMNS = ("name", "distribution", "state", "reason")
ROWS = [("good", "fletching-good", "ok", ""), ("twice", "fletching-[one]", "duplicate", "also claimed by " + "x" * 60)]


def test_a_blocked_word_that_is_a_slip_is_mentioned() -> None:
    entries = PluginManager(
        installed=Installed([EntryPoint("tasks", "sidecar", "x:y", Distribution("Fl_Pod", "1"))])
    ).entries()
    words = ("*", "sidecar", "fl-pod", "sidecarr", "something-else-altogether")
    assert misspelt(words, entries) == [
        "FLETCHING_BLOCK switches off 'sidecarr', which is not installed; did you mean 'sidecar'?"
    ]


def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str) -> list[str]:
    """Print a table to a terminal, and return its lines; one that knows no colours counts as 80 characters wide."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    rows = [("good", "fletching-good", "ok", ""), ("twice", name, "duplicate", f"also claimed by {'x' * 60}")]
    print_table(("name", "distribution", "state", "reason"), rows)
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def test_reasons_stand_below_a_table_that_is_too_wide_for_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = printed(monkeypatch, capsys, "fletching-[number-one]")
    assert lines[0] == "name    distribution             state"
    assert lines[2] == "good    fletching-good           ok"
    assert lines[3] == "twice   fletching-[number-one]   duplicate"
    assert lines[4:] == ["", "twice of fletching-[number-one]: also claimed by", "x" * 60]


def test_reasons_are_a_column_where_there_is_room(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert printed(monkeypatch, capsys, "one")[3].startswith("twice   one              duplicate   also claimed by")
