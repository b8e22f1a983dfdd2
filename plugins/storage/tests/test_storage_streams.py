"""Objects as streams."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import IO, Any

import pytest

from fletching.errors import StorageError
from fletching.extend import storage_for
from object_stores import S3Server, faulty


def test_text(s3: S3Server, prefix: str) -> None:
    uri = f"s3://bucket/{prefix}/a.txt"
    storage = storage_for(uri)
    with storage.open(uri, "w") as stream:
        stream.write("über\n")
        stream.writelines(["zwei\n", "drei"])
    assert s3.get("bucket", f"{prefix}/a.txt") == "über\nzwei\ndrei".encode()
    with storage.open(uri, "r", cache_type="readahead", cache_options={}) as stream:
        assert list(stream) == ["über\n", "zwei\n", "drei"]
    with storage.open(uri, "wt", encoding="latin-1") as stream:
        stream.write("ü")
    assert s3.get("bucket", f"{prefix}/a.txt") == b"\xfc"
    with storage.open(uri, "rt", encoding="latin-1") as stream:
        assert stream.read() == "ü"


def test_bytes_anywhere(s3: S3Server, prefix: str) -> None:
    content = os.urandom(3_000_000)
    s3.put("bucket", f"{prefix}/b", content)
    uri = f"s3://bucket/{prefix}/b"
    model = io.BytesIO(content)
    with storage_for(uri).open(uri, "rb") as stream:
        assert stream.seekable()
        for offset, whence, count in [
            (0, 0, 10),
            (1000, 1, 300_000),
            (-5, 2, 100),
            (2_000_000, 0, 1_500_000),
            (0, 0, -1),
            (10_000_000, 0, 5),
            (250_000, 0, 20_000),
        ]:
            assert stream.seek(offset, whence) == model.seek(offset, whence)
            assert stream.read(count) == model.read(count)
            assert stream.tell() == model.tell()
        with pytest.raises(ValueError, match="no position -1"):
            stream.seek(-1)
    with pytest.raises(ValueError, match="closed"):
        stream.read()


def test_reading_on_asks_for_more_at_a_time(s3: S3Server, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytes(8_000_000)
    s3.put("bucket", f"{prefix}/b", content)
    uri = f"s3://bucket/{prefix}/b"
    with faulty(s3, []) as (address, requests):
        monkeypatch.setenv("FLYTE_AWS_ENDPOINT", address)
        with storage_for(uri).open(uri, "rb") as stream:
            assert sum(len(piece) for piece in iter(lambda: stream.read(10_000), b"")) == len(content)
        assert len(requests) <= 7


def test_what_replaces_an_object_while_it_is_read_is_not_mixed_in(s3: S3Server, prefix: str) -> None:
    s3.put("bucket", f"{prefix}/b", b"1" * 1_000_000)
    uri = f"s3://bucket/{prefix}/b"
    with storage_for(uri).open(uri, "rb") as stream:
        assert stream.read(10) == b"1" * 10
        s3.put("bucket", f"{prefix}/b", b"2" * 1_000_000)
        stream.seek(500_000)
        with pytest.raises(StorageError, match="412"):
            stream.read(10)


@pytest.mark.parametrize("mode", ["w", "wb"])
@pytest.mark.parametrize("size", [10, 12_000_000])
def test_an_error_while_writing_leaves_nothing(s3: S3Server, prefix: str, mode: str, size: int) -> None:
    uri = f"s3://bucket/{prefix}/half"
    text = "x" * size

    def write_half() -> IO[Any]:
        with storage_for(uri).open(uri, mode) as opened:
            kept.append(opened)
            opened.write(text if mode == "w" else text.encode())
            raise ZeroDivisionError

    kept: list[IO[Any]] = []
    with pytest.raises(ZeroDivisionError):
        write_half()
    assert s3.ask("GET", "bucket", f"{prefix}/half")[0] == 404
    assert prefix.encode() not in s3.ask("GET", "bucket?uploads")[1]
    with pytest.raises(ValueError, match=r"closed|detached"):
        kept[0].write("x" if mode == "w" else b"x")


def test_what_is_written_is_there_when_it_is_closed(s3: S3Server, prefix: str) -> None:
    uri = f"s3://bucket/{prefix}/whole"
    content = os.urandom(1_000_000) * 12
    stream = storage_for(uri).open(uri, "wb")
    for start in range(0, len(content), 700_000):
        stream.write(content[start : start + 700_000])
    assert stream.tell() == len(content)
    assert s3.ask("GET", "bucket", f"{prefix}/whole")[0] == 404
    stream.close()
    stream.close()
    assert s3.get("bucket", f"{prefix}/whole") == content
    with storage_for(uri).open(uri, "wb"):
        pass
    assert s3.get("bucket", f"{prefix}/whole") == b""
    with storage_for(uri).open(uri, "rb") as stream:
        assert stream.read() == b""


def test_a_store_that_fails_while_one_writes(s3: S3Server, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = f"s3://bucket/{prefix}/x"
    with faulty(s3, [(503, "SlowDown")] * 3) as (address, _):
        monkeypatch.setenv("FLYTE_AWS_ENDPOINT", address)
        stream = storage_for(uri).open(uri, "wb")
        stream.write(b"x")
        with pytest.raises(StorageError, match=f"writing '{uri}': .* answered 503 .*SlowDown"):
            stream.close()
    assert stream.closed


@pytest.mark.parametrize("mode", ["a", "r+", "x", "rbt", "", "rw"])
def test_modes_that_objects_do_not_have(mode: str) -> None:
    with pytest.raises(StorageError, match="objects do not change"):
        storage_for("s3://b").open("s3://bucket/x", mode)


def test_a_stream_needs_a_name() -> None:
    for mode in ("r", "w"):
        with pytest.raises(StorageError, match="names a bucket; a file has a name in it"):
            storage_for("s3://b").open("s3://bucket/", mode)


def test_a_file_can_be_given_to_what_wants_one(s3: S3Server, prefix: str, tmp_path: Path) -> None:
    import zipfile

    uri = f"s3://bucket/{prefix}/a.zip"
    with storage_for(uri).open(uri, "wb") as stream, zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("inner.txt", "content")
    with storage_for(uri).open(uri, "rb") as stream, zipfile.ZipFile(stream) as archive:
        assert archive.read("inner.txt") == b"content"
