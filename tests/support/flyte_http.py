"""The signed URLs of a backend for tests: what is put there has to be what was announced."""

from __future__ import annotations

import base64
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

__all__ = ["Http"]


class Http:
    """Takes what is put to the URLs that `sign` gives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.refusals: list[int] = []
        """Statuses to answer with, instead of taking it, one after the other."""
        self.taken: list[str] = []
        """The files that were put, below the folder."""
        self._announced: dict[str, bytes] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"home": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def sign(self, path: str, md5: bytes) -> str:
        """Return a URL to which content of this digest may be put."""
        self._announced["/" + path] = md5
        return f"http://127.0.0.1:{self._server.server_address[1]}/{path}"

    def serve(self, path: str, data: bytes) -> str:
        """Return a URL from which data may be had."""
        self.file(path).parent.mkdir(parents=True, exist_ok=True)
        self.file(path).write_bytes(data)
        return f"http://127.0.0.1:{self._server.server_address[1]}/{path}"

    def file(self, path: str) -> Path:
        """Return where a file lies."""
        return self.folder / path


class _Handler(BaseHTTPRequestHandler):
    home: Http

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        digest = hashlib.md5(data, usedforsecurity=False).digest()
        announced = self.home._announced.get(self.path)
        if self.home.refusals:
            self._say(self.home.refusals.pop(0))
        elif announced is None or self.headers["x-signed"] != "yes" or "Content-Type" in self.headers:
            self._say(403)
        elif announced != digest or self.headers["Content-MD5"] != base64.b64encode(digest).decode():
            self._say(400)
        else:
            file = self.home.file(self.path[1:])
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            self.home.taken.append(self.path[1:])
            self._say(200)

    def do_GET(self) -> None:
        if self.home.refusals:
            self._say(self.home.refusals.pop(0))
            return
        data = self.home.file(self.path[1:]).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _say(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass
