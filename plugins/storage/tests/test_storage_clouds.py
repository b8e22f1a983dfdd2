"""The other clouds: Google's protocol is spoken by the S3 server too, Azure's by a double that checks signatures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from azure_double import KEY, AzureDouble, azure_double
from fletching.errors import StorageError, StorageNotFoundError
from fletching.extend import storage_for
from fletching_storage.azure import azure_options
from fletching_storage.gcs import gcs_options
from fletching_storage.places import split
from object_stores import S3Server


@pytest.fixture
def google(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url.removeprefix("http://"))
    monkeypatch.setenv("GOOGLE_BEARER_TOKEN", "any")
    monkeypatch.setenv("FLYTE_GCP_RETRIES", "1")


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[AzureDouble]:
    with azure_double() as double:
        double.containers["bucket"] = {}
        for name, value in double.settings().items():
            monkeypatch.setenv(name, value)
        yield double


@pytest.fixture(params=["gs", "gcs", "az", "abfs"])
def root(request: pytest.FixtureRequest, prefix: str) -> str:
    request.getfixturevalue("google" if request.param.startswith("g") else "azure")
    return f"{request.param}://bucket/{prefix}"


def test_folders_files_and_streams(root: str, tmp_path: Path) -> None:
    made = tmp_path / "made"
    (made / "d" / "empty").mkdir(parents=True)
    for name in ["a b.txt", "ü#?&%20.txt", "d/x", "d/y", "d/z", "zero", "q<>&'.txt"]:
        (made / name).write_text("" if name == "zero" else name)
    large = os.urandom(1_000_000) * 18
    (made / "large").write_bytes(large)
    storage = storage_for(root)
    storage.upload(str(made), root)
    assert [name for name, _ in storage.listdir(root)] == sorted(os.listdir(made))
    storage.download(root, str(tmp_path / "back"))
    for place in made.rglob("*"):
        there = tmp_path / "back" / place.relative_to(made)
        assert there.is_dir() if place.is_dir() else there.read_bytes() == place.read_bytes()
    with storage.open(f"{root}/stream", "wb") as stream:
        stream.write(large)
    with storage.open(f"{root}/stream", "rb") as stream:
        stream.seek(-10, 2)
        assert stream.read() == large[-10:]
    with pytest.raises(ZeroDivisionError), storage.open(f"{root}/half", "w") as stream:
        stream.write(str(1 / 0))
    with pytest.raises(StorageNotFoundError, match="there is nothing at"):
        storage.download(f"{root}/half", str(tmp_path / "x"))
    elsewhere = root.replace("bucket", "nobucket")
    with pytest.raises(StorageNotFoundError, match="there is no bucket 'nobucket'"):
        storage.download(elsewhere, str(tmp_path / "x"))


def test_azure_says_which_execution_made_it(
    azure: AzureDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_F_PRJ", "project")
    (tmp_path / "a").write_text("x")
    storage_for("az://b").upload(str(tmp_path / "a"), "az://bucket/a")
    # A name of Azure's has no dashes.
    assert azure.metadata["a"] == {"x-ms-meta-flyte_execution_project": "project"}


def test_azure_credentials(azure: AzureDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = storage_for("az://b")
    azure.containers["bucket"]["x"] = b""
    assert storage.listdir("abfs://bucket@tests.dfs.core.windows.net/") == [("x", False)]
    monkeypatch.setenv("FLYTE_AZURE_STORAGE_ACCOUNT_KEY", KEY[::-1].replace("=", "") + "=" * KEY.count("="))
    with pytest.raises(StorageError) as caught:
        storage.listdir("az://bucket")
    assert f"(AuthenticationFailed: the key does not belong to the account); {azure.url} was asked" in str(caught.value)
    assert KEY not in str(caught.value)
    monkeypatch.delenv("AZURE_STORAGE_CONNECTION_STRING")
    with pytest.raises(
        StorageError, match=r"names no storage account: set AZURE_STORAGE_ACCOUNT_NAME, or write abfss://"
    ):
        storage.listdir("az://bucket")


def test_azure_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    options = azure_options(split("abfss://container@account.dfs.core.windows.net/k"))
    assert options.config["account_name"] == "account"
    assert options.config["container_name"] == "container"
    assert not options.anonymous
    monkeypatch.setenv("AZURE_STORAGE_ANON", "true")
    assert azure_options(split("az://c@account/k")).anonymous
    monkeypatch.setenv("FLYTE_AZURE_STORAGE_ACCOUNT_NAME", "mine")
    for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.setenv(f"FLYTE_AZURE_{name}", name.lower())
    options = azure_options(split("az://container/k"))
    assert (options.config["account_name"], options.who) == ("mine", "the client 'client_id'")
    assert "client_secret" not in repr(options)


def test_google_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = split("gs://bucket/k")
    assert gcs_options(place).anonymous
    (tmp_path / "application_default_credentials.json").write_text("{}")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    assert gcs_options(place).who == "gcloud's application default credentials"
    assert gcs_options(place, anonymous=True).anonymous
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "localhost:1")
    assert gcs_options(place).anonymous
    monkeypatch.delenv("STORAGE_EMULATOR_HOST")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "x.json")
    assert gcs_options(place).who == "GOOGLE_APPLICATION_CREDENTIALS"
    monkeypatch.setenv("GOOGLE_SKIP_SIGNATURE", "1")
    assert gcs_options(place).anonymous
