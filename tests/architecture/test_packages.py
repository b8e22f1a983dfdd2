"""Each distribution is complete: in its folder, in its metadata, in the files that are published."""

from __future__ import annotations

import re
import tarfile
import zipfile
from importlib import import_module
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from repository import CORE, MEMBERS, PLUGINS, ROOT, Member, load_toml

GROUPS = {"backends", "commands", "executors", "hooks", "images", "renderers", "secrets", "storage", "tasks", "types"}
BY_MEMBER = pytest.mark.parametrize("member", MEMBERS, ids=str)
BY_PLUGIN = pytest.mark.parametrize("plugin", PLUGINS, ids=str)


@BY_MEMBER
def test_the_folder_is_complete(member: Member) -> None:
    for name in ("LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml"):
        file = member.folder / name
        assert file.is_file(), name
        assert not file.is_symlink(), f"{name}: a link breaks the source distribution"
    assert (member.folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert (member.source / "py.typed").is_file()
    readme = (member.folder / "README.md").read_text(encoding="utf-8")
    assert readme.startswith(f"# {member.distribution}\n")
    assert re.search(rf"pip install ({member.distribution}\b|'?fletching\[{member.folder.name}\])", readme)
    changes = (member.folder / "CHANGELOG.md").read_text(encoding="utf-8")
    assert changes.startswith(f"# Changelog of {member.distribution}\n")
    assert f"\n## {member.project['version']}" in changes


@BY_MEMBER
def test_the_metadata_is_complete(member: Member) -> None:
    project = member.project
    assert len(project["description"]) > 30
    assert not project["description"].endswith(".")
    assert project["license"] == "Apache-2.0"
    assert project["requires-python"] == ">=3.11"
    assert "Typing :: Typed" in project["classifiers"]
    assert project["keywords"]
    for text in project["dependencies"]:
        assert Requirement(text).specifier, f"{text}: no range"
    assert project["version"] not in (member.source / "__init__.py").read_text(encoding="utf-8")


@BY_PLUGIN
def test_a_plugin_has_the_agreed_shape(plugin: Member) -> None:
    assert plugin.distribution == f"{CORE.distribution}-{plugin.folder.name}"
    assert list((plugin.folder / "tests").glob("test_*.py")), "no tests"
    assert plugin.entry_points, "brings nothing"
    assert {group.removeprefix("fletching.") for group in plugin.entry_points} <= GROUPS
    if "fletching.tasks" in plugin.entry_points:
        assert (plugin.source / "config.py").is_file()
        assert (plugin.source / "task.py").is_file()


@BY_PLUGIN
def test_a_plugin_says_which_core_it_fits(plugin: Member) -> None:
    ranges = [r.specifier for r in map(Requirement, plugin.project["dependencies"]) if r.name == CORE.distribution]
    assert len(ranges) == 1
    assert {clause.operator for clause in ranges[0]} == {">=", "<"}
    assert ranges[0].contains(Version(CORE.project["version"]))


@BY_PLUGIN
def test_every_entry_point_resolves(plugin: Member) -> None:
    for names in plugin.entry_points.values():
        for name, target in names.items():
            module, _, attribute = target.partition(":")
            found = import_module(module)
            for part in filter(None, attribute.split(".")):
                found = getattr(found, part)
            word = getattr(found, "task_type", name)
            assert word == name or not isinstance(word, str), f"{target} is of type {word!r}"


def test_core_has_an_extra_for_every_plugin() -> None:
    extras = CORE.project["optional-dependencies"]
    for plugin in PLUGINS:
        wanted = [Requirement(text) for text in extras[plugin.folder.name]]
        assert [requirement.name for requirement in wanted] == [plugin.distribution]
        assert wanted[0].specifier.contains(Version(plugin.project["version"]))
    names = sorted(plugin.folder.name for plugin in PLUGINS)
    assert sorted(extras) == sorted([*names, "all", "testing", "yaml"])
    assert extras["all"] == [f"{CORE.distribution}[{','.join([*names, 'yaml'])}]"]


def test_the_workspace_names_every_member() -> None:
    sources = load_toml(ROOT / "pyproject.toml")["tool"]["uv"]["sources"]
    assert sorted(sources) == sorted(member.distribution for member in MEMBERS)
    assert all(source == {"workspace": True} for source in sources.values())


def test_the_official_names_are_what_the_plugins_bring() -> None:
    lines = (CORE.source / "official.txt").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#"))
    for plugin in PLUGINS:
        assert plugin.distribution in text, f"{plugin.distribution} is not in official.txt"


@BY_MEMBER
def test_the_wheel_is_complete(member: Member, wheels: dict[str, Path]) -> None:
    with zipfile.ZipFile(wheels[member.distribution]) as wheel:
        names = set(wheel.namelist())
        info = f"{member.package}-{member.project['version']}.dist-info"
        assert {f"{member.package}/py.typed", f"{info}/licenses/LICENSE", f"{info}/METADATA"} <= names
        shipped = {
            file.relative_to(member.source.parent).as_posix() for file in member.source.rglob("*") if file.is_file()
        }
        assert {name for name in shipped if "__pycache__" not in name} <= names
        assert {name.split("/")[0] for name in names} == {member.package, info}
        metadata = wheel.read(f"{info}/METADATA").decode()
    assert "\nDescription-Content-Type: text/markdown\n" in metadata
    assert "\nLicense-Expression: Apache-2.0\n" in metadata


@BY_MEMBER
def test_the_source_distribution_is_complete(member: Member, sdists: dict[str, Path]) -> None:
    with tarfile.open(sdists[member.distribution]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        links = [part.name for part in archive.getmembers() if part.issym() or part.islnk()]
    assert not links
    assert {"LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml", "PKG-INFO"} <= names
