"""Who asks, whom, and where that is said; and what an error says about it."""

from __future__ import annotations

import json
import os
import pickle
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from fletching.errors import StorageError
from fletching.extend import storage_for
from fletching_storage.places import split
from fletching_storage.s3 import s3_options
from fletching_storage.stores import AZ, GS, S3
from object_stores import S3Server, faulty, serving
from repository import run_python

SCHEMES = {"s3": S3, "s3a": S3, "gs": GS, "gcs": GS, "az": AZ, "abfs": AZ, "abfss": AZ}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_each_scheme_has_its_store(scheme: str) -> None:
    found = storage_for(f"{scheme}://bucket/key")
    assert type(found) is SCHEMES[scheme]
    assert type(pickle.loads(pickle.dumps(found))) is SCHEMES[scheme]


def test_the_library_waits_until_it_is_needed() -> None:
    script = (
        "import sys; from fletching.extend import storage_for; storage_for('s3://b/k'); print('obstore' in sys.modules)"
    )
    assert run_python("-c", script).stdout.strip() == "False"


def refused(use: Callable[[], object]) -> str:
    with pytest.raises(StorageError) as caught:
        use()
    assert "never printed" not in str(caught.value)
    return str(caught.value)


def test_the_standard_names_are_read_too(
    server: S3Server, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put("bucket", f"{prefix}/a", b"1")
    storage = storage_for("s3://b")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
    message = refused(lambda: storage.listdir("s3://bucket"))
    assert message == "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not: set both, or none"
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "never printed")
    assert storage.listdir(f"s3://bucket/{prefix}") == [("a", False)]


def test_profiles_are_read(server: S3Server, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.put("bucket", f"{prefix}/a", b"1")
    folder = tmp_path / "home" / ".aws"
    folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    said = {"Version": 1, "AccessKeyId": "k", "SecretAccessKey": "never printed", "SessionToken": "t"}
    (folder / "said.json").write_text(json.dumps(said | {"Expiration": "2099-01-01T00:00:00Z"}))
    (folder / "credentials").write_text("[default]\naws_access_key_id=k\naws_secret_access_key=never printed\n")
    (folder / "config").write_text(
        f"[default]\nendpoint_url = {server.url}\nregion = eu-west-1\n"
        f"[profile asks]\nendpoint_url = {server.url}\ncredential_process = cat {folder / 'said.json'}\n"
        f"[profile fails]\nendpoint_url = {server.url}\ncredential_process = false\n"
        f"[profile signs-in]\nendpoint_url = {server.url}\nsso_start_url = https://x\n"
    )
    storage = storage_for("s3://b")
    assert storage.listdir(f"s3://bucket/{prefix}") == [("a", False)]
    assert s3_options(split("s3://bucket/x")).config["region"] == "eu-west-1"
    monkeypatch.setenv("AWS_PROFILE", "asks")
    assert storage.listdir(f"s3://bucket/{prefix}") == [("a", False)]
    monkeypatch.setenv("AWS_PROFILE", "fails")
    assert "'fails' gave no credentials: it exited with 1" in refused(lambda: storage.listdir("s3://bucket"))
    monkeypatch.setenv("AWS_PROFILE", "none")
    assert "AWS_PROFILE is 'none', and neither" in refused(lambda: storage.listdir("s3://bucket"))
    monkeypatch.setenv("AWS_PROFILE", "signs-in")
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert "needs boto3; pip install boto3" in refused(lambda: storage.listdir("s3://bucket"))


def test_a_container_that_has_a_role_asks_with_it(
    server: S3Server, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Role(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            said = {"AccessKeyId": "k", "SecretAccessKey": "s", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"}
            self.send_response_only(200)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server.put("bucket", f"{prefix}/a", b"1")
    monkeypatch.setenv("FLYTE_AWS_ENDPOINT", server.url)
    with serving(Role) as port:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"http://127.0.0.1:{port}/role")
        (server_file := Path(os.environ["HOME"]) / "token").write_text("token")
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", str(server_file))
        assert storage_for("s3://b").listdir(f"s3://bucket/{prefix}") == [("a", False)]
    assert asked == ["/role"]


def test_a_public_bucket_needs_no_credentials(
    server: S3Server, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put("public")
    server.put("public", f"{prefix}/a", b"for all", x_amz_acl="public-read")
    server.put("bucket", f"{prefix}/a", b"for some")
    monkeypatch.setenv("FLYTE_AWS_ENDPOINT", server.url)
    storage = storage_for("s3://b")
    storage.download(f"s3://public/{prefix}/a", str(tmp_path / "a"))
    assert (tmp_path / "a").read_bytes() == b"for all"
    message = refused(lambda: storage.download(f"s3://bucket/{prefix}/a", str(tmp_path / "b")))
    assert f"reading 's3://bucket/{prefix}/a' needs credentials, and there are none" in message
    assert "AWS_ACCESS_KEY_ID" in message
    with faulty(server, [(403, "AccessDenied")]) as (address, _):
        monkeypatch.setenv("FLYTE_AWS_ENDPOINT", address)
        message = refused(lambda: storage.upload(str(tmp_path / "a"), f"s3://bucket/{prefix}/c"))
    assert f"writing 's3://bucket/{prefix}/c' needs credentials, and there are none" in message


def test_foreign_credentials_do_not_close_a_public_bucket(
    s3: S3Server, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put("open")
    s3.put("open", f"{prefix}/a", b"for all", x_amz_acl="public-read")
    with faulty(s3, [(403, "InvalidAccessKeyId")]) as (address, requests):
        monkeypatch.setenv("FLYTE_AWS_ENDPOINT", address)
        storage_for("s3://b").download(f"s3://open/{prefix}/a", str(tmp_path / "a"))
        assert len(requests) == 2
    assert (tmp_path / "a").read_bytes() == b"for all"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("AccessDenied", "(AccessDenied)"),
        ("InvalidAccessKeyId", "(InvalidAccessKeyId: the key is not known there)"),
        ("SignatureDoesNotMatch", "(SignatureDoesNotMatch: the secret does not belong to the key)"),
        ("ExpiredToken", "(ExpiredToken: the token has expired)"),
    ],
)
def test_what_is_not_allowed(
    s3: S3Server, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, reason: str
) -> None:
    (tmp_path / "a").write_text("")
    uri = f"s3://bucket/{prefix}/a"
    for use, doing in [
        (lambda: storage_for(uri).upload(str(tmp_path / "a"), uri), "writing"),
        (lambda: storage_for(uri).download(uri, str(tmp_path / "b")), "reading"),
        (lambda: storage_for(uri).listdir(uri), "reading"),
    ]:
        with faulty(s3, [(403, code)] * 2) as (address, _):
            monkeypatch.setenv("FLYTE_AWS_ENDPOINT", address)
            message = refused(use)
        assert f"{doing} {uri!r} is not allowed {reason}" in message
        assert f"{address} was asked with FLYTE_AWS_ACCESS_KEY_ID='tests'" in message


def test_a_service_that_does_not_answer(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLYTE_AWS_RETRIES", "1")
    monkeypatch.setenv("FLYTE_AWS_ENDPOINT", "http://127.0.0.1:1")
    message = refused(lambda: storage_for("s3://b").listdir("s3://bucket/a"))
    assert "reading 's3://bucket/a': http://127.0.0.1:1 cannot be reached: Connection refused" in message
    assert "FLYTE_AWS_ENDPOINT" in message
    monkeypatch.setenv("FLYTE_AWS_ENDPOINT", "http://no-such-host.invalid")
    assert "http://no-such-host.invalid cannot be reached" in refused(
        lambda: storage_for("s3://b").listdir("s3://bucket/a")
    )


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("FLYTE_AWS_ENDPOINT", "minio:9000", "is http://… or https://…, got 'minio:9000'"),
        ("FLYTE_AWS_RETRIES", "many", "FLYTE_AWS_RETRIES is a number of retries, got 'many'"),
        ("FLYTE_AWS_ADDRESSING_STYLE", "odd", "'auto', 'path' or 'virtual', got 'odd'"),
        ("AWS_CA_BUNDLE", "/nowhere.pem", "the certificates '/nowhere.pem' cannot be read"),
        ("AWS_CONFIG_FILE", "/dev/null/x", "cannot be read"),
    ],
)
def test_settings_that_make_no_sense(
    s3: S3Server, monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(name, value)
    assert reason in refused(lambda: storage_for("s3://b").listdir("s3://bucket/a"))


@pytest.mark.parametrize("uri", ["s3://", "s3:///key", "s3://bucket/a/../b", "s3://bucket/a//b", "s3://bucket/./a"])
def test_uris_that_name_nothing(uri: str, tmp_path: Path) -> None:
    assert repr(uri) in refused(lambda: storage_for("s3://b").download(uri, str(tmp_path / "x")))


def test_how_a_bucket_is_addressed(monkeypatch: pytest.MonkeyPatch) -> None:
    def config(uri: str) -> tuple[object, object]:
        found = s3_options(split(uri)).config
        return found["virtual_hosted_style_request"], found.get("endpoint")

    assert config("s3://bucket/k") == (True, None)
    assert config("s3://buck.et/k") == (False, None)  # no certificate is for such a host
    monkeypatch.setenv("FLYTE_AWS_ENDPOINT", "http://minio:9000/")
    assert config("s3://bucket/k") == (False, "http://minio:9000")
    monkeypatch.setenv("FLYTE_AWS_ADDRESSING_STYLE", "virtual")
    assert config("s3://bucket/k") == (True, "http://bucket.minio:9000")


def test_a_bucket_in_another_region_is_found(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response_only(403)
            self.send_header("x-amz-bucket-region", "eu-north-1")
            self.end_headers()

        def do_GET(self) -> None:
            asked.append(self.headers["Authorization"].split("/")[2])
            self.send_response_only(200 if asked[-1] == "eu-north-1" else 301)
            self.end_headers()
            if asked[-1] == "eu-north-1":
                self.wfile.write(b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")

        def log_message(self, format: str, *args: object) -> None:
            pass

    monkeypatch.setenv("FLYTE_AWS_ACCESS_KEY_ID", "k")
    monkeypatch.setenv("FLYTE_AWS_SECRET_ACCESS_KEY", "s")
    with serving(Elsewhere) as port:
        monkeypatch.setenv("FLYTE_AWS_ENDPOINT", f"http://127.0.0.1:{port}")
        for _ in range(2):
            assert storage_for("s3://b").listdir(f"s3://{prefix}/x") == []  # its region is remembered
    assert asked == ["us-east-1", "eu-north-1", "eu-north-1"]
