"""Files and folders to and from a real server that speaks S3."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fletching.errors import StorageError, StorageNotFoundError
from fletching.extend import storage_for
from object_stores import S3Server, faulty

ODD = [
    "a b.txt",
    "é/ü ß.txt",
    "h#a?q=1&x.txt",
    "100%.txt",
    "%20",
    "plus+and=eq~(1)'!*,;:@$",
    "d/.hidden",
    "日本.txt",
    "[x]{y}|z",
]


def put(folder: Path, *names: str) -> Path:
    for name in names:
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"content of {name}")
    return folder


def contents(folder: Path) -> dict[str, bytes | None]:
    return {
        str(place.relative_to(folder)): place.read_bytes() if place.is_file() else None for place in folder.rglob("*")
    }


def test_a_file_there_and_back(s3: S3Server, prefix: str, tmp_path: Path) -> None:
    storage = storage_for("s3://bucket/x")
    for number, name in enumerate(ODD):
        made = tmp_path / str(number)
        made.write_text(name)
        uri = f"s3://bucket/{prefix}/{name}"
        storage.upload(str(made), uri)
        assert s3.get("bucket", f"{prefix}/{name}") == name.encode()
        storage.download(uri, str(tmp_path / "back" / str(number)))
        assert (tmp_path / "back" / str(number)).read_text() == name


def test_a_folder_there_and_back(s3: S3Server, prefix: str, tmp_path: Path) -> None:
    made = put(tmp_path / "made", *ODD, "deep/er/and/deeper", *(f"many/{number}" for number in range(60)))
    (made / "empty" / "inside").mkdir(parents=True)
    (made / "nothing").write_text("")
    (made / "link").symlink_to("deep")
    storage = storage_for("s3://bucket/x")
    storage.upload(str(made), f"s3://bucket/{prefix}/folder")
    assert s3.get("bucket", f"{prefix}/folder/{ODD[2]}") == f"content of {ODD[2]}".encode()
    storage.download(f"s3://bucket/{prefix}/folder", str(tmp_path / "back"))
    (made / "link").unlink()
    put(made, "link/er/and/deeper")
    (made / "link/er/and/deeper").write_text("content of deep/er/and/deeper")
    assert contents(tmp_path / "back") == contents(made)
    listed = storage.listdir(f"s3://bucket/{prefix}/folder/")
    assert [name for name, is_folder in listed if is_folder] == ["d", "deep", "empty", "link", "many", "é"]
    assert ("a b.txt", False) in listed
    assert storage.listdir(f"s3://bucket/{prefix}/folder/empty") == [("inside", True)]
    assert storage.listdir(f"s3://bucket/{prefix}/folder/empty/inside") == []
    assert sorted(tmp_path.iterdir()) == [tmp_path / "back", tmp_path / "made"]


name = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="/"), min_size=1, max_size=20).filter(
    lambda text: text not in (".", "..")
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(name, min_size=1, max_size=3))
def test_any_name_there_and_back(s3: S3Server, tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    folder = tmp_path_factory.mktemp("names")
    place = folder.joinpath("made", *names)
    place.parent.mkdir(parents=True)
    place.write_text("content")
    root = f"s3://bucket/{os.urandom(8).hex()}"
    storage = storage_for(root)
    storage.upload(str(folder / "made"), root)
    storage.download(root, str(folder / "back"))
    assert contents(folder / "back") == contents(folder / "made")
    assert storage.listdir(root) == [(names[0], len(names) > 1)]
    storage.download("/".join([root, *names]), str(folder / "alone"))
    assert (folder / "alone").read_text() == "content"


def test_a_download_goes_into_a_folder_that_is_there(s3: S3Server, prefix: str, tmp_path: Path) -> None:
    s3.put("bucket", f"{prefix}/a", b"new")
    there = put(tmp_path / "there", "a", "kept")
    storage_for("s3://b").download(f"s3://bucket/{prefix}", str(there))
    assert contents(there) == {"a": b"new", "kept": b"content of kept"}


def test_folders_of_other_tools(s3: S3Server, prefix: str, tmp_path: Path) -> None:
    """Some write an empty object for a folder, with a slash at its end."""
    for key, data in {"f/": b"", "f/sub/": b"", "f/sub/x": b"1", "f/alone/": b"", "f/zero": b""}.items():
        s3.put("bucket", f"{prefix}/{key}", data)
    storage = storage_for("s3://b")
    storage.download(f"s3://bucket/{prefix}/f", str(tmp_path / "back"))
    assert contents(tmp_path / "back") == {"sub": None, "sub/x": b"1", "alone": None, "zero": b""}
    assert storage.listdir(f"s3://bucket/{prefix}/f") == [("alone", True), ("sub", True), ("zero", False)]


@pytest.mark.parametrize("key", ["../../escaped", "a/../../../escaped", "./x", "a//b", "/escaped"])
def test_names_that_lead_out_are_refused(s3: S3Server, prefix: str, tmp_path: Path, key: str) -> None:
    s3.put("bucket", f"{prefix}/f/good", b"1")
    s3.put("bucket", f"{prefix}/f/{key}", b"evil")
    target = tmp_path / "deep" / "er" / "back"
    with pytest.raises(StorageError, match="has a name that cannot be a path") as caught:
        storage_for("s3://b").download(f"s3://bucket/{prefix}/f", str(target))
    assert prefix in str(caught.value)
    assert not [place for place in tmp_path.rglob("*") if place.is_file()]
    assert not target.exists()


def test_a_name_that_is_file_and_folder(s3: S3Server, prefix: str, tmp_path: Path) -> None:
    s3.put("bucket", f"{prefix}/f/x", b"a file")
    s3.put("bucket", f"{prefix}/f/x/y", b"in a folder")
    with pytest.raises(StorageError, match="is a file and a folder"):
        storage_for("s3://b").download(f"s3://bucket/{prefix}/f", str(tmp_path / "back"))
    assert not (tmp_path / "back").exists()
    # Whichever of the two comes first.
    (tmp_path / "there" / "x").mkdir(parents=True)
    with pytest.raises(StorageError, match="is a file and a folder"):
        storage_for("s3://b").download(f"s3://bucket/{prefix}/f", str(tmp_path / "there"))


def test_an_upload_says_which_execution_made_it(
    s3: S3Server, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in [
        ("_F_PRJ", "project"),
        ("_F_DM", "domain"),
        ("_F_LP", "plan"),
        ("_F_WF", "flow é"),
        ("_F_NM", "id"),
    ]:
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("FLYTE_INTERNAL_EXECUTION_PROJECT", "first")
    made = put(tmp_path / "made", "a", "b/c")
    storage = storage_for("s3://b")
    storage.upload(str(made), f"s3://bucket/{prefix}")
    with storage.open(f"s3://bucket/{prefix}/d", "w") as stream:
        stream.write("x")
    for key in ("a", "b/c", "d"):
        _, _, headers = s3.ask("HEAD", "bucket", f"{prefix}/{key}")
        assert {word: value for word, value in headers.items() if "meta" in word} == {
            "x-amz-meta-flyte-execution-project": "first",
            "x-amz-meta-flyte-execution-domain": "domain",
            "x-amz-meta-flyte-execution-launchplan": "plan",
            "x-amz-meta-flyte-execution-workflow": "flow %C3%A9",
            "x-amz-meta-flyte-execution-name": "id",
        }


def test_what_cannot_be_uploaded(s3: S3Server, prefix: str, tmp_path: Path) -> None:
    storage = storage_for("s3://b")
    with pytest.raises(StorageError, match=r"there is no '.*' to upload"):
        storage.upload(str(tmp_path / "nothing"), f"s3://bucket/{prefix}")
    put(tmp_path, "a/x")
    (tmp_path / "a" / "loop").symlink_to(".")
    with pytest.raises(StorageError, match="leads back to a folder that it is in"):
        storage.upload(str(tmp_path / "a"), f"s3://bucket/{prefix}")
    (tmp_path / "a" / "loop").unlink()
    os.mkfifo(tmp_path / "a" / "pipe")
    with pytest.raises(StorageError, match="is neither a file nor a folder"):
        storage.upload(str(tmp_path / "a"), f"s3://bucket/{prefix}")
    with pytest.raises(StorageError, match="a file needs a name in it"):
        storage.upload(str(tmp_path / "a" / "x"), "s3://bucket")


def test_a_large_file_goes_in_parts(s3: S3Server, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_F_P_WRITE_CHUNK_SIZE", str(6 * 1024 * 1024))
    content = os.urandom(1024) * (20 * 1024)
    (tmp_path / "large").write_bytes(content)
    with faulty(s3, []) as (address, requests):
        monkeypatch.setenv("FLYTE_AWS_ENDPOINT", address)
        storage = storage_for("s3://b")
        storage.upload(str(tmp_path / "large"), f"s3://bucket/{prefix}/large")
        parts = [request for request in requests if "partNumber" in request]
        assert len(parts) == 4
        assert s3.get("bucket", f"{prefix}/large") == content
        requests.clear()
        storage.download(f"s3://bucket/{prefix}/large", str(tmp_path / "back"))
        assert len(requests) == 4  # the first look, and three pieces
    assert (tmp_path / "back").read_bytes() == content


def test_a_busy_store_is_asked_again(
    s3: S3Server, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "a")
    with faulty(s3, [(503, "SlowDown"), (500, "InternalError"), None, (503, "SlowDown")]) as (address, requests):
        monkeypatch.setenv("FLYTE_AWS_ENDPOINT", address)
        storage = storage_for("s3://b")
        storage.upload(str(tmp_path / "a"), f"s3://bucket/{prefix}/a")
        storage.download(f"s3://bucket/{prefix}/a", str(tmp_path / "back"))
        assert len(requests) == 5
    assert (tmp_path / "back").read_text() == "content of a"
    with faulty(s3, [(503, "SlowDown")] * 3) as (address, _):
        monkeypatch.setenv("FLYTE_AWS_ENDPOINT", address)
        with pytest.raises(StorageError) as caught:
            storage.download(f"s3://bucket/{prefix}/a", str(tmp_path / "again"))
    assert "answered 503 Service Unavailable (SlowDown) after 2 retries" in str(caught.value)
    assert not (tmp_path / "again").exists()


def test_where_nothing_is(s3: S3Server, prefix: str, tmp_path: Path) -> None:
    storage = storage_for("s3://b")
    for uri in (f"s3://bucket/{prefix}/none", f"s3://bucket/{prefix}/none/"):
        with pytest.raises(StorageNotFoundError) as caught:
            storage.download(uri, str(tmp_path / "x"))
        assert str(caught.value) == f"there is nothing at {uri!r}"
        assert isinstance(caught.value, FileNotFoundError)
    with pytest.raises(StorageNotFoundError, match="there is nothing at"):
        storage.open(f"s3://bucket/{prefix}/none", "rb")
    assert storage.listdir(f"s3://bucket/{prefix}/none") == []
    put(tmp_path, "a")
    for use in (
        lambda: storage.download("s3://no-bucket/a", str(tmp_path / "x")),
        lambda: storage.upload(str(tmp_path / "a"), "s3://no-bucket/a"),
        lambda: storage.listdir("s3://no-bucket/a"),
        lambda: storage.open("s3://no-bucket/a", "r"),
    ):
        with pytest.raises(StorageNotFoundError) as caught:
            use()
        assert f"there is no bucket 'no-bucket', which 's3://no-bucket/a' names, at {s3.url}" in str(caught.value)
    assert [place.name for place in tmp_path.iterdir()] == ["a"]
