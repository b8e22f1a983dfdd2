"""The data file of official names: well formed, and true for every plugin that is installed."""

from __future__ import annotations

import pytest

import fletching
from fletching import errors, official
from fletching.installed import KINDS, read


def test_every_line_has_a_meaning() -> None:
    for line in official.lines():
        assert line.distribution.startswith("fletching-")
        assert (line.name == "-") == (line.path == "-")
        assert line.name != "-" or line.entry != "-"
        assert line.entry == "-" or line.entry.partition(":")[0] in KINDS
        assert line.path == "-" or line.path.startswith(f"{line.distribution.replace('-', '_')}.")


def test_no_name_is_given_twice() -> None:
    named = [line.name for line in official.lines() if line.name != "-"]
    assert sorted(named) == sorted(set(named)) == list(official.public_names())


def test_an_entry_point_belongs_to_one_distribution() -> None:
    owners: dict[str, set[str]] = {}
    for line in official.lines():
        if line.entry != "-":
            owners.setdefault(line.entry, set()).add(line.distribution)
    assert {entry: found for entry, found in owners.items() if len(found) > 1} == {}


def test_what_is_installed_is_what_the_file_says() -> None:
    found = read(thorough=True)
    here = {entry.distribution.name for entry in found.entries()}
    for line in official.lines():
        if line.distribution in here:
            kind, _, name = line.entry.partition(":")
            if name:
                assert [one.distribution.name for one in found.find(kind, name)] == [line.distribution]
            if line.name != "-":
                assert getattr(fletching, line.name) is not None


def test_the_hint_of_a_line() -> None:
    line = official.by_name("Pod")
    assert line is not None
    assert official.install_hint(line) == "pip install fletching-pod"
    assert official.by_entry("tasks", "sidecar") == line
    assert official.by_name("-") is None
    assert "sidecar" in official.entry_names("tasks")


def test_a_name_that_no_plugin_brings() -> None:
    with pytest.raises(KeyError, match="no official plugin brings 'Nope'"):
        official.resolve("Nope")
    with pytest.raises(AttributeError, match="module 'fletching' has no attribute 'Nope'"):
        fletching.Nope  # type: ignore[attr-defined]  # noqa: B018


def test_a_name_of_a_plugin_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    line = official.Official("Vapour", "fletching-vapour", "tasks:vapour", "fletching_vapour.Vapour")
    monkeypatch.setattr(official, "lines", lambda: (line,))
    with pytest.raises(errors.UnknownPluginError) as caught:
        fletching.Vapour  # type: ignore[attr-defined]  # noqa: B018
    assert str(caught.value) == "'Vapour' comes with fletching-vapour, not installed; pip install fletching-vapour"
