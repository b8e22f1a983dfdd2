from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from object_stores import S3Server, s3_server

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIXES = ("AWS_", "FLYTE_", "GOOGLE_", "AZURE_", "STORAGE_EMULATOR", "CLOUDSDK_", "_F_", "GCE_")


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A machine on which nobody has said anything about object stores."""
    for name in list(os.environ):
        if name.startswith(PREFIXES):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("person")))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("GCE_METADATA_HOST", "127.0.0.1:1")


@pytest.fixture(scope="session")
def server() -> Iterator[S3Server]:
    with s3_server() as started:
        started.put("bucket")
        yield started


@pytest.fixture
def s3(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The server, and the settings to reach it."""
    for name, value in server.settings().items():
        monkeypatch.setenv(name, value)
    return server


@pytest.fixture
def prefix() -> str:
    """A part of the bucket that no other test uses."""
    return f"test-{os.urandom(8).hex()}"
