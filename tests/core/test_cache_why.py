"""Why a call was found in the cache, or was not."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from fletching import Cache, FlyteFile, task
from fletching.home import cache_dir
from fletching.run.cache_prune import clear, prune
from fletching.run.cache_why import Difference, Explanation, explain
from fletching.run.keys import CallKey, key_of

RUNS: list[Any] = []


def add(a: int, b: int = 0, note: str = "") -> int:
    return a + b


def made(version: str = "1") -> Any:
    return task(add, cache=Cache(version=version, ignored_inputs="note"))


@task(cache=Cache(version="1"))
def long(n: int) -> str:
    return "x" * n


@task(cache=Cache(version="1"))
def file(n: int) -> FlyteFile:
    path = Path(cache_dir("made"), f"{n}.txt")
    path.write_text(str(n))
    return FlyteFile(str(path))


@pytest.fixture
def folder(isolated_home: Path) -> Path:
    return isolated_home / "task-cache"


def key(of: Any, **inputs: Any) -> CallKey:
    return key_of(of, of.compiled.bind(**inputs))


def why(found: CallKey, **more: Any) -> Explanation:
    return explain(found.ingredients, found.key, **more)


def test_nothing_of_the_task_is_there() -> None:
    asked = key(made(), a=1)
    assert why(asked) == Explanation(verdict="new", key=asked.key, entry=None)
    long(3)
    assert why(asked).verdict == "new"


def test_a_hit_says_which_entry_and_when_it_was_made() -> None:
    before = time.time()
    made()(1)
    found = why(key(made(), a=1))
    assert (found.verdict, found.differences) == ("hit", ())
    assert found.entry is not None
    assert found.entry.key == found.key
    assert before <= found.entry.made <= found.entry.used <= time.time()
    made()(1)
    again = why(key(made(), a=1), state="hit")
    assert again.entry is not None
    assert again.entry.made == found.entry.made < again.entry.used


def test_a_miss_names_what_differs_from_the_nearest_entry() -> None:
    one = made()
    one(1, 1), one(7, 8), made("old")(9, 9)
    found = why(key(one, a=1, b=2))
    here, stored = key(one, a=1, b=2).ingredients, key(one, a=1, b=1).ingredients
    assert found.verdict == "different"
    assert found.differences == (Difference(ingredient="input:b", here=here["input:b"], stored=stored["input:b"]),)
    assert found.compared == 3
    assert [each.ingredient for each in why(key(made("2"), a=1, b=1)).differences] == ["version"]
    assert why(key(made("2"), a=1, b=1)).differences[0].stored == "1"
    assert [each.ingredient for each in why(key(made("2"), a=9, b=9)).differences] == ["version"]
    assert [each.ingredient for each in why(key(made("2"), a=1, b=2)).differences] == ["version", "input:b"]


def test_a_changed_interface_is_named_and_so_is_an_input_that_is_ignored_now() -> None:
    made()(1)

    def changed(a: int, b: int = 0, note: str = "", more: int = 1) -> int:
        return a

    changed.__name__ = changed.__qualname__ = "add"
    changed.__module__ = __name__
    found = why(key(task(changed, cache=Cache(version="1", ignored_inputs="b")), a=1))
    assert {one.ingredient: (one.here is None, one.stored is None) for one in found.differences} == {
        "interface": (False, False),
        "input:b": (True, False),
        "ignored:b": (False, True),
        "input:note": (False, True),
        "ignored:note": (True, False),
        "input:more": (False, True),
    }


def test_what_a_call_stored_itself_does_not_explain_it() -> None:
    one = made()
    one(1)
    first = time.time()
    one(2)
    asked = key(one, a=2)
    assert why(asked).verdict == "hit"
    for state in ("stored", "miss"):
        found = why(asked, state=state, at=time.time())
        assert [each.ingredient for each in found.differences] == ["input:a"]
        assert found.entry is not None
        assert found.entry.key == key(one, a=1).key
    one(3)
    before = why(key(one, a=3), state="stored", at=first)
    assert before.entry is not None
    assert before.entry.key == key(one, a=1).key
    assert why(asked, state="stored", at=0.0).verdict == "new"


def test_an_entry_that_was_pruned_is_remembered_and_one_that_was_cleared_is_not() -> None:
    long(5), long(6)
    asked = key(long, n=5)
    prune(max_size=0)
    for state in (None, "hit", "miss"):
        found = why(asked, state=state)
        assert (found.verdict, found.entry and found.entry.lost) == ("lost", "it was pruned")
    long(5)
    assert why(asked).verdict == "hit"
    assert why(asked, state="stored", at=time.time()).verdict == "lost"
    clear()
    assert why(asked).verdict == "new"


@dataclass(frozen=True)
class Damage:
    """What happens to the files of an entry."""

    of: Any
    n: int
    path: str
    reason: str

    def happen(self, folder: Path) -> None:
        shutil.rmtree(folder / self.path)


DAMAGES = {
    "value": Damage(long, 100_000, "values", "its value is missing or not what was stored"),
    "file": Damage(file, 7, "blobs", "a file of it is missing or not what was stored: "),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_an_entry_that_lost_its_file_says_so_before_and_after_it_is_made_again(folder: Path, damage: Damage) -> None:
    damage.of(damage.n)
    asked = key(damage.of, n=damage.n)
    damage.happen(folder)
    found = why(asked)
    assert found.verdict == "lost"
    assert found.entry is not None
    assert found.entry.lost.startswith(damage.reason)
    damage.of(damage.n)
    later = why(asked, state="stored", at=time.time())
    assert later.verdict == "lost"
    assert later.entry is not None
    assert later.entry.lost.startswith(damage.reason)
    assert why(asked).verdict == "hit"
    damage.happen(folder)
    assert why(asked, state="hit").verdict == "lost"


def test_a_loss_explains_the_next_call_only() -> None:
    long(5)
    prune(max_size=0)
    long(5)
    asked = key(long, n=5)
    assert why(asked, state="stored", at=time.time()).verdict == "lost"
    from fletching.run.cache import open_entry

    entry = open_entry(long, {"n": 5}, mode="refresh")
    assert entry is not None
    entry.write("xxxxx")
    assert why(asked, state="stored", at=time.time()).verdict == "new"
