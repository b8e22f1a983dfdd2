"""The index of what is installed: when it is used, written, and left alone."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path

import importlib_metadata
import pytest

from distributions import Site
from fletching import index, installed, survey
from fletching.errors import PluginWarning
from sites import STANDARD, index_files, judge, read, tick, told

GROUPS = {
    "fletching.tasks": ["echo", "sidecar", "a name with spaces"],
    "fletching.hooks": ["audit"],
    "fletching.types": ["pandas", "torch.Tensor"],
    "console_scripts": ["fletch-x"],
}


def test_a_warm_read_uses_neither_importlib_metadata_nor_json(tmp_path: Path) -> None:
    only_site = Site(tmp_path / "site")
    only_site.add("shout", {"tasks": {"shout": "shout:Shout"}}, requires=("fletching>=0.1,<0.2",))
    program = """
        import sys, time
        from fletching import index, survey
        before = set(sys.modules)
        found = index.current(survey.searched(), now=time.time_ns() + 10**10)
        print(*found.names("tasks"), "-", *sorted(set(sys.modules) - before))
    """
    for _ in range(5):  # the environment that the tests run in may change at any time
        names, _, modules = only_site.run(program, env={"FLETCHING_HOME": str(tmp_path / "home")}).stdout.partition(
            " - "
        )
        assert "shout" in names.split()
        if "importlib_metadata" not in modules:
            break
    assert not {"importlib_metadata", "importlib.metadata", "json", "packaging", "pluggy"} & set(modules.split())
    assert len(modules.split()) < 5


def test_nothing_is_written_within_two_seconds_of_a_change(home: Path, only_site: Site) -> None:
    only_site.add("shout", {"tasks": {"shout": "shout:Shout"}})
    paths = survey.searched()
    assert paths is not None
    changed = survey.survey(paths).newest
    index.current(paths, now=changed + 2 * 10**9 - 1)
    assert not index_files(home)
    index.current(paths, now=changed + 2 * 10**9 + 1)
    assert len(index_files(home)) == 1


def test_a_changed_folder_without_changed_metadata_keeps_the_index(
    home: Path, only_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_site.add("shout", {"tasks": {"shout": "shout:Shout"}})
    expected = read()
    tick(only_site.folder.parent)
    (only_site.folder / "script.py").write_text("", encoding="utf-8")

    def refuse(stamps: object = None) -> None:
        raise AssertionError("importlib-metadata was asked")

    monkeypatch.setattr("fletching.scan.scan", refuse)
    assert read() == expected
    assert read() == expected


def test_the_variable_turns_the_index_off(home: Path, only_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    only_site.add("shout", {"tasks": {"shout": "shout:Shout"}})
    monkeypatch.setenv("FLETCHING_INDEX", "0")
    assert installed.read().names("tasks") == ["shout"]
    assert not home.exists()


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid"), reason="permissions are POSIX")
def test_an_unwritable_cache_is_no_reason_to_fail(
    tmp_path: Path, only_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_site.add("shout", {"tasks": {"shout": "shout:Shout"}})
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("FLETCHING_HOME", str(tmp_path / "file"))
    assert read().names("tasks") == ["shout"]


def test_a_zip_on_the_path_is_read_without_an_index(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = Site(tmp_path / "elsewhere").add("shout", {"tasks": {"shout": "shout:Shout"}})
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as file:
        for one in info.iterdir():
            file.write(one, f"{info.name}/{one.name}")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "packed.zip"), *sys.path])
    found = installed.read()
    assert [str(one.distribution) for one in found.find("tasks", "shout")] == ["shout 1.0"]
    assert told(found) == judge()
    assert not index_files(home)


def test_a_custom_finder_is_asked(home: Path, only_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    info = Site(only_site.folder.parent / "elsewhere").add("shout", {"tasks": {"shout": "shout:Shout"}})

    class Finder:
        @staticmethod
        def find_distributions(context: object = None) -> list[importlib_metadata.Distribution]:
            return [importlib_metadata.Distribution.at(info)]

        @staticmethod
        def find_spec(name: str, path: object = None, target: object = None) -> None:
            return None

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder()])
    assert installed.read().names("tasks") == ["shout"]
    assert not index_files(home)


def test_the_first_folder_on_the_path_wins(home: Path, only_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    only_site.add("shout", version="1.0")
    Site(only_site.folder.parent / "later").add("shout", {"tasks": {"shout": "shout:Shout"}}, version="2.0")
    monkeypatch.setattr(sys, "path", [sys.path[0], str(only_site.folder.parent / "later"), *STANDARD])
    assert told(read()) == judge() == []
    assert told(read()) == []


def test_an_editable_install_is_seen(home: Path, only_site: Site) -> None:
    source = only_site.folder.parent / "project" / "src"
    source.mkdir(parents=True)
    assert told(read()) == []
    tick(only_site.folder.parent)
    (only_site.folder / "shout.pth").write_text(str(source), encoding="utf-8")
    only_site.add("shout", {"tasks": {"shout": "shout:Shout"}})
    assert read().names("tasks") == ["shout"]


@pytest.mark.parametrize("content", [b"\xff\xfe[fletching.tasks]\x00", b"[fletching.tasks]\nno value here\n"])
def test_one_distribution_with_broken_metadata_hides_no_other(home: Path, only_site: Site, content: bytes) -> None:
    only_site.add("shout", {"tasks": {"shout": "shout:Shout"}})
    info = only_site.add("torn", {"tasks": {"torn": "torn:Torn"}})
    (info / "entry_points.txt").write_bytes(content)
    with pytest.warns(PluginWarning, match="plugins of torn were skipped: its entry_points.txt in"):
        found = read()
    assert found.names("tasks") == ["shout"]
    assert not index_files(home)


def test_a_foreign_distribution_with_broken_metadata_is_not_our_business(home: Path, only_site: Site) -> None:
    only_site.add("shout", {"tasks": {"shout": "shout:Shout"}})
    info = only_site.add("torn")
    (info / "entry_points.txt").write_bytes(b"[console_scripts]\nno value here\n")
    nameless = only_site.folder / "nameless-1.0.dist-info"
    nameless.mkdir()
    (nameless / "entry_points.txt").write_text("[fletching.types]\nx = x:X\n", encoding="utf-8")
    for _ in range(2):
        found = read()
        assert found.names("tasks") == ["shout"]
        assert [str(one) for one in found.distributions] == ["shout 1.0", "nameless ?"]
    assert len(index_files(home)) == 1


def test_ranges_on_core_are_read(home: Path, only_site: Site) -> None:
    requires = (
        "Fletching[sql] >=0.1",
        "fletching<9; python_version >= '3'",
        "fletching==7; extra == 'x'",
        "not a requirement!",
    )
    only_site.add("shout", {"tasks": {"shout": "shout:Shout"}}, requires=requires)
    for _ in range(2):
        assert [one.requires for one in read().distributions] == [">=0.1,<9"]


def test_names_that_have_no_form_as_text_are_not_cached(home: Path, only_site: Site) -> None:
    info = only_site.add("shout", {"tasks": {"a\tb": "shout:Shout"}})
    assert info.exists()
    for _ in range(2):
        assert told(read()) == judge()
    assert not index_files(home)


def test_old_index_files_are_thrown_away(home: Path, only_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(index.KEEP + 10):
        folder = only_site.folder / f"script{number}"
        folder.mkdir()
        monkeypatch.setattr(sys, "path", [str(folder), *STANDARD])
        read()
    assert len(index_files(home)) <= index.KEEP


def test_the_index_of_another_user_is_not_used(home: Path, only_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    only_site.add("shout", {"tasks": {"shout": "shout:Shout"}})
    read()
    (file,) = index_files(home)
    paths = survey.searched()
    assert paths is not None
    assert index.load(str(file), paths) is not None
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert index.load(str(file), paths) is None


def test_an_index_longer_than_the_first_read(home: Path, only_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    only_site.add("shout", {"tasks": {f"shout{number}": "shout:Shout" for number in range(100)}})
    monkeypatch.setattr(index, "START", 80)
    expected = told(read())
    monkeypatch.setattr("fletching.scan.scan", None)
    assert told(read()) == expected
    (file,) = index_files(home)
    file.write_bytes(file.read_bytes()[:1000])
    paths = survey.searched()
    assert paths is not None
    assert index.load(str(file), paths) is None


def test_an_index_that_cannot_be_put_in_place_leaves_nothing_behind(home: Path, only_site: Site) -> None:
    only_site.add("shout", {"tasks": {"shout": "shout:Shout"}})
    read()
    (file,) = index_files(home)
    file.unlink()
    file.mkdir()
    (file / "in the way").touch()
    assert read().names("tasks") == ["shout"]
    assert index_files(home) == [file]


def test_a_path_that_has_no_form_as_text_is_read_without_an_index(
    home: Path, only_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_site.add("shout", {"tasks": {"shout": "shout:Shout"}})
    monkeypatch.setattr(sys, "path", [*sys.path, "/nowhere/\udcff"])
    assert read().names("tasks") == ["shout"]
    monkeypatch.setattr(sys, "path", [*sys.path, only_site.folder])
    assert survey.searched() is None
    assert installed.read().names("tasks") == ["shout"]
    assert not index_files(home)


def test_a_snapshot_equals_another_of_the_same_content(home: Path, only_site: Site) -> None:
    only_site.add("shout", {"tasks": {"shout": "shout:Shout"}})
    first, second = read(), read()
    assert first == second
    assert hash(first) == hash(second)
    assert first != installed.Installed()
    assert first != 5
    assert repr(first) == "Installed(1 entry points, core_version='')"
