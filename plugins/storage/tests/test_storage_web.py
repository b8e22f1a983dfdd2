"""Files of the web."""

from __future__ import annotations

import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from fletching import FlyteFile, task
from fletching.errors import StorageError, StorageNotFoundError
from fletching.extend import storage_for
from object_stores import serving


@pytest.fixture
def web() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            busy = self.path == "/busy" and len(asked) < 3
            status = 503 if busy else {"/gone": 404, "/closed": 403, "/moved": 302}.get(self.path, 200)
            self.send_response_only(status)
            if status == 302:
                self.send_header("Location", "/table.csv?version=1&x=a%20b")
            self.send_header("Content-Length", "40" if self.path == "/cut" else "10")
            self.end_headers()
            self.wfile.write("a,b\nü,2\n".encode() + b"!")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with serving(Handler) as port:
        yield f"http://127.0.0.1:{port}", asked


def test_a_task_reads_a_file_of_the_web(web: tuple[str, list[str]]) -> None:
    root, asked = web

    @task
    def lines(table: FlyteFile) -> list[str]:
        with open(table, encoding="utf-8") as whole, table.open("r") as stream:
            text = whole.read()
            assert stream.read() == text
        return text.splitlines()

    assert lines(table=f"{root}/moved") == ["a,b", "ü,2", "!"]
    assert asked[1] == "/table.csv?version=1&x=a%20b"


def test_what_may_be_better_next_time_is_tried_again(web: tuple[str, list[str]], tmp_path: Path) -> None:
    root, asked = web
    storage_for(root).download(f"{root}/busy", str(tmp_path / "deep" / "file"))
    assert (tmp_path / "deep" / "file").read_bytes() == "a,b\nü,2\n!".encode()
    assert asked == ["/busy"] * 3
    assert os.listdir(tmp_path / "deep") == ["file"]


def test_what_cannot_be_read(web: tuple[str, list[str]], tmp_path: Path) -> None:
    root, _ = web
    storage = storage_for(root)
    target = str(tmp_path / "file")
    with pytest.raises(StorageNotFoundError, match=f"there is nothing at '{root}/gone'"):
        storage.download(f"{root}/gone", target)
    with pytest.raises(StorageError, match="the server answered 403 Forbidden"):
        storage.download(f"{root}/closed", target)
    with pytest.raises(StorageError, match="cut short"):
        storage.download(f"{root}/cut", target)
    with pytest.raises(StorageError, match=r"cannot be reached: .*refused"):
        storage.open("http://127.0.0.1:1/x", "rb")
    for use in (
        lambda: storage.upload(target, f"{root}/x"),
        lambda: storage.open(f"{root}/x", "w"),
        lambda: storage.listdir(f"{root}/x"),
    ):
        with pytest.raises(StorageError, match=r"only read|no folders"):
            use()
    assert os.listdir(tmp_path) == []
