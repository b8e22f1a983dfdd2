"""What a key is made of, and for which call an entry is opened."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Annotated, Any

import pytest

from fletching import Cache, FlyteFile, HashMethod, TaskMetadata, task
from fletching.errors import ConfigError, ConversionError
from fletching.redaction import forget_secrets, remember_secret
from fletching.run.cache import Found, open_entry
from fletching.run.keys import call_ingredients, call_key, key_of


@task(cache=Cache(version="v7", ignored_inputs="c"))
def f(a: int, b: str = "x", c: bool = True) -> int:
    return a


def test_the_ingredients_of_a_key() -> None:
    found = call_ingredients(f, {"a": 1, "b": "x", "c": True})
    assert list(found) == ["task", "version", "interface", "input:a", "input:b", "ignored:c"]
    assert (found["task"], found["version"], found["ignored:c"]) == (f.name, "v7", "ignored")
    other = call_ingredients(f, {"a": 2, "b": "x", "c": False})
    assert {name for name in found if found[name] != other[name]} == {"input:a"}
    assert key_of(f, {"a": 1, "b": "x", "c": True}) == (call_key(f, {"a": 1, "b": "x", "c": False}), found)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [({"a": 1}, {"a": 1}, True), ({"a": 1}, {"a": 2}, False), ({"a": 1, "c": True}, {"a": 1, "c": False}, True)],
)
def test_equal_ingredients_are_an_equal_key(one: dict[str, Any], other: dict[str, Any], same: bool) -> None:
    first, second = (key_of(f, f.compiled.bind(**inputs)) for inputs in (one, other))
    assert (first.key == second.key) == (first.ingredients == second.ingredients) == same


def test_the_metadata_of_a_call_wins_over_the_task() -> None:
    inputs = {"a": 1, "b": "x", "c": True}
    other = TaskMetadata(cache=True, cache_version="v8")
    found = key_of(f, inputs, other)
    assert found.key != call_key(f, inputs)
    assert found.ingredients["version"] == "v8"
    assert "input:c" in found.ingredients
    assert key_of(f, inputs, f.metadata) == key_of(f, inputs)
    entry = open_entry(f, inputs, other)
    assert entry is not None
    assert (entry.key, entry.ingredients) == found
    entry.write(1)
    again = open_entry(f, inputs, other)
    assert again is not None
    assert again.read() == Found(1)
    assert f(1) == 1


def test_a_hash_that_a_user_gives_is_shown_and_a_long_one_is_not() -> None:
    @task(cache=Cache(version="1"))
    def g(a: Annotated[str, HashMethod(lambda text: text)]) -> str:
        return a

    assert call_ingredients(g, {"a": "abc"})["input:a"] == "abc"
    assert len(call_ingredients(g, {"a": "abc" * 1000})["input:a"]) == 32


def test_a_file_counts_by_its_content(tmp_path: Path) -> None:
    @task(cache=Cache(version="1"))
    def g(a: FlyteFile) -> str:
        return ""

    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("same"), two.write_text("same")
    assert key_of(g, {"a": FlyteFile(str(one))}) == key_of(g, {"a": FlyteFile(str(two))})


def test_a_value_that_does_not_fit_is_an_error_with_its_place() -> None:
    with pytest.raises(ConversionError, match=r"f: argument 'a'"):
        call_key(f, {"a": "text", "b": "x", "c": True})


def test_no_secret_is_kept_in_clear(isolated_home: Path) -> None:
    secret = "hunter2-hunter2"

    @task(cache=Cache(version=f"1-{secret}"))
    def g(a: str, b: Annotated[str, HashMethod(lambda text: text)]) -> int:
        return len(a)

    remember_secret(secret)
    try:
        assert g(secret, secret) == len(secret)
        assert secret not in json.dumps(dict(call_ingredients(g, {"a": secret, "b": secret})))
    finally:
        forget_secrets()
    connection = sqlite3.connect(isolated_home / "task-cache" / "cache.db")
    rows = connection.execute(
        "SELECT d.*, o.key, o.literals FROM details AS d JOIN outputs AS o USING (key)"
    ).fetchall()
    connection.close()
    assert len(rows) == 1
    assert secret not in repr(rows)
    assert hashlib.sha256(secret.encode()).hexdigest() not in repr(rows)


@pytest.mark.parametrize("enabled", ["true", "false"])
@pytest.mark.parametrize("overwrite", ["true", "false"])
def test_a_mode_that_is_given_wins_over_the_environment(
    enabled: str, overwrite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = {"a": 1, "b": "x", "c": True}
    f(1)
    monkeypatch.setenv("FLYTE_LOCAL_CACHE_ENABLED", enabled)
    monkeypatch.setenv("FLYTE_LOCAL_CACHE_OVERWRITE", overwrite)
    assert open_entry(f, inputs, mode="off") is None
    use, refresh, left = (open_entry(f, inputs, mode=mode) for mode in ("use", "refresh", None))
    assert use is not None
    assert use.read() == Found(1)
    assert refresh is not None
    assert refresh.read() is None
    assert (left is None) == (enabled == "false")
    if left is not None:
        assert (left.read() is None) == (overwrite == "true")
    with pytest.raises(ConfigError, match="cache mode is 'never', expected 'use', 'refresh', 'off' or None"):
        open_entry(f, inputs, mode="never")  # type: ignore[arg-type]
