"""Fixtures that keep a test apart from the machine it runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fletching.plugins import PluginManager

__all__ = ["isolate", "isolated_home", "plugin_manager"]


def isolate(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point this process and those it starts to a new, empty cache folder; return it."""
    home = tmp_path_factory.mktemp("fletching-home")
    monkeypatch.setenv("FLETCHING_HOME", str(home))
    monkeypatch.setenv("FLETCHING_STRICT", "1")
    for switch in ("FLETCHING_BLOCK", "FLETCHING_TRACE"):
        monkeypatch.delenv(switch, raising=False)
    return home


@pytest.fixture
def isolated_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test an empty cache folder, strict plugins and none blocked."""
    return isolate(tmp_path_factory, monkeypatch)


@pytest.fixture
def plugin_manager(isolated_home: Path) -> Iterator[PluginManager]:
    """Replace the process's manager by a strict one that discovers nothing: what a test needs, it provides."""
    from fletching.plugins import PluginManager, use_manager

    with use_manager(PluginManager(discover=False, strict=True, block=())) as made:
        yield made
