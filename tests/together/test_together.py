"""All plugins installed beside each other."""

from __future__ import annotations

import json
import sys

from environments import run_uv
from repository import PLUGINS, run_python

WANTED = {
    (group.removeprefix("fletching."), name, plugin.distribution)
    for plugin in PLUGINS
    for group, names in plugin.entry_points.items()
    for name in names
}


def test_every_plugin_is_listed_and_well() -> None:
    listed = json.loads(run_python("-m", "fletching", "plugins", "--json").stdout)
    assert {(entry["kind"], entry["name"], entry["distribution"]) for entry in listed} == WANTED
    assert not [entry for entry in listed if entry["state"] != "ok"]


def test_every_plugin_loads_in_one_process() -> None:
    run_python(
        "-W",
        "error",
        "-c",
        "from fletching.extend import manager\n"
        "for entry in manager().entries():\n"
        "    assert manager().load(entry.kind, entry.name) is not None, entry\n",
        FLETCHING_STRICT="1",
    )


def test_no_name_is_claimed_twice() -> None:
    names = [(kind, name) for kind, name, _ in WANTED]
    assert len(set(names)) == len(names)


def test_what_is_installed_fits_together() -> None:
    run_uv("pip", "check", "--python", sys.executable)
