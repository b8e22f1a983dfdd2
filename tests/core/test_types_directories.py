"""Directories: what is in them, and that nothing leads out of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from flyteidl.core.types_pb2 import BlobType

from fletching.errors import ConfigError, ConversionError
from fletching.types.engine import transformer
from fletching.types.files import FlyteDirectory, FlyteFile
from laws import obeys


def test_directories(folder: Path) -> None:
    carried = obeys(FlyteDirectory, str(folder))
    assert [entry.path for entry in carried.listdir()] == [str(folder / "a.txt"), str(folder / "below")]
    assert [type(entry) for entry in carried.listdir()] == [FlyteFile, FlyteDirectory]
    names = ["a.txt", "below/b.txt", "below/deep/c.txt"]
    assert list(carried.crawl()) == [(str(folder), name) for name in names]
    assert [name for _, name in carried.crawl(topdown=False)] == names[::-1]
    assert [name for _, name in carried.crawl(maxdepth=2)] == names[:2]
    assert carried / "x" == str(folder / "x")
    file = carried.new_file("new.txt")
    with file.open("w") as stream:
        stream.write("n")
    assert (folder / "new.txt").read_text() == "n"
    assert os.path.isdir(carried.new_dir("sub"))
    assert os.path.isdir(carried.new_dir())
    with pytest.raises(ConversionError) as caught:
        FlyteDirectory(str(folder / "none")).listdir()
    assert str(caught.value) == (
        f"expected a directory that can be listed, got {str(folder / 'none')!r} (No such file or directory)"
    )
    made = transformer(FlyteDirectory["csv"]).literal_type().blob  # type: ignore[misc]
    assert (made.format, made.dimensionality) == ("csv", BlobType.MULTIPART)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "", "s3://b/x"])
def test_nothing_outside_a_directory_is_named(name: str, folder: Path) -> None:
    directory = FlyteDirectory(str(folder))
    for use in (directory.new_file, directory.new_dir, directory.__truediv__):
        if name or use == directory.__truediv__:
            with pytest.raises(ConfigError, match=r"takes a relative name without '\.\.'"):
                use(name)


def test_links_that_lead_out_are_refused(folder: Path, tmp_path: Path, outputs: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("k")
    link = folder / "below" / "out"
    link.symlink_to(secret)
    directory = FlyteDirectory(str(folder))
    with pytest.raises(ConversionError, match="a link leads out of the directory"):
        list(directory.crawl())
    with pytest.raises(ConversionError, match="a link leads out of the directory"):
        directory.new_file("below/out/key")
    with pytest.raises(ConversionError) as caught:
        transformer(FlyteDirectory).to_literal(directory)
    assert str(caught.value) == (
        f"expected a directory without links that lead out of it, got {str(link)!r} -> {str(secret)!r} "
        "(replace the link by a copy, or by a relative link to something inside)"
    )
    assert not outputs.exists() or not any(place.name == "key" for place in outputs.rglob("*"))
    link.unlink()
    (folder / "alias").symlink_to("below")
    assert [name for _, name in directory.crawl()] == ["a.txt", "below/b.txt", "below/deep/c.txt"]
    assert Path(transformer(FlyteDirectory).to_literal(directory).scalar.blob.uri, "alias", "b.txt").read_text() == "b"
