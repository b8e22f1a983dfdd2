"""Which files are looked at, how they are read, and what is written."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from fletching_migrate.onefile import look_at
from fletching_migrate.requirements import in_lines, is_known_file
from fletching_migrate.walk import files_below, kind_of

LINE = b"from flytekit import task\n"


def names(folder: Path) -> list[str]:
    return [file.relative_to(folder).as_posix() for file in files_below(folder)]


def test_folders_that_are_nobodys_work_are_left_out(tmp_path: Path) -> None:
    for name in ("a.py", "sub/b.pyi", ".venv/c.py", "node_modules/d.py", "e/site-packages/f.py", "build/g.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(LINE)
    (tmp_path / "my_env").mkdir()
    (tmp_path / "my_env" / "pyvenv.cfg").touch()
    (tmp_path / "my_env" / "h.py").write_bytes(LINE)
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    for name in ("data.bin", "notes.md", "Makefile", "i.ipynb", "requirements-dev.txt", ".github/workflows/ci.yml"):
        (tmp_path / name).write_bytes(b"{}")
    assert names(tmp_path) == [
        "Makefile", "a.py", "i.ipynb", "requirements-dev.txt", ".github/workflows/ci.yml", "sub/b.pyi",
    ]  # fmt: skip


def test_what_git_ignores_is_left_out(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".gitignore").write_text("made_*.py\nout/\n")
    (tmp_path / "out").mkdir()
    for name in ("a.py", "made_b.py", "out/c.py"):
        (tmp_path / name).write_bytes(LINE)
    assert names(tmp_path) == ["a.py"]
    assert [file.name for file in files_below(tmp_path / "made_b.py")] == ["made_b.py"]


def test_links_are_not_followed_and_a_named_one_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "out" / "real.py").write_bytes(LINE)
    (tmp_path / "in" / "link.py").symlink_to(tmp_path / "out" / "real.py")
    (tmp_path / "in" / "folder").symlink_to(tmp_path / "out", target_is_directory=True)
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in", target_is_directory=True)
    assert names(tmp_path / "in") == []
    look_at(tmp_path / "in" / "link.py").write()
    assert (tmp_path / "in" / "link.py").is_symlink()
    assert (tmp_path / "out" / "real.py").read_bytes() == b"from fletching import task\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"\xef\xbb\xbffrom flytekit import task\r\n# caf\xc3\xa9\r\n",
        b"# -*- coding: latin-1 -*-\nfrom flytekit import task  # caf\xe9\n",
        b"#!/usr/bin/env python\n# vim: set fileencoding=cp1252 :\nfrom flytekit import task\nx = '\x80'\n",
        b"if True:\n\tfrom flytekit import task\t# tab\n\n\n",
        b"from flytekit import task",
    ],
)
def test_all_bytes_but_the_import_stay(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(raw)
    file.chmod(0o750)
    looked = look_at(file)
    assert file.read_bytes() == raw
    looked.write()
    assert file.read_bytes() == raw.replace(b"flytekit", b"fletching")
    assert file.stat().st_mode & 0o777 == 0o750
    assert os.listdir(tmp_path) == ["a.py"]


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"from flytekit import task\n# \xff\n", "decoded"),
        (b"# -*- coding: nothing -*-\nimport flytekit\n", "decoded"),
        (b"# -*- coding: utf-7 -*-\nimport flytekit\n+AGE-\n", "encoding"),
    ],
)
def test_what_cannot_be_decoded_is_told(tmp_path: Path, raw: bytes, word: str) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(raw)
    looked = look_at(file)
    assert not looked.changed
    assert word in looked.migrated.findings[0].advice


def test_a_file_of_something_else_may_have_any_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"\xff\xfe\0\0")
    assert not look_at(tmp_path / "a.py").migrated.findings


def test_an_unreadable_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.py").mkdir()
    assert "cannot be read" in look_at(tmp_path / "a.py").migrated.findings[0].advice


def test_a_failed_write_leaves_the_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(LINE)

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space"):
        look_at(file).write()
    assert file.read_bytes() == LINE
    assert os.listdir(tmp_path) == ["a.py"]


@pytest.mark.parametrize(
    ("line", "name", "word"),
    [
        ("flytekit==1.16.31", "flytekit", "require fletching"),
        ("flytekitplugins-sqlalchemy>=1.10 ; python_version > '3.8'", "flytekitplugins-sqlalchemy", "fletching[sql]"),
        ("flytekitplugins_duckdb", "flytekitplugins_duckdb", "fletching[sql]"),
        ('dependencies = ["flytekitplugins-nothing>=1"]', "flytekitplugins-nothing", "no plugin here"),
        ("RUN pip install flytekit[sqlalchemy] pandas", "flytekit[sqlalchemy]", "require fletching"),
        ("\tpyflyte run flow.py main --n 3", "pyflyte run", "fletch run"),
        ("pyflyte -c config.yaml register flows", "pyflyte", "call fletch"),
        ('CMD ["pyflyte-execute"]', "pyflyte-execute", "fletch-execute"),
        ("FROM ghcr.io/flyteorg/flytekit:py3.11-1.16.0", "ghcr.io/flyteorg/flytekit:py3.11-1.16.0", "image"),
        ("python -m flytekit.bin.entrypoint", "python -m flytekit.bin.entrypoint", "fletching"),
    ],
)
def test_requirements_and_commands_are_told(line: str, name: str, word: str) -> None:
    (found,) = in_lines(f"# a comment about flytekit and pyflyte run\n{line}\n")
    assert (found.line, found.name) == (2, name)
    assert word in found.advice


@pytest.mark.parametrize(
    "line",
    [
        "# flytekit==1.2",
        "flytectl get project",
        "fletching==0.1",
        "my-flytekit-fork",
        "x/pyflyte.txt",
        "RUN cp $V/bin/flytekit_venv /bin",
    ],
)
def test_other_lines_are_left_alone(line: str) -> None:
    assert in_lines(line) == ()


def test_kinds_are_known_by_name() -> None:
    lines = ["requirements.txt", "requirements/dev.in", "Dockerfile.gpu", "Makefile", "run.sh", "pyproject.toml"]
    assert [name for name in lines if not is_known_file(Path(name))] == ["requirements/dev.in"]
    assert kind_of(Path("a.ipynb")) == "notebook"
    assert kind_of(Path("readme.md")) == ""
