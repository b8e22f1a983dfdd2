"""Outputs that are copied to a local place: whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fletching import FlyteDirectory, FlyteFile
from fletching.types.engine import transformer


@pytest.fixture
def made(tmp_path: Path) -> Path:
    folder = tmp_path / "made"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "a.txt").write_text("a")
    (folder / "link").symlink_to("in")
    return folder


def test_a_copy_has_its_name_when_it_is_whole(made: Path, tmp_path: Path) -> None:
    """A pipe cannot be copied, and comes after what can."""
    os.mkfifo(made / "zz")
    target = tmp_path / "out" / "copy"
    with pytest.raises(Exception, match=r"named pipe|special file|zz"):
        transformer(FlyteDirectory).to_literal(FlyteDirectory(str(made), remote_directory=str(target)))
    assert os.listdir(target.parent) == []


def test_a_folder_and_a_file_are_copied(made: Path, tmp_path: Path) -> None:
    target = tmp_path / "out" / "copy"
    for _ in range(2):
        literal = transformer(FlyteDirectory).to_literal(FlyteDirectory(str(made), remote_directory=str(target)))
        assert literal.scalar.blob.uri == str(target)
        assert (target / "in" / "a.txt").read_text() == "a"
        assert os.readlink(target / "link") == "in"
        assert os.listdir(target.parent) == ["copy"]
    file = tmp_path / "out" / "file"
    file.write_text("old")
    os.link(file, tmp_path / "other-name")
    transformer(FlyteFile).to_literal(FlyteFile(str(made / "in" / "a.txt"), remote_path=str(file)))
    assert file.read_text() == "a"
    assert (tmp_path / "other-name").read_text() == "old"
    assert sorted(os.listdir(file.parent)) == ["copy", "file"]
