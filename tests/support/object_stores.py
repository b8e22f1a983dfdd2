"""Object stores to talk to: a real server that speaks S3, in an environment of its own, and faults on the way to it."""

from __future__ import annotations

import fcntl
import http.client
import os
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from environments import run_uv
from repository import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["S3Server", "faulty", "s3_environment", "s3_server", "serving"]

MOTO = ("moto[s3]==5.2.5", "flask==3.1.3", "flask-cors==6.0.5")
"""What it needs does not go together with what we need, so it has an environment of its own."""
PROGRAM = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()  # it ends with the process that started it, however that ends
"""
SIGNED = "AWS4-HMAC-SHA256 Credential=tests/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


def s3_environment() -> Path:
    """Return the Python of the environment with the server, made once below ``.tools``."""
    folder = ROOT / ".tools" / "servers" / f"moto-{sys.version_info.major}.{sys.version_info.minor}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    ready = folder / "installed.txt"
    with open(folder.with_name(f"{folder.name}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists() or ready.read_text() != repr(MOTO):
            run_uv("venv", "--no-project", "--clear", "--python", sys.executable, folder)
            run_uv("pip", "install", "--python", folder / "bin" / "python", *MOTO, cwd=folder)
            ready.write_text(repr(MOTO))
    return folder / "bin" / "python"


class S3Server:
    """A server, asked without our own client."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    def settings(self) -> dict[str, str]:
        """Return the environment that reaches it."""
        return {
            "FLYTE_AWS_ENDPOINT": self.url,
            "FLYTE_AWS_ACCESS_KEY_ID": "tests",
            "FLYTE_AWS_SECRET_ACCESS_KEY": "never printed",
            "FLYTE_AWS_RETRIES": "2",
        }

    def ask(
        self, method: str, bucket: str, key: str = "", body: bytes = b"", **headers: str
    ) -> tuple[int, bytes, dict[str, str]]:
        """Send one request as it is, without making its path any nicer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            said = {"Authorization": SIGNED, **{name.replace("_", "-"): value for name, value in headers.items()}}
            connection.request(method, f"/{bucket}/{quote(key, safe='/.')}" if key else f"/{bucket}", body, said)
            answer = connection.getresponse()
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()

    def put(self, bucket: str, key: str = "", body: bytes = b"", **headers: str) -> None:
        """Make an object, or without a key a bucket."""
        status, said, _ = self.ask("PUT", bucket, key, body, **headers)
        assert status == 200, said

    def get(self, bucket: str, key: str) -> bytes:
        """Return what is in an object."""
        status, said, _ = self.ask("GET", bucket, key)
        assert status == 200, said
        return said


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Start a server of this process's own."""
    program = subprocess.Popen(
        [s3_environment(), "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COVERAGE_"))},
    )
    assert program.stdin is not None
    assert program.stdout is not None
    try:
        yield S3Server(int(program.stdout.readline()))
    finally:
        program.stdin.close()
        program.wait(60)
        program.stdout.close()


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """Serve on a free port, on threads of this process."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def faulty(server: S3Server, faults: list[tuple[int, str] | None]) -> Iterator[tuple[str, list[str]]]:
    """Stand before a server, and answer its first requests with ``faults``: a status and a code of S3, or nothing.

    It gives its address, and a list of the requests that came.
    """
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            requests.append(f"{self.command} {self.path}")
            fault = faults.pop(0) if faults else None
            if fault is not None:
                status, code = fault
                text = f"<Error><Code>{code}</Code><Message>Please reduce your request rate.</Message></Error>"
                self.reply(status, {}, text.encode())
                return
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            headers: dict[str, Any] = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            data = answer.read()
            kept = {n: v for n, v in answer.getheaders() if n.lower() not in ("transfer-encoding", "connection")}
            self.reply(answer.status, kept, data)
            connection.close()

        def reply(self, status: int, headers: dict[str, str], data: bytes) -> None:
            self.send_response_only(status)
            if not any(name.lower() == "content-length" for name in headers):
                self.send_header("Content-Length", str(len(data)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                with suppress(OSError):  # who asked may have seen enough
                    self.wfile.write(data)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    with serving(Handler) as port:
        yield f"http://127.0.0.1:{port}", requests
