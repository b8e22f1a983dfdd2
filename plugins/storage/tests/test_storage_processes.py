"""Stores in processes that are forked or killed, and files that do not fit into memory."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from object_stores import S3Server, serving
from repository import clean_environment, run_python

FORKS = """
import os, sys
from fletching.extend import storage_for

root = sys.argv[1]
storage = storage_for(root)

def use(who):
    with storage.open(f"{root}/{who}", "w") as stream:
        stream.write(who)
    assert storage.open(f"{root}/parent", "r").read() == "parent"
    storage.download(root, f"{sys.argv[2]}/{who}")

def child(who, *more):
    pid = os.fork()
    if pid:
        assert os.waitpid(pid, 0)[1] == 0, who
        return
    code = 1
    try:
        use(who)
        for each in more:
            child(each)
        code = 0
    finally:
        os._exit(code)

use("parent")
child("child", "grandchild")
child("second")
use("parent")
print(sorted(name for name, _ in storage.listdir(root)))
"""


def test_a_forked_process_can_use_a_store_too(s3: S3Server, prefix: str, tmp_path: Path) -> None:
    done = run_python("-W", "ignore::DeprecationWarning", "-c", FORKS, f"s3://bucket/{prefix}", str(tmp_path))
    assert done.stdout.strip() == "['child', 'grandchild', 'parent', 'second']"
    assert (tmp_path / "grandchild" / "child").read_text() == "child"


SIZE = 40 * 1024 * 1024


class Endless(BaseHTTPRequestHandler):
    """A store whose objects are zeros, which takes whatever is sent and forgets it."""

    protocol_version = "HTTP/1.1"
    size = SIZE
    half_sent = threading.Event()
    go_on = threading.Event()

    def do_GET(self) -> None:
        start, end, status = 0, self.size, 200
        if wanted := self.headers.get("Range"):
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            start, end, status = int(first), int(last) + 1, 206
        self.send_response_only(status)
        self.send_header("Content-Length", str(end - start))
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{self.size}")
        self.end_headers()
        try:
            if "slow" in self.path:
                self.wfile.write(bytes((end - start) // 2))
                self.half_sent.set()
                self.go_on.wait()
                self.close_connection = True
                return
            while start < end:
                start += self.wfile.write(bytes(min(1 << 20, end - start)))
        except OSError:
            pass  # who asked has seen enough

    def do_PUT(self) -> None:
        left = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(1 << 20, left)))
        self.answer("")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        text = "<UploadId>u</UploadId>"
        self.answer(f"<InitiateMultipartUploadResult>{text}</InitiateMultipartUploadResult>")

    def answer(self, text: str) -> None:
        if self.command == "POST" and "uploadId" in self.path:
            text = "<CompleteMultipartUploadResult><ETag>1</ETag></CompleteMultipartUploadResult>"
        self.send_response_only(200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


FLAT = """
import os, resource, sys
from fletching.extend import storage_for

storage = storage_for("s3://b")
size = int(sys.argv[2])
os.chdir(sys.argv[1])
with open("small", "wb") as stream:
    stream.truncate(30_000_000)
storage.upload("small", "s3://b/small")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open("large", "wb") as stream:
    stream.truncate(size)
storage.upload("large", "s3://b/large")
storage.download("s3://b/large", "back")
assert os.path.getsize("back") == size
with storage.open("s3://b/large", "rb") as stream:
    assert sum(len(piece) for piece in iter(lambda: stream.read(1 << 20), b"")) == size
with storage.open("s3://b/large", "wb") as stream:
    for _ in range(size >> 20):
        stream.write(bytes(1 << 20))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def settings(port: int) -> dict[str, str]:
    said = {"ENDPOINT": f"http://127.0.0.1:{port}", "ACCESS_KEY_ID": "k", "SECRET_ACCESS_KEY": "s"}
    return {f"FLYTE_AWS_{name}": value for name, value in said.items()}


def test_a_large_file_does_not_have_to_fit_into_memory(tmp_path: Path) -> None:
    class Large(Endless):
        size = 250 * 1024 * 1024

    with serving(Large) as port:
        done = run_python("-c", FLAT, str(tmp_path), str(Large.size), **settings(port))
    grown = int(done.stdout)
    # Eight parts of 8 MB at a time, one way or the other, and what the library keeps of them.
    assert grown < 160, grown


@pytest.mark.parametrize(
    "use", ["download('s3://b/x', 'file')", "listdir('s3://b/x')", "open('s3://b/x', 'w').close()"]
)
def test_a_program_that_waits_for_a_store_hears_that_it_is_to_end(tmp_path: Path, use: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(120)
        started = subprocess.Popen(
            [sys.executable, "-c", f"from fletching.extend import storage_for; storage_for('s3://b').{use}"],
            cwd=tmp_path,
            env=clean_environment() | settings(silent.getsockname()[1]),
            stderr=subprocess.PIPE,
            text=True,
        )
        with started, silent.accept()[0] as connection:
            assert connection.recv(1)  # it asks, and nobody will answer
            started.send_signal(signal.SIGINT)
            _, said = started.communicate(timeout=100)
        assert started.returncode == -signal.SIGINT
        assert said.rstrip().endswith("KeyboardInterrupt")
    assert os.listdir(tmp_path) == []


def test_a_download_that_is_killed_leaves_no_half_file(tmp_path: Path) -> None:
    class Slow(Endless):
        size = 1_000_000
        half_sent = threading.Event()
        go_on = threading.Event()

    script = (
        "import sys; from fletching.extend import storage_for; storage_for('s3://b').download('s3://b/slow', 'file')"
    )
    with serving(Slow) as port:
        started = subprocess.Popen(
            [sys.executable, "-c", script], cwd=tmp_path, env=clean_environment() | settings(port)
        )
        try:
            assert Slow.half_sent.wait(120)
            started.send_signal(signal.SIGKILL)
            assert started.wait(60) == -signal.SIGKILL
            assert [name for name in os.listdir(tmp_path) if not name.startswith(".")] == []
        finally:
            Slow.go_on.set()


def test_a_download_that_is_cut_short_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Cut(Endless):
        size = 1_000_000
        half_sent = threading.Event()
        go_on = threading.Event()

    Cut.go_on.set()
    with serving(Cut) as port:
        for name, value in settings(port).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("FLYTE_AWS_RETRIES", "0")
        from fletching.errors import StorageError
        from fletching.extend import storage_for

        with pytest.raises(StorageError, match="reading 's3://b/slow'"):
            storage_for("s3://b").download("s3://b/slow", str(tmp_path / "file"))
    assert os.listdir(tmp_path) == []
