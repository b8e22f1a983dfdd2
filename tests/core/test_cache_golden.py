"""What an earlier release left in the cache is found by this one (see golden/cache/write_cache.py)."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from fletching.errors import CacheWarning
from fletching.run.cache_prune import entries, prune
from fletching.run.keys import call_key

GOLDEN = Path(__file__).parent / "golden" / "cache"
KEYS = json.loads((GOLDEN / "keys.json").read_text())


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module that made the golden cache, under the name that it had then; nothing of it has run."""
    spec = importlib.util.spec_from_file_location("write_cache", GOLDEN / "write_cache.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "write_cache", module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(isolated_home: Path) -> Path:
    """The golden cache, as if this user had made it."""
    folder = isolated_home / "task-cache"
    folder.mkdir(parents=True)
    shutil.copy(GOLDEN / "cache.db", folder)
    shutil.copytree(GOLDEN / "blobs", folder / "blobs")
    return folder


def test_every_golden_call_has_the_key_it_had(script: Any, tmp_path: Path) -> None:
    calls = script.calls(tmp_path)
    assert {name: call_key(task, task.compiled.bind(**inputs)) for name, (task, inputs) in calls.items()} == KEYS


def test_every_golden_entry_is_a_hit(script: Any, folder: Path, tmp_path: Path) -> None:
    calls = script.calls(tmp_path)
    for _ in range(2):
        found = {name: task(**inputs) for name, (task, inputs) in calls.items()}
        assert found["add"] == 3
        assert found["pair"] == (3, "<3>")
        assert type(found["pair"]) is script.Pair
        assert found["nothing"] is None
        assert found["shift"] == script.Point(3.5, ["a", "é"])
        assert found["lower"] == ["abc"] * 3000
        assert Path(found["upper"]).read_text() == "ONE\nTWO\n"
        assert Path(found["upper"]).is_relative_to(folder)
        assert (Path(found["split"]) / "below" / "1.txt").read_text() == "two"
    assert script.RUNS == []


def test_golden_entries_are_listed_and_pruned_with_their_files(script: Any, folder: Path) -> None:
    found = {one.key: one for one in entries()}
    assert set(found) == set(KEYS.values())
    assert found[KEYS["pair"]].version == "pair-1.0"
    assert found[KEYS["upper"]].size > found[KEYS["upper"]].inline > 0
    assert prune(max_size=0).entries == len(KEYS)
    assert list((folder / "blobs").iterdir()) == []


def test_the_release_that_made_it_can_go_on_with_it(script: Any, folder: Path) -> None:
    assert script.add(1) == 3
    connection = sqlite3.connect(folder / "cache.db")
    with connection:  # the two statements of that release
        row = connection.execute("SELECT literals, digest FROM outputs WHERE key = ?", (KEYS["add"],)).fetchone()
        connection.execute("INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?, ?, ?)", ("k", "t", "9", *row, 1.0))
    connection.close()
    assert {(one.task, one.version) for one in entries() if one.key == "k"} == {("t", "9")}


def test_a_cache_of_a_later_release_is_left_alone(script: Any, folder: Path) -> None:
    connection = sqlite3.connect(folder / "cache.db")
    connection.execute("PRAGMA user_version=77")
    connection.close()
    with pytest.warns(CacheWarning, match=r"made by a later version of fletching \(its format is 77\)") as caught:
        assert script.add(1) == 3
    assert (len(caught), script.RUNS) == (1, ["add"])
    connection = sqlite3.connect(folder / "cache.db")
    assert connection.execute("PRAGMA user_version").fetchone() == (77,)
    assert connection.execute("SELECT count(*) FROM outputs").fetchone() == (len(KEYS),)
    connection.close()
    assert not list(folder.glob("*.broken*"))


def test_a_later_release_that_changes_the_cache_meanwhile_finds_its_own(script: Any, folder: Path) -> None:
    assert script.add(1) == 3
    connection = sqlite3.connect(folder / "cache.db")
    connection.execute("ALTER TABLE outputs RENAME TO other")
    connection.execute("PRAGMA user_version=77")
    for _ in range(2):
        with pytest.warns(CacheWarning, match="the task runs"):
            assert script.add(1) == 3
    assert script.RUNS == ["add"] * 2
    assert connection.execute("SELECT count(*) FROM other").fetchone() == (len(KEYS),)
    connection.close()
    assert not list(folder.glob("*.broken*"))
