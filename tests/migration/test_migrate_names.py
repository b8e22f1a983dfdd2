"""The table of names: each name of flytekit is in it, and each name it gives is there."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.metadata import entry_points, metadata
from importlib.resources import files
from pathlib import Path

import pytest

import fletching
from fletching.errors import UnknownPluginError
from fletching_migrate.names import UNKNOWN, Home, known_names
from repository import run_python

NAMES = Path(__file__).with_name("flytekit_names.txt").read_text(encoding="utf-8").split()
"""What `tests/migration/record_names.py` found in flytekit 1.16.31."""
HOMES = sorted({(home.module, home.name, home.package) for home in known_names().homes() if home.module})


def test_the_recorded_names_are_those_of_flytekit() -> None:
    assert {"flytekit.task", "flytekit.types.file.FlyteFile", "flytekit.core.task.TaskPlugins"} <= set(NAMES)
    assert len(NAMES) > 900


def test_each_public_name_of_flytekit_has_a_home_or_a_reason() -> None:
    # What flytekit itself offers at its top, and below its documented modules.
    documented = ("flytekit.types", "flytekit.extend", "flytekit.testing", "flytekit.exceptions", "flytekit.extras")
    helpers = {"T", "P", "O", "FuncOut", "noop", "DF"}
    unknown = [
        name
        for name in NAMES
        if (name.count(".") == 1 or name.startswith(documented))
        and name.rpartition(".")[2] not in helpers
        and known_names().home(name).advice == UNKNOWN
    ]
    assert not unknown


@pytest.mark.parametrize(("module", "name", "package"), HOMES)
def test_each_home_is_there(module: str, name: str, package: str) -> None:
    said = [home.advice for home in known_names().homes() if (home.module, home.name) == (module, name)]
    if all("not part of this version" in advice for advice in said):
        with pytest.raises(UnknownPluginError, match=f"fletching-{package}"):
            getattr(import_module(module), name)
    else:
        assert hasattr(import_module(module), name.partition("[")[0])
        assert not any("not part of this version" in advice for advice in said)


def test_each_everyday_name_of_fletching_can_be_reached() -> None:
    theirs = {name.rpartition(".")[2] for name in NAMES if name.count(".") == 1 or ".models." not in name}
    reached = {home.name for home in known_names().homes() if home.module == "fletching"}
    assert theirs.intersection(fletching.__all__) <= reached


@pytest.mark.parametrize(
    ("path", "home"),
    [
        ("flytekit.task", "fletching.task"),
        ("flytekit.core.base_task.TaskMetadata", "fletching.TaskMetadata"),
        ("flytekit.models.task.TaskMetadata", ""),
        ("flytekit.models.security.Secret", "fletching.Secret"),
        ("flytekit.exceptions.user.FlyteRecoverableException", "fletching.RecoverableError"),
        ("flytekit.tools.translator.get_serializable", "fletching.extend.get_serializable"),
        ("flytekit.tools.translator.Options", "fletching.Options"),
        ("flytekit.tools.translator.get_serializable_task", ""),
        ("flytekit.core.resources.ResourceSpec", "fletching.resources.ResourceSpec"),
        ("flytekit.types.file.FileExt", "fletching.types.places.FileExt"),
        ("flytekit.no.such.thing", ""),
    ],
)
def test_the_longest_line_wins(path: str, home: str) -> None:
    found = known_names().home(path)
    assert f"{found.module}.{found.name}".strip(".") == home
    assert bool(found.advice) is not bool(home)


def test_each_device_is_found_where_they_are_here() -> None:
    from fletching import accelerators

    module = "flytekit.extras.accelerators."
    theirs = [name.removeprefix(module) for name in NAMES if name.startswith(module)]
    both = [name for name in theirs if name in accelerators.__all__]
    assert {"A100", "T4", "V5E", "GPUAccelerator", "BaseAccelerator"} <= set(both)
    for name in both:
        home = known_names().home(module + name)
        assert getattr(import_module(home.module), home.name) is getattr(accelerators, name)
        assert not home.advice


def test_a_reason_says_what_to_do() -> None:
    assert all(home.module or home.advice for home in known_names().homes())
    assert isinstance(known_names().home("flytekit.task"), Home)


def lines(file: str) -> dict[str, str]:
    text = files("fletching_migrate").joinpath(file).read_text(encoding="utf-8")
    return dict(line.split(" | ") for line in text.splitlines() if not line.startswith("#"))


def test_each_command_that_is_named_is_there() -> None:
    known = run_python("-m", "fletching", "--help").stdout
    programs = {point.name for point in entry_points(group="console_scripts")}
    for said in lines("commands.txt").values():
        for name in re.findall(r"\bfletch ([a-z]+)", said):
            assert f"\n  {name} " in known, said
        for name in re.findall(r"\bfletch-[a-z-]+", said):
            assert name in programs, said


def test_each_extra_that_is_named_is_there() -> None:
    known = set(metadata("fletching").get_all("Provides-Extra") or ())
    for said in lines("packages.txt").values():
        for name in re.findall(r"fletching\[([a-z]+)\]", said):
            assert (name in known) is ("not part of this version" not in said), said
    assert {home.package for home in known_names().homes() if not home.advice} - {""} <= known
