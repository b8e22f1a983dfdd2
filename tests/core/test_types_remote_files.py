"""Files and directories of a storage plugin: fetched when needed, written where outputs go."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fletching.errors import PluginContractError, UnknownPluginError
from fletching.plugins import manager
from fletching.types.blobs import raw_output_prefix
from fletching.types.engine import transformer
from fletching.types.files import FlyteDirectory, FlyteFile
from laws import obeys


class Memory:
    """A storage of files in a dict, which counts its downloads."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.downloads: list[str] = []

    def download(self, uri: str, path: str) -> None:
        self.downloads.append(uri)
        if uri in self.files:
            Path(path).write_bytes(self.files[uri])
            return
        for name, data in self.files.items():
            place = Path(path, name.removeprefix(uri + "/"))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)

    def upload(self, path: str, uri: str) -> None:
        if os.path.isfile(path):
            self.files[uri] = Path(path).read_bytes()
            return
        for place in Path(path).rglob("*"):
            if place.is_file():
                self.files[f"{uri}/{place.relative_to(path).as_posix()}"] = place.read_bytes()

    def open(self, uri: str, mode: str, **options: Any) -> Any:
        if "r" in mode:
            stream = io.BytesIO(self.files[uri])
            return stream if "b" in mode else io.TextIOWrapper(stream, encoding="utf-8")
        files = self.files

        class Writer(io.BytesIO):
            def close(self) -> None:
                files[uri] = self.getvalue()
                super().close()

        return Writer() if "b" in mode else io.TextIOWrapper(Writer(), encoding="utf-8")

    def listdir(self, uri: str) -> list[tuple[str, bool]]:
        rest = [name.removeprefix(uri + "/") for name in self.files if name.startswith(uri + "/")]
        return sorted({(name.partition("/")[0], "/" in name) for name in rest})


@pytest.fixture
def memory() -> Iterator[Memory]:
    storage = Memory()
    undo = manager().provide("storage", "mem", lambda: storage)
    yield storage
    undo()


def test_remote_files_are_fetched_when_needed(memory: Memory) -> None:
    memory.files["mem://b/dir/a.txt"] = b"remote"
    carried = obeys(FlyteFile, "mem://b/dir/a.txt")
    assert (carried.path, carried.remote_source, carried.downloaded) == (
        "mem://b/dir/a.txt",
        "mem://b/dir/a.txt",
        False,
    )
    with carried.open() as stream:
        assert stream.read() == "remote"
    assert memory.downloads == []
    assert Path(carried).read_text() == "remote"
    assert Path(carried.download()).name == "a.txt"
    assert memory.downloads == ["mem://b/dir/a.txt"]
    assert carried.path == os.fspath(carried)
    # Passed on, it is still the remote one, and nobody fetches it a second time.
    assert transformer(FlyteFile).to_literal(carried).scalar.blob.uri == "mem://b/dir/a.txt"
    again = transformer(FlyteFile).carry(carried)
    assert again.remote_source == "mem://b/dir/a.txt"
    assert Path(again).read_text() == "remote"
    assert memory.downloads == ["mem://b/dir/a.txt"]
    literal = transformer(FlyteFile).to_literal(carried)
    assert transformer(Path).to_python(literal).read_text() == "remote"


def test_remote_outputs(memory: Memory, table: Path, folder: Path) -> None:
    token = raw_output_prefix.set("mem://bucket/outputs")
    try:
        uri = transformer(FlyteFile).to_literal(str(table)).scalar.blob.uri
        assert uri.startswith("mem://bucket/outputs/")
        assert memory.files[uri] == b"a,b\n1,2\n"
        uri = transformer(FlyteDirectory).to_literal(str(folder)).scalar.blob.uri
        assert memory.files[f"{uri}/below/b.txt"] == b"b"
        assert FlyteDirectory.new_remote("d").new_dir("e").path.startswith("mem://bucket/outputs/")
        out = FlyteFile.new_remote_file("x.txt")
        with out.open("w") as stream:
            stream.write("x")
        assert memory.files[out.path] == b"x"
        assert FlyteFile.new_remote_file("x", alt="other").path.startswith("mem://other/outputs/")
        literal = transformer(bytes).to_literal(b"abc")
        assert literal.scalar.blob.uri.startswith("mem://bucket/outputs/")
        assert transformer(bytes).to_python(literal) == b"abc"
    finally:
        raw_output_prefix.reset(token)


def test_remote_directories(memory: Memory) -> None:
    memory.files |= {"mem://b/d/a.txt": b"a", "mem://b/d/below/b.txt": b"b"}
    carried = obeys(FlyteDirectory, "mem://b/d")
    assert carried.listdir() == [FlyteFile("mem://b/d/a.txt"), FlyteDirectory("mem://b/d/below")]
    assert list(carried.crawl()) == [("mem://b/d", "a.txt"), ("mem://b/d", "below/b.txt")]
    assert carried / "x" == "mem://b/d/x"
    assert carried.new_file("x").path == "mem://b/d/x"
    assert memory.downloads == []
    assert Path(carried, "below", "b.txt").read_text() == "b"
    assert memory.downloads == ["mem://b/d"]


def test_a_scheme_without_storage_plugin_says_what_is_needed() -> None:
    file = obeys(FlyteFile, FlyteFile("nowhere://b/a"))
    for use in (file.download, file.open, lambda: os.fspath(file)):
        with pytest.raises(UnknownPluginError) as caught:
            use()
        assert str(caught.value) == (
            "'nowhere://b/a' needs a storage plugin for 'nowhere', and none is installed; "
            "install a package that brings the entry point 'nowhere' in the group 'fletching.storage', "
            "or use a local path"
        )


def test_a_storage_plugin_that_is_none() -> None:
    undo = manager().provide("storage", "half", dict)
    try:
        with pytest.raises(PluginContractError) as caught:
            FlyteFile("half://x").download()
    finally:
        undo()
    assert str(caught.value) == (
        "the storage plugin for 'half' gave dict, which lacks one of download, upload, open, listdir"
    )


@pytest.mark.parametrize("kind", [FlyteFile, FlyteDirectory])
def test_a_storage_that_fetches_nothing_and_says_so_to_nobody_is_named(memory: Memory, kind: Any) -> None:
    given = kind("mem://nothing/is-here")
    said = r"Memory, the storage plugin for 'mem', fetched 'mem://nothing/is-here' without an error, and left nothing"
    with pytest.raises(PluginContractError, match=said):
        given.download()
    assert not given.downloaded
